/* The container's cgroups in the state file: cgroup_to_json and cgroup_from_json of cgroup.h. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/scope.h"
#include "core/container/cgroup.h"
#include "core/sys.h"

struct json_t *cgroup_to_json(const struct cgroup *cgroup)
{
        json_t *array = json_array();

        for (size_t i = 0; array && i < cgroup->n; i++) {
                json_t *dir = json_pack("{s:s, s:s, s:b}", "path", cgroup->dir[i].path, "created",
                                        cgroup->dir[i].created, "v2", (int)cgroup->dir[i].v2);
                if (!dir || json_array_append_new(array, dir) < 0) {
                        json_decref(array);
                        return NULL;
                }
        }
        return array;
}

/* Later a recursive removal follows these paths: nothing but a plain absolute one will do. */
static bool is_plain(const char *path)
{
        if (path[0] != '/' || path[1] == '\0')
                return false;
        while (*path) {
                size_t n = strcspn(++path, "/");
                if (n == 0 || (n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
                        return false;
                path += n;
        }
        return true;
}

static bool is_parent_or_same(const char *parent, const char *path)
{
        size_t n = strlen(parent);

        return strncmp(parent, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static int copy_path(const json_t *json, char *buf, size_t size)
{
        const char *s = json_string_value(json);

        if (!s || strlen(s) != json_string_length(json))
                return -EINVAL;
        if (strlen(s) >= size)
                return -ENAMETOOLONG;
        strcpy(buf, s);
        return 0;
}

static int read_dir(const json_t *json, struct cgroup_dir *dir)
{
        const json_t *v2 = json_object_get(json, "v2");
        int r = copy_path(json_object_get(json, "path"), dir->path, sizeof(dir->path));

        if (r == 0)
                r = copy_path(json_object_get(json, "created"), dir->created, sizeof(dir->created));
        if (r < 0)
                return r;
        if (!json_is_boolean(v2) || !is_plain(dir->path))
                return -EINVAL;
        if (dir->created[0] && (!is_plain(dir->created) || !is_parent_or_same(dir->created, dir->path)))
                return -EINVAL;
        dir->v2 = json_is_true(v2);
        return 0;
}

int cgroup_from_json(const struct sys *sys, const struct json_t *json, struct cgroup *ret_cgroup,
                     struct err *err)
{
        size_t n = json_array_size(json);
        SCOPED_MEM mem = {sys, NULL};
        struct cgroup_dir *dir;
        char place[32];

        if (!json_is_array(json) || n > CGROUP_MAX)
                return err_set(err, EINVAL, "state", NULL, "cgroups must be an array of at most %d",
                               CGROUP_MAX);
        mem.ptr = dir = sys->op->alloc(sys, (n + 1) * sizeof(*dir));
        if (!dir)
                return err_set(err, ENOMEM, "state", NULL, "%s", "");
        for (size_t i = 0; i < n; i++) {
                int r = read_dir(json_array_get(json, i), &dir[i]);
                if (r < 0) {
                        snprintf(place, sizeof(place), "/%zu", i);
                        return err_sys(err, r, "state", place, "not a cgroup directory that labrun made");
                }
        }
        *ret_cgroup = (struct cgroup){.n = n, .dir = scoped_mem_steal(&mem)};
        return 0;
}
