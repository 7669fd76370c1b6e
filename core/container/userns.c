#include "core/container/userns.h"

#include <errno.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/config/config.h"
#include "core/container/idmap.h"
#include "core/container/rlimits.h"
#include "core/container/stage.h"
#include "core/sys.h"

bool userns_is_set(const struct config *config)
{
        return config->linux_.ns[CONFIG_NS_USER].set;
}

bool userns_is_new(const struct config *config)
{
        return userns_is_set(config) && !config->linux_.ns[CONFIG_NS_USER].path;
}

static int check_map(const struct config *config, enum idmap_kind kind, struct err *err)
{
        const struct config_idmap_list *list =
                kind == IDMAP_UID ? &config->linux_.uid_mappings : &config->linux_.gid_mappings;
        const char *place = idmap_place(kind);

        if (list->n == 0)
                return err_set(err, EINVAL, "user namespace", place, "a new user namespace needs mappings");
        if (!idmap_has(list, 0))
                return err_set(err, EINVAL, "user namespace", place,
                               "id 0 is not mapped: init builds the container as that");
        return idmap_check(list, place, err);
}

static int not_mapped(struct err *err, const char *place, uint32_t id, enum idmap_kind kind)
{
        return err_set(err, EINVAL, "user namespace", place, "%u is not mapped by %s", id, idmap_place(kind));
}

/* Else setresuid(2) would answer EINVAL at the end of it all. */
static int check_process(const struct config *config, struct err *err)
{
        const struct config_idmap_list *uids = &config->linux_.uid_mappings,
                                       *gids = &config->linux_.gid_mappings;
        const struct config_u32_list *groups = &config->process.user.additional_gids;
        char place[64];

        if (!idmap_has(uids, config->process.user.uid))
                return not_mapped(err, "/process/user/uid", config->process.user.uid, IDMAP_UID);
        if (!idmap_has(gids, config->process.user.gid))
                return not_mapped(err, "/process/user/gid", config->process.user.gid, IDMAP_GID);
        for (size_t i = 0; i < groups->n; i++) {
                snprintf(place, sizeof(place), "/process/user/additionalGids/%zu", i);
                if (!idmap_has(gids, groups->item[i]))
                        return not_mapped(err, place, groups->item[i], IDMAP_GID);
        }
        return 0;
}

int userns_check(const struct sys *sys, const struct config *config, struct err *err)
{
        int r;

        if (!userns_is_set(config) && sys->op->geteuid(sys) != 0)
                return err_set(err, EPERM, "user namespace", "/linux/namespaces",
                               "a rootless container requires a user namespace");
        if (!userns_is_new(config))
                return 0;
        r = check_map(config, IDMAP_UID, err);
        if (r == 0)
                r = check_map(config, IDMAP_GID, err);
        return r < 0 || !config->process.set ? r : check_process(config, err);
}

static bool is_only(const struct config_idmap_list *list, uint32_t host_id)
{
        return list->n == 1 && list->item[0].size == 1 && list->item[0].host_id == host_id;
}

/* user_namespaces(7): without this a process could drop a group that was there to keep it out of a file. */
static int deny_setgroups(const struct sys *sys, pid_t pid, struct err *err)
{
        char file[64];
        int r;

        snprintf(file, sizeof(file), "/proc/%d/setgroups", (int)pid);
        r = io_write_file(sys, AT_FDCWD, file, "deny");
        return r < 0 ? err_sys(err, r, "user namespace", idmap_place(IDMAP_GID), "writing %s", file) : 0;
}

int userns_map(const struct sys *sys, const struct config *config, pid_t pid, const char *path,
               struct err *err)
{
        const struct config_idmap_list *uids = &config->linux_.uid_mappings,
                                       *gids = &config->linux_.gid_mappings;
        bool root = sys->op->geteuid(sys) == 0;
        int r;

        if (root || is_only(uids, sys->op->geteuid(sys)))
                r = idmap_write(sys, pid, IDMAP_UID, uids, err);
        else
                r = idmap_run(sys, pid, IDMAP_UID, uids, path, err);
        if (r < 0)
                return r;
        if (!root && !is_only(gids, sys->op->getegid(sys)))
                return idmap_run(sys, pid, IDMAP_GID, gids, path, err);
        if (!root)
                r = deny_setgroups(sys, pid, err);
        return r < 0 ? r : idmap_write(sys, pid, IDMAP_GID, gids, err);
}

int userns_privilege(const struct sys *sys, const struct config *config, pid_t pid, struct err *err)
{
        const struct opt_i32 *adj = &config->process.oom_score_adj;
        char file[64], text[16];
        int r;

        rlimits_raise(sys, config, pid);
        if (!adj->set || stage_needed(config))
                return 0;
        snprintf(file, sizeof(file), "/proc/%d/oom_score_adj", (int)pid);
        snprintf(text, sizeof(text), "%d", adj->v);
        r = io_write_file(sys, AT_FDCWD, file, text);
        return r < 0 ? err_sys(err, r, "oom_score_adj", "/process/oomScoreAdj", "%d", adj->v) : 0;
}

int userns_become_root(const struct sys *sys, const struct config *config, struct err *err)
{
        const struct config_namespace *ns = &config->linux_.ns[CONFIG_NS_USER];
        char place[64];
        int r = sys->op->setgroups(sys, 0, NULL);

        snprintf(place, sizeof(place), "/linux/namespaces/%zu", ns->index);
        if (r < 0 && r != -EPERM)
                return err_sys(err, r, "user namespace", place, "dropping the groups");
        r = sys->op->setresgid(sys, 0, 0, 0);
        if (r == 0)
                r = sys->op->setresuid(sys, 0, 0, 0);
        return r < 0 ? err_sys(err, r, "user namespace", place, "becoming root in it%s",
                               r == -EINVAL ? ": id 0 is not mapped there" : "")
                     : 0;
}
