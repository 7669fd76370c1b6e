#include "sandbox/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "sandbox/names.h"

static void add(struct bundle_argv *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct bundle_argv *a, const char *fmt, ...)
{
        va_list ap;

        if (a->n == SCENARIO_LIST * 4)
                abort(); /* the scenario's own bounds are below */
        va_start(ap, fmt);
        vsnprintf(a->item[a->n++], SCENARIO_TEXT, fmt, ap);
        va_end(ap);
}

/* The bad ones lie at /bad or below. */
static const char *executable(const struct scenario *s)
{
        return s->bad == BAD_NONE ? BUNDLE_OBSERVER : s->bad == BAD_MISSING ? "/missing" : "/bad";
}

void bundle_argv(const struct scenario *s, struct bundle_argv *ret)
{
        ret->n = 0;
        add(ret, "%s", executable(s));
        for (size_t i = 0; i < s->n_steps; i++) {
                const struct scenario_step *step = &s->step[i];
                switch (step->kind) {
                case STEP_WRITE:
                        add(ret, "write:%d:%u", step->fd, step->bytes);
                        break;
                case STEP_ECHO:
                        add(ret, "echo");
                        break;
                case STEP_SLEEP:
                        add(ret, "sleep:%d", step->ms);
                        break;
                case STEP_FORK:
                        add(ret, "fork:%d:%u:%d", step->fd, step->bytes, step->ms);
                        break;
                case STEP_WAIT:
                        add(ret, "wait");
                        break;
                case STEP_EXIT:
                        add(ret, "exit:%d", step->code);
                        break;
                case STEP_SIGNAL:
                        add(ret, "signal:%d", step->code);
                        break;
                }
        }
        if (s->process.args.n)
                add(ret, "--");
        for (size_t i = 0; i < s->process.args.n; i++)
                add(ret, "%s", s->process.args.item[i]);
}

/* ------------------------------------------------------------------ config.json */

static json_t *string_array(const char (*item)[SCENARIO_TEXT], size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++)
                json_array_append_new(array, json_string(item[i]));
        return array;
}

static json_t *user_object(const struct scenario *s)
{
        json_t *user = json_pack("{s:I, s:I}", "uid", (json_int_t)s->process.uid, "gid",
                                 (json_int_t)s->process.gid);
        json_t *groups = json_array();

        if (s->process.umask >= 0)
                json_object_set_new(user, "umask", json_integer(s->process.umask));
        for (size_t i = 0; i < s->process.n_groups; i++)
                json_array_append_new(groups, json_integer(s->process.groups[i]));
        json_object_set_new(user, "additionalGids", groups);
        return user;
}

static json_t *process_object(const struct scenario *s)
{
        json_t *caps = string_array(s->process.caps.item, s->process.caps.n), *limits = json_array(), *process;
        struct bundle_argv *argv = malloc(sizeof *argv);

        if (!argv)
                return NULL;
        bundle_argv(s, argv);
        for (size_t i = 0; i < s->process.n_rlimits; i++)
                json_array_append_new(limits, json_pack("{s:s, s:I, s:I}", "type", s->process.rlimit[i].type,
                                                        "soft", (json_int_t)s->process.rlimit[i].soft, "hard",
                                                        (json_int_t)s->process.rlimit[i].hard));
        process = json_pack("{s:b, s:o, s:o, s:o, s:s, s:{s:O, s:O, s:o, s:[], s:[]}, s:o, s:b}", "terminal", 0,
                            "user", user_object(s), "args", string_array(argv->item, argv->n), "env",
                            string_array(s->process.env.item, s->process.env.n), "cwd", s->process.cwd,
                            "capabilities", "bounding", caps, "effective", caps, "permitted", caps,
                            "inheritable", "ambient", "rlimits", limits, "noNewPrivileges",
                            s->process.no_new_privs);
        if (process && s->process.has_oom_score_adj)
                json_object_set_new(process, "oomScoreAdj", json_integer(s->process.oom_score_adj));
        free(argv);
        return process;
}

static json_t *namespaces(const struct scenario *s)
{
        static const char *const types[SHARE__COUNT] = { "pid", "network", "ipc", "uts" };
        json_t *array = json_pack("[{s:s}]", "type", "mount");

        for (int i = 0; i < SHARE__COUNT; i++)
                if (!s->world.share[i] && i != SHARE_NETWORK) /* a new network namespace costs more than all others */
                        json_array_append_new(array, json_pack("{s:s}", "type", types[i]));
        return array;
}

