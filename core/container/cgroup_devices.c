/* The device rules of a v1 devices hierarchy: cgroup_apply_devices of cgroup.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/config/config.h"
#include "core/container/cgroup.h"
#include "core/sys.h"

/* Making a node is harmless where opening it is not; the others are what a program can't do without. */
static const char *const always[] = {
        "c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
        "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm",
};

static int write_rule(const struct sys *sys, const char *dir, bool allow, const char *rule)
{
        char path[4096 + 32];

        snprintf(path, sizeof(path), "%s/devices.%s", dir, allow ? "allow" : "deny");
        return io_write_file(sys, AT_FDCWD, path, rule);
}

static const char *number(struct opt_i64 v, char *buf, size_t size)
{
        if (!v.set || v.v == -1)
                return "*";
        snprintf(buf, size, "%lld", (long long)v.v);
        return buf;
}

/* "a" in version 1 is everything, whatever follows: a rule that says less can't be written with it. */
static bool is_everything(const struct config_device_rule *rule)
{
        return (!rule->major.set || rule->major.v == -1) && (!rule->minor.set || rule->minor.v == -1) &&
               (!rule->access || !*rule->access ||
                (strchr(rule->access, 'r') && strchr(rule->access, 'w') && strchr(rule->access, 'm')));
}

static int apply_rule(const struct sys *sys, const char *dir, const struct config_device_rule *rule,
                      size_t index, struct err *err)
{
        char place[64], text[96], major[24], minor[24];
        int r;

        snprintf(place, sizeof(place), "/linux/resources/devices/%zu", index);
        if (rule->type == 'a' && !is_everything(rule))
                return err_set(
                        err, ENOTSUP, "cgroup", place,
                        "type a with numbers or partial access can't be expressed in cgroup version 1");
        if (rule->type == 'a')
                snprintf(text, sizeof(text), "a");
        else
                snprintf(text, sizeof(text), "%c %s:%s %s", rule->type,
                         number(rule->major, major, sizeof(major)), number(rule->minor, minor, sizeof(minor)),
                         rule->access && *rule->access ? rule->access : "rwm");
        r = write_rule(sys, dir, rule->allow, text);
        return r < 0 ? err_sys(err, r, "cgroup", place, "%s %s", rule->allow ? "allow" : "deny", text) : 0;
}

static int apply_all(const struct sys *sys, const char *dir, const struct config_device_rule_list *rules,
                     struct err *err)
{
        for (size_t i = 0; i < rules->n; i++) {
                int r = apply_rule(sys, dir, &rules->item[i], i, err);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
                int r = write_rule(sys, dir, true, always[i]);
                if (r < 0)
                        return err_sys(err, r, "cgroup", dir, "allow %s", always[i]);
        }
        return 0;
}

int cgroup_apply_devices(const struct sys *sys, const struct cgroup *cgroup, const struct config *config,
                         bool *ret_applied, struct err *err)
{
        const struct config_device_rule_list *rules = &config->linux_.resources.devices;
        char path[4096 + 32];
        struct stat st;
        bool applied = rules->n == 0;

        for (size_t i = 0; i < cgroup->n && rules->n > 0; i++) {
                snprintf(path, sizeof(path), "%s/devices.allow", cgroup->dir[i].path);
                if (cgroup->dir[i].v2 || sys->op->fstatat(sys, AT_FDCWD, path, &st, 0) < 0)
                        continue;
                int r = apply_all(sys, cgroup->dir[i].path, rules, err);
                if (r < 0)
                        return r;
                applied = true;
        }
        *ret_applied = applied;
        return 0;
}
