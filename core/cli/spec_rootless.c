#include "core/cli/spec_rootless.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "core/base/err.h"
#include "core/container/state.h"
#include "core/sys.h"

/* "o" of json_pack takes the reference, and json_object_set_new that of its value, also when they fail. */
static int set(json_t *object, const char *key, json_t *value)
{
        return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

static int namespaces(json_t *linux_)
{
        json_t *list = json_object_get(linux_, "namespaces");

        for (size_t i = json_array_size(list); i-- > 0;)
                if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "type")), "network") ==
                    0)
                        json_array_remove(list, i);
        return json_array_append_new(list, json_pack("{s:s}", "type", "user")) < 0 ? -ENOMEM : 0;
}

static void drop_gid(json_t *options)
{
        for (size_t i = json_array_size(options); i-- > 0;) {
                const char *o = json_string_value(json_array_get(options, i));
                if (strncmp(o, "gid=", 4) == 0 || strncmp(o, "uid=", 4) == 0)
                        json_array_remove(options, i);
        }
}

static int mounts(json_t *list)
{
        for (size_t i = 0; i < json_array_size(list); i++) {
                json_t *m = json_array_get(list, i);
                drop_gid(json_object_get(m, "options"));
                if (strcmp(json_string_value(json_object_get(m, "destination")), "/sys") != 0)
                        continue;
                m = json_pack("{s:s, s:s, s:s, s:[sssss]}", "destination", "/sys", "type", "none", "source",
                              "/sys", "options", "rbind", "nosuid", "noexec", "nodev", "ro");
                if (json_array_set_new(list, i, m) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static json_t *own_id(unsigned id)
{
        return json_pack("[{s:i, s:I, s:i}]", "containerID", 0, "hostID", (json_int_t)id, "size", 1);
}

int spec_rootless(const struct sys *sys, const char *config, size_t config_len, char **ret_text,
                  size_t *ret_len, struct err *err)
{
        json_t *o = json_loadb(config, config_len, 0, NULL), *l = json_object_get(o, "linux");
        int r = l ? namespaces(l) : -ENOMEM;

        if (r == 0)
                r = mounts(json_object_get(o, "mounts"));
        if (r == 0)
                r = set(l, "uidMappings", own_id(sys->op->geteuid(sys)));
        if (r == 0)
                r = set(l, "gidMappings", own_id(sys->op->getegid(sys)));
        if (r == 0) {
                (void)json_object_del(l, "resources");
                r = state_render(sys, o, JSON_INDENT(4), ret_text, ret_len, err);
        } else {
                err_set(err, ENOMEM, "spec", "--rootless", "%s", "");
        }
        json_decref(o);
        return r;
}