static int check_names(const struct scenario *s, struct err *err)
{
        char place[64];

        for (size_t i = 0; i < s->process.caps.n; i++) {
                snprintf(place, sizeof place, "/process/capabilities/%zu", i);
                if (name_cap(s->process.caps.item[i]) < 0)
                        return err_set(err, EINVAL, "bundle", place, "unknown capability %.100s",
                                       s->process.caps.item[i]);
        }
        for (size_t i = 0; i < s->process.n_rlimits; i++) {
                snprintf(place, sizeof place, "/process/rlimits/%zu/type", i);
                if (name_rlimit(s->process.rlimit[i].type) < 0)
                        return err_set(err, EINVAL, "bundle", place, "unknown limit %s", s->process.rlimit[i].type);
        }
        return 0;
}

int bundle_config(const struct scenario *s, const char *cgroup, char **ret_text, struct err *err)
{
        json_t *config, *mounts;
        int rc = check_names(s, err);

        if (rc < 0)
                return rc;
        mounts = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s, s:[s,s]}]", "destination", "/proc", "type", "proc",
                           "source", "proc", "destination", "/dev", "type", "tmpfs", "source", "tmpfs", "options",
                           "nosuid", "mode=755");
        config = json_pack("{s:s, s:o, s:{s:s}, s:o, s:{s:s, s:{}, s:o}}", "ociVersion", "1.0.2", "process",
                           process_object(s), "root", "path", "rootfs", "mounts", mounts, "linux", "cgroupsPath",
                           cgroup, "resources", "namespaces", namespaces(s));
        if (!config)
                return err_sys(err, -ENOMEM, "bundle", "config.json", "no memory");
        *ret_text = json_dumps(config, JSON_INDENT(1));
        json_decref(config);
        return *ret_text ? 0 : err_sys(err, -ENOMEM, "bundle", "config.json", "no memory");
}

/* ------------------------------------------------------------------ files */

static int write_file(int dir, const char *name, const void *buf, size_t n, mode_t mode)
{
        int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), rc = 0;

        if (fd < 0)
                return -errno;
        while (n > 0 && rc == 0) {
                ssize_t w = write(fd, buf, n);
                if (w < 0) {
                        rc = -errno;
                } else {
                        buf = (const char *)buf + w;
                        n -= (size_t)w;
                }
        }
        if (rc == 0 && fchmod(fd, mode) < 0)
                rc = -errno;
        close(fd);
        return rc;
}

static int make_executable(const struct scenario *s, int rootfs, const void *observer, size_t n)
{
        static const char script[] = "#!/no/such/interpreter\n", text[] = "this is no program\n";

        switch (s->bad) {
        case BAD_NONE:
                return write_file(rootfs, &BUNDLE_OBSERVER[1], observer, n, 0755);
        case BAD_MISSING:
                return 0;
        case BAD_NOT_EXECUTABLE:
                return write_file(rootfs, "bad", observer, n, 0644);
        case BAD_INTERPRETER:
                return write_file(rootfs, "bad", script, sizeof script - 1, 0755);
        case BAD_DIRECTORY:
                return mkdirat(rootfs, "bad", 0755) < 0 ? -errno : 0;
        case BAD_ENOEXEC:
                return write_file(rootfs, "bad", text, sizeof text - 1, 0755);
        }
        return -EINVAL;
}

static int make_rootfs(const struct scenario *s, int bundle, const void *observer, size_t n)
{
        /* The mount points are there, so that no runtime has to make them. */
        static const char *const dirs[] = { "rootfs", "rootfs/proc", "rootfs/dev", "rootfs/sys", "rootfs/tmp",
                                            "rootfs/observation", "rootfs/work" };
        int rootfs, rc = 0;

        for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
                if (mkdirat(bundle, dirs[i], 0755) < 0)
                        return -errno;
        /* whatever the payload's uid, it must be able to report */
        if (fchmodat(bundle, "rootfs/observation", 0777, 0) < 0)
                return -errno;
        rootfs = openat(bundle, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (rootfs < 0)
                return -errno;
        rc = make_executable(s, rootfs, observer, n);
        close(rootfs);
        return rc;
}

int bundle_make(const struct scenario *s, const char *dir, const char *cgroup, const void *observer, size_t n,
                struct err *err)
{
        char *config;
        int rc = bundle_config(s, cgroup, &config, err), bundle;

        if (rc < 0)
                return rc;
        if (mkdir(dir, 0755) < 0) {
                free(config);
                return err_sys(err, -errno, "bundle", dir, "cannot be made");
        }
        bundle = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        rc = bundle < 0 ? -errno : write_file(bundle, "config.json", config, strlen(config), 0644);
        if (rc == 0)
                rc = make_rootfs(s, bundle, observer, n);
        free(config);
        if (bundle >= 0)
                close(bundle);
        return rc < 0 ? err_sys(err, rc, "bundle", dir, "cannot be filled") : 0;
}
