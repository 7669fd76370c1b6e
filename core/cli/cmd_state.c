/* labrun state, list: what there is. Nothing is locked or changed. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/scope.h"
#include "core/cli/cli.h"
#include "core/container/state.h"
#include "core/sys.h"

#define LIMIT_PASSWD (1u << 20)

enum { O_STATE_HELP, O_STATE_N };
static const struct opt_spec state_options[] = {[O_STATE_HELP] = {"help", 'h', NULL, "print this"}};

static int print_json(const struct sys *sys, const json_t *o, size_t flags, struct err *err)
{
        char *text;
        size_t len;
        int r = state_render(sys, o, flags, &text, &len, err);

        if (r < 0)
                return r;
        r = cli_printf(sys, 1, "%s\n", text);
        sys->op->free(sys, text);
        return r < 0 ? err_sys(err, r, "write", "standard output", "%s", "") : 0;
}

/* Line by line "name:password:uid:...", passwd(5): the first name of uid. */
static bool passwd_name(const char *text, unsigned long uid, char *buf, size_t size)
{
        for (const char *line = text; *line; line += *line == '\n') {
                size_t name = strcspn(line, ":\n"), password;
                const char *field = line + name;
                line = strchrnul(line, '\n');
                if (*field != ':' || name == 0 || name >= size)
                        continue;
                password = 1 + strcspn(field + 1, ":\n");
                if (field[password] != ':')
                        continue;
                char *end;
                unsigned long v = strtoul(field + password + 1, &end, 10);
                if (*end != ':' || end == field + password + 1 || v != uid)
                        continue;
                memcpy(buf, field - name, name);
                buf[name] = '\0';
                return true;
        }
        return false;
}

/* Whose container it is: as runc tells it, "#1000" without a name. */
static void owner_of(const struct state_dir *dir, char *buf, size_t size)
{
        const struct sys *sys = dir->sys;
        SCOPED_MEM passwd = {sys, NULL};
        struct stat st;
        char *text;
        size_t len;

        snprintf(buf, size, "?");
        if (sys->op->fstat(sys, dir->fd, &st) < 0)
                return;
        snprintf(buf, size, "#%u", (unsigned)st.st_uid);
        if (io_read_file(sys, AT_FDCWD, "/etc/passwd", LIMIT_PASSWD, &text, &len, NULL) < 0)
                return;
        passwd.ptr = text;
        (void)passwd_name(text, st.st_uid, buf, size);
}

/* One container as JSON. */
static int look(const struct cli *cli, const char *id, bool with_owner, json_t **ret, struct err *err)
{
        char owner[64];
        SCOPED_STATE_DIR dir = STATE_DIR_INIT;
        enum state_status status;
        struct state state;
        int r = state_dir_open(cli->sys, cli->root, id, false, &dir, err);

        if (r == 0)
                r = state_load(&dir, &state, err);
        if (r < 0)
                return r;
        r = state_status(cli->sys, &state, &status, err);
        if (r == 0) {
                if (with_owner)
                        owner_of(&dir, owner, sizeof(owner));
                *ret = state_to_json(&state, status, with_owner ? owner : NULL);
                if (!*ret)
                        r = err_set(err, ENOMEM, "state", id, "%s", "");
        }
        state_free(cli->sys, &state);
        return r;
}

static int run_state(struct cli *cli, struct err *err)
{
        json_t *o = NULL;
        int r = state_check_id(cli->operands[0], err);

        if (r == 0)
                r = look(cli, cli->operands[0], false, &o, err);
        if (r == 0)
                r = print_json(cli->sys, o, JSON_INDENT(2), err);
        json_decref(o);
        return r;
}

enum { O_FORMAT, O_QUIET, O_LIST_HELP, O_LIST_N };
static const struct opt_spec list_options[] = {
        [O_FORMAT] = {"format", 'f', "FORMAT", "table (default) or json"},
        [O_QUIET] = {"quiet", 'q', NULL, "only the ids"},
        [O_LIST_HELP] = {"help", 'h', NULL, "print this"},
};

struct dirent64_head {
        uint64_t ino;
        int64_t off;
        uint16_t reclen;
        uint8_t type;
        char name[];
};

/* A broken entry must not hide the others: it is named on fd 2, and the exit status tells. */
static int collect_one(struct cli *cli, const char *id, json_t *list, bool *broken)
{
        struct err err = ERR_INIT;
        json_t *o = NULL;
        int r;

        if (state_check_id(id, NULL) < 0) /* nothing that labrun made */
                return 0;
        r = look(cli, id, true, &o, &err);
        if (r == 0)
                return json_array_append_new(list, o) < 0 ? -ENOMEM : 0;
        struct state_dir dir = STATE_DIR_INIT;
        if (r == -ENOENT && state_dir_open(cli->sys, cli->root, id, false, &dir, NULL) == -ENOENT)
                return 0; /* deleted while we looked, or a file that is no container's */
        state_dir_close(&dir);
        err_prefix(&err, id);
        (void)cli_fail(cli, &err);
        *broken = true;
        return 0;
}

