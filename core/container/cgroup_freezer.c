/* `pause` and `resume`: version 1 has a freezer hierarchy, version 2 a file in every cgroup. See cgroup.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/limits.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/container/cgroup_tree.h"
#include "core/sys.h"

#define LOOK_MS 10

enum freezer { THAWED, FREEZING, FROZEN };

static int read_small(const struct sys *sys, const struct cgroup_dir *dir, const char *file, char *buf,
                      size_t size)
{
        SCOPED_MEM mem = {sys, NULL};
        char path[4096 + 64], *text;
        size_t len;
        int r;

        snprintf(path, sizeof(path), "%s/%s", dir->path, file);
        r = io_read_file(sys, AT_FDCWD, path, LIMIT_SMALL_FILE, &text, &len, NULL);
        if (r < 0)
                return r;
        mem.ptr = text;
        snprintf(buf, size, "%s", text);
        return 0;
}

/* -ENOENT: this directory has no freezer. */
static int look(const struct sys *sys, const struct cgroup_dir *dir, enum freezer *ret)
{
        char text[256];
        int r;

        if (!dir->v2) {
                r = read_small(sys, dir, "freezer.state", text, sizeof(text));
                if (r == 0)
                        *ret = strncmp(text, "FROZEN", 6) == 0   ? FROZEN
                               : strncmp(text, "THAWED", 6) == 0 ? THAWED
                                                                 : FREEZING;
                return r;
        }
        /* What was asked for, and what is so: events' "frozen" comes when the last process has stopped. */
        r = read_small(sys, dir, "cgroup.freeze", text, sizeof(text));
        if (r < 0)
                return r;
        if (text[0] != '1') {
                *ret = THAWED;
                return 0;
        }
        r = read_small(sys, dir, "cgroup.events", text, sizeof(text));
        if (r == 0)
                *ret = strstr(text, "frozen 1") ? FROZEN : FREEZING;
        return r;
}

/* The directory that can freeze the container, NULL: there is none. Version 1's where there is one: a
 * hybrid's version 2 hierarchy has the same processes. */
static const struct cgroup_dir *find(const struct sys *sys, const struct cgroup *cgroup, enum freezer *ret)
{
        for (int v2 = 0; v2 < 2; v2++)
                for (size_t i = 0; i < cgroup->n; i++)
                        if (cgroup->dir[i].v2 == (v2 != 0) && cgroup_is_there(sys, cgroup->dir[i].path) &&
                            look(sys, &cgroup->dir[i], ret) == 0)
                                return &cgroup->dir[i];
        return NULL;
}

bool cgroup_is_frozen(const struct sys *sys, const struct cgroup *cgroup)
{
        enum freezer state = THAWED;

        return find(sys, cgroup, &state) && state != THAWED;
}

static int ask(const struct sys *sys, const struct cgroup_dir *dir, bool freeze)
{
        char path[4096 + 64];

        snprintf(path, sizeof(path), "%s/%s", dir->path, dir->v2 ? "cgroup.freeze" : "freezer.state");
        if (dir->v2)
                return io_write_file(sys, AT_FDCWD, path, freeze ? "1" : "0");
        return io_write_file(sys, AT_FDCWD, path, freeze ? "FROZEN" : "THAWED");
}

/* kernel, cgroup-v1/freezer-subsystem: a process that is forked or attached meanwhile may leave it FREEZING
 * until it is asked again. */
static int wait_for(const struct sys *sys, const struct cgroup_dir *dir, enum freezer wanted, struct err *err)
{
        int64_t deadline = cgroup_now(sys) + LIMIT_CGROUP_FREEZE_MS;
        enum freezer state = THAWED;

        for (;;) {
                int r = ask(sys, dir, wanted == FROZEN);
                if (r == 0)
                        r = look(sys, dir, &state);
                if (r < 0)
                        return err_sys(err, r, "freezer", dir->path, "%s", "");
                if (state == wanted)
                        return 0;
                if (cgroup_now(sys) >= deadline)
                        return err_set(err, ETIMEDOUT, "freezer", dir->path, "not %s after %d ms",
                                       wanted == FROZEN ? "frozen" : "thawed", LIMIT_CGROUP_FREEZE_MS);
                cgroup_sleep(sys, LOOK_MS);
        }
}

int cgroup_freeze(const struct sys *sys, const struct cgroup *cgroup, bool freeze, struct err *err)
{
        enum freezer state;
        const struct cgroup_dir *dir = find(sys, cgroup, &state);
        int r;

        if (!dir)
                return err_set(err, ENOTSUP, "freezer", cgroup->n ? cgroup->dir[0].path : NULL,
                               "the container has no cgroup that can be frozen");
        r = wait_for(sys, dir, freeze ? FROZEN : THAWED, err);
        if (r < 0 && freeze) /* half frozen is no state to leave a container in */
                (void)ask(sys, dir, false);
        return r;
}
