#include "tests/labrun/ordinary.h"

#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <jansson.h>

struct ordinary ordinary = {.path = "/usr/sbin:/usr/bin:/sbin:/bin"};

void ordinary_write(const char *path, const char *text, mode_t mode)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        chmod(path, mode);
}

/* What newuidmap looks into, as the test wants it to be. */
static void fake_files(void)
{
        static const char *const names[] = {"passwd", "group", "subuid", "subgid"};
        char text[256], from[64], to[64], dir[] = "/tmp/rootless-etc-XXXXXX";

        assert_non_null(mkdtemp(dir));
        chmod(dir, 0755);
        for (int i = 0; i < 4; i++) {
                snprintf(from, sizeof(from), "%s/%s", dir, names[i]);
                snprintf(to, sizeof(to), "/etc/%s", names[i]);
                snprintf(text, sizeof(text),
                         i == 0   ? "root:x:0:0::/:/bin/sh\nlab:x:%d:%d::/:/bin/sh\n"
                         : i == 1 ? "root:x:0:\nlab:x:%d:\n"
                                  : "lab:%d:1000\n",
                         i < 2 ? ORDINARY_ID : ORDINARY_SUBIDS, ORDINARY_ID);
                ordinary_write(from, text, 0644);
                if (access(to, F_OK) == 0)
                        assert_int_equal(mount(from, to, NULL, MS_BIND, NULL), 0);
                unlink(from);
        }
        rmdir(dir);
}

static bool find_helpers(void)
{
        return access("/usr/bin/newuidmap", X_OK) == 0 && access("/usr/bin/newgidmap", X_OK) == 0 &&
               geteuid() == 0 && access("/etc/subuid", F_OK) == 0 && access("/etc/subgid", F_OK) == 0;
}

int ordinary_begin(void)
{
        ordinary.user = geteuid() == 0 ? ORDINARY_ID : geteuid();
        ordinary.group = geteuid() == 0 ? ORDINARY_ID : getegid();
        ordinary.helpers = find_helpers();
        if (geteuid() != 0)
                return 0;
        if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
                perror("a mount namespace of our own");
                return -1;
        }
        fake_files();
        return 0;
}

void ordinary_become(void *unused)
{
        (void)unused;
        if (geteuid() == 0 &&
            (setgroups(0, NULL) < 0 || setresgid(ordinary.group, ordinary.group, ordinary.group) < 0 ||
             setresuid(ordinary.user, ordinary.user, ordinary.user) < 0))
                _exit(99);
        setenv("PATH", ordinary.path, 1);
        if (ordinary.runtime_dir)
                setenv("XDG_RUNTIME_DIR", ordinary.runtime_dir, 1);
        else
                unsetenv("XDG_RUNTIME_DIR");
}

int ordinary_setup(void **state)
{
        int r = lab_setup(state);
        const struct lab *lab = *state;
        char command[256];

        if (r < 0 || geteuid() != 0)
                return r;
        snprintf(command, sizeof(command), "chown -Rh %u:%u %s", ordinary.user, ordinary.group, lab->dir);
        return system(command) == 0 ? 0 : -1;
}

int ordinary_teardown(void **state)
{
        struct lab *lab = *state;

        RUN(lab, "delete", "--force", lab->id, NULL);
        return lab_teardown(state);
}

void ordinary_config(struct lab *lab, const char *merge)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/config.json", lab->bundle);
        unlink(path);
        assert_int_equal(RUN(lab, "spec", "--rootless", "--bundle", lab->bundle, NULL)->code, 0);
        json_t *o = json_load_file(path, 0, NULL), *more = json_loads(merge, 0, NULL);
        assert_non_null(o);
        assert_non_null(more);
        assert_int_equal(json_object_update_recursive(o, more), 0);
        assert_int_equal(json_dump_file(o, path, 0), 0);
        json_decref(o);
        json_decref(more);
}