static int by_id(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ids in ROOT, sorted: getdents64(2) gives any order. */
static int collect(struct cli *cli, json_t *list, bool *broken, struct err *err)
{
        const struct sys *sys = cli->sys;
        SCOPED_MEM names = {sys, NULL}, sorted = {sys, NULL};
        SCOPED_FD fd = {sys,
                        sys->op->openat(sys, AT_FDCWD, cli->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
        _Alignas(struct dirent64_head) char buf[8192];
        size_t used = 0, count = 0;
        ssize_t got;

        if (fd.fd == -ENOENT)
                return 0; /* no container was ever made there */
        if (fd.fd < 0)
                return err_sys(err, fd.fd, "root", cli->root, "%s", "");
        while ((got = sys->op->getdents64(sys, fd.fd, buf, sizeof(buf))) > 0) {
                char *p = sys->op->realloc(sys, names.ptr, used + (size_t)got);
                if (!p)
                        return err_set(err, ENOMEM, "list", cli->root, "%s", "");
                names.ptr = p;
                for (ssize_t at = 0; at < got; count++) {
                        const struct dirent64_head *e = (const void *)(buf + at);
                        size_t n = strlen(e->name) + 1;
                        memcpy(p + used, e->name, n);
                        used += n;
                        at += e->reclen;
                }
        }
        if (got < 0)
                return err_sys(err, (int)got, "list", cli->root, "%s", "");
        const char **id = sorted.ptr = sys->op->alloc(sys, (count + 1) * sizeof(*id));
        if (!id)
                return err_set(err, ENOMEM, "list", cli->root, "%s", "");
        const char *name = names.ptr;
        for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
                id[i] = name;
        qsort(id, count, sizeof(*id), by_id);
        for (size_t i = 0; i < count; i++)
                if (collect_one(cli, id[i], list, broken) < 0)
                        return err_set(err, ENOMEM, "list", id[i], "%s", "");
        return 0;
}

static const char *text_of(const json_t *o, const char *key)
{
        const char *s = json_string_value(json_object_get(o, key));

        return s ? s : "";
}

static int print_table(const struct sys *sys, const json_t *list)
{
        static const char *const key[] = {"id", "pid", "status", "bundle", "created", "owner"};
        static const char *const title[] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};
        int width[5], r;

        for (int c = 0; c < 5; c++) {
                width[c] = 9; /* with the three spaces between, runc's columns */
                for (size_t i = 0; i < json_array_size(list); i++) {
                        int n = (int)strlen(text_of(json_array_get(list, i), key[c]));
                        width[c] = n > width[c] ? n : width[c];
                }
        }
        r = cli_printf(sys, 1, "%-*s   %-*s   %-*s   %-*s   %-*s   %s\n", width[0], title[0], width[1],
                       title[1], width[2], title[2], width[3], title[3], width[4], title[4], title[5]);
        for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
                const json_t *o = json_array_get(list, i);
                r = cli_printf(sys, 1, "%-*s   %-*d   %-*s   %-*s   %-*s   %s\n", width[0],
                               text_of(o, key[0]), width[1],
                               (int)json_integer_value(json_object_get(o, "pid")), width[2],
                               text_of(o, key[2]), width[3], text_of(o, key[3]), width[4], text_of(o, key[4]),
                               text_of(o, key[5]));
        }
        return r;
}

static int run_list(struct cli *cli, struct err *err)
{
        const char *format = cli->value[O_FORMAT] ? cli->value[O_FORMAT] : "table";
        bool broken = false, json = strcmp(format, "json") == 0;
        int r;

        if (!json && strcmp(format, "table") != 0)
                return err_set(err, EINVAL, "options", "--format", "\"%.64s\" is neither table nor json",
                               format);
        json_t *list = json_array();
        if (!list)
                return err_set(err, ENOMEM, "list", NULL, "%s", "");
        r = collect(cli, list, &broken, err);
        if (r == 0 && cli->value[O_QUIET]) {
                for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
                        r = cli_printf(cli->sys, 1, "%s\n", text_of(json_array_get(list, i), "id"));
        } else if (r == 0 && json)
                /* runc's Go says null for no container, and engines know it */
                r = json_array_size(list) ? print_json(cli->sys, list, JSON_COMPACT, err)
                                          : cli_printf(cli->sys, 1, "null\n");
        else if (r == 0)
                r = print_table(cli->sys, list);
        json_decref(list);
        if (r < 0 && err->errnum == 0)
                err_sys(err, r, "write", "standard output", "%s", "");
        return r < 0 ? r : broken;
}

const struct cli_command cli_state = {.name = "state",
                                      .operands = "ID",
                                      .summary = "Print a container's state as JSON",
                                      .options = state_options,
                                      .n_options = O_STATE_N,
                                      .min_operands = 1,
                                      .max_operands = 1,
                                      .run = run_state};
const struct cli_command cli_list = {.name = "list",
                                     .operands = "",
                                     .summary = "List the containers",
                                     .options = list_options,
                                     .n_options = O_LIST_N,
                                     .min_operands = 0,
                                     .max_operands = 0,
                                     .run = run_list};
