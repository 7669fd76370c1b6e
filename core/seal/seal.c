#include "core/seal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/procfs.h"
#include "core/seal/facts.h"
#include "core/seal/mark.h"
#include "core/seal/verdict.h"
#include "core/seal/ways.h"
#include "core/sys.h"

struct way {
        const char *name;
        int (*make)(const struct seal_source *src, int *ret_fd, struct err *err);
};

static const struct way ways[SEAL_WAY__COUNT] = {
        [SEAL_AUTO] = {"auto", NULL},
        [SEAL_BIND] = {"bind", seal_by_bind},
        [SEAL_OVERLAY] = {"overlay", seal_by_overlay},
        [SEAL_MEMFD] = {"memfd", seal_by_memfd},
};

int seal_way_parse(const char *word, enum seal_way *ret_way, struct err *err)
{
        for (size_t i = 0; i < SEAL_WAY__COUNT; i++)
                if (strcmp(word, ways[i].name) == 0) {
                        *ret_way = (enum seal_way)i;
                        return 0;
                }
        return err_set(err, EINVAL, "options", NULL, "\"%.64s\" is none of auto, bind, overlay, memfd", word);
}

/* Asked of the seal before it is executed, where another way is still open. */
static int check(const struct seal_source *src, int fd, struct err *err)
{
        struct seal_facts facts;
        char path[32];
        int r;

        snprintf(path, sizeof(path), "self/fd/%d", fd);
        r = seal_ask(src->sys, src->proc_fd, path, &facts, NULL, err);
        if (r < 0)
                return r;
        if (seal_verdict(&facts, true) == SEAL_KIND_NONE)
                return err_set(err, EPERM, "probe", NULL, "does not hold on this kernel");
        return 0;
}

/* Returns only with an error. */
static int execute(const struct seal_source *src, const struct way *way, char *const argv[],
                   char *const envp[], struct err *err)
{
        const struct sys *sys = src->sys;
        SCOPED_FD fd = {sys, -1};
        int r = way->make(src, &fd.fd, err);

        if (r == 0)
                r = check(src, fd.fd, err);
        if (r < 0)
                return r;
        r = sys->op->execveat(sys, fd.fd, "", argv, envp, AT_EMPTY_PATH);
        return err_sys(err, r, "execveat", NULL, "%s", "");
}

/* One line of what each way answered. */
static void add_failure(char *all, size_t size, const char *way, const struct err *err)
{
        char text[ERR_STEP_MAX + ERR_PLACE_MAX + ERR_MSG_MAX + 128];
        size_t n = strlen(all);

        err_format(err, text, sizeof(text));
        snprintf(all + n, size - n, "%s%s: %.140s", n ? "; " : "", way, text);
}

static int execute_sealed(const struct seal_source *src, enum seal_way way, char *const argv[],
                          char *const envp[], struct err *err)
{
        char all[ERR_MSG_MAX] = "";
        int r = -EPERM;

        for (size_t i = SEAL_BIND; i < SEAL_WAY__COUNT; i++) {
                struct err why = ERR_INIT;
                if (way != SEAL_AUTO && way != i)
                        continue;
                r = execute(src, &ways[i], argv, envp, &why);
                add_failure(all, sizeof(all), ways[i].name, &why);
        }
        return err_set(err, -r, "seal", src->link, "the runtime's executable: %s", all);
}

/* From whatever runs now to its sealed self. Returns only with an error. */
static int seal_again(const struct seal_source *src, enum seal_way way, char *const argv[],
                      char *const envp[], struct err *err)
{
        const struct sys *sys = src->sys;
        char mark[SEAL_MARK_BYTES], **marked = NULL;
        SCOPED_MEM list = {sys, NULL};
        int r = seal_mark_put(sys, envp, sys->op->getpid(sys), mark, &marked, err);

        if (r < 0)
                return r;
        list.ptr = marked;
        return execute_sealed(src, way, argv, marked, err);
}

int seal_self(const struct sys *sys, enum seal_way way, char *const argv[], char **envp, struct err *err)
{
        bool again = seal_mark_take(envp, sys->op->getpid(sys));
        SCOPED_FD proc = {sys, -1}, exe = {sys, -1};
        struct seal_facts facts;
        int r = procfs_open_mounted(sys, &proc.fd);

        if (r < 0)
                return err_sys(err, r, "seal", "/proc",
                               "the runtime's executable can't be sealed without a procfs there");
        r = seal_ask(sys, proc.fd, "self/exe", &facts, &exe.fd, err);
        if (r < 0)
                return r;
        if (seal_verdict(&facts, again) != SEAL_KIND_NONE) {
                /* the kernel named us after the fd that was executed, or after the memfd */
                (void)sys->op->prctl(sys, PR_SET_NAME, (unsigned long)(uintptr_t) "labrun", 0, 0, 0);
                return 0;
        }
        if (again)
                return err_set(err, EPERM, "seal", facts.link,
                               "the executable is not sealed, though labrun did it");
        struct seal_source src = {.sys = sys, .proc_fd = proc.fd, .exe_fd = exe.fd, .link = facts.link};
        return seal_again(&src, way, argv, envp, err);
}
