/*
 * User namespaces' maps against user_namespaces(7), id by id: what the kernel would refuse is refused before anything is
 * made, at the entry that is wrong, and the text that the kernel gets is the map.
 *
 * Targets: idmap_check, idmap_has, idmap_text, userns_check.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/container/idmap.h"
#include "core/container/userns.h"
#include "props/pt.h"
#include "props/sim/sim_enosys.h"

#define RANGES 344
#define IDS 24 /* ids are few, so that ranges meet; one more lies at each end of what 32 bits hold */

static uid_t caller;
static uid_t simulated_geteuid(const struct sys *sys)
{
        (void)sys;
        return caller;
}

static uint32_t draw_id(pt *t)
{
        return pt_below(t, 12) == 1 ? UINT32_MAX - (uint32_t)pt_below(t, 4) : (uint32_t)pt_below(t, IDS);
}

static void draw_map(pt *t, struct config_idmap_list *list)
{
        pt_begin(t, "map");
        list->item = pt_alloc(t, RANGES * sizeof(*list->item));
        if (pt_below(t, 20) == 1) { /* as many as there can be, or too many; long or short lines */
                uint32_t base = pt_bool(t) ? 4000000000u : 0;
                list->n = IDMAP_RANGES_MAX - 2 + pt_below(t, 5);
                for (uint32_t i = 0; i < list->n; i++)
                        list->item[i] = (struct config_idmap){i, base + i, 1};
        } else {
                PT_REPEAT(t, 0, 4)
                {
                        uint32_t inside = list->n ? draw_id(t) : 0, outside = draw_id(t), size = 1 + (uint32_t)pt_below(t, 6);
                        /* the validator has seen to it that no range leaves 32 bits */
                        uint32_t most = UINT32_MAX - (inside > outside ? inside : outside);
                        list->item[list->n++] = (struct config_idmap){inside, outside, size <= most ? size : most + !most};
                }
        }
        pt_end(t);
}

static bool has(const struct config_idmap *m, uint32_t id, bool outside)
{
        uint64_t first = outside ? m->host_id : m->container_id;

        return id >= first && id < first + m->size;
}

/* Two ranges have an id in common: one of them has the other's first. */
static bool meet(const struct config_idmap *a, const struct config_idmap *b, bool outside)
{
        return has(a, outside ? b->host_id : b->container_id, outside) || has(b, outside ? a->host_id : a->container_id, outside);
}

static char *expected_text(pt *t, const struct config_idmap_list *list)
{
        char *text = pt_alloc(t, list->n * 36 + 1);
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++)
                n += (size_t)sprintf(text + n, "%lu %lu %lu\n", (unsigned long)list->item[i].container_id,
                                     (unsigned long)list->item[i].host_id, (unsigned long)list->item[i].size);
        return text;
}

/* What the kernel refuses: 0, or the errno and the place. */
static int refusal(pt *t, const struct config_idmap_list *list, const char *place, char ret_place[64])
{
        for (size_t i = 0; i < list->n && i < IDMAP_RANGES_MAX; i++)
                for (size_t k = 0; k < i; k++) {
                        bool inside = meet(&list->item[i], &list->item[k], false);
                        if (!inside && !meet(&list->item[i], &list->item[k], true))
                                continue;
                        snprintf(ret_place, 64, "%s/%zu/%s", place, i, inside ? "containerID" : "hostID");
                        return EINVAL;
                }
        snprintf(ret_place, 64, "%s", place);
        return list->n > IDMAP_RANGES_MAX || strlen(expected_text(t, list)) >= IDMAP_TEXT_MAX ? E2BIG : 0;
}

static bool has_any(const struct config_idmap_list *list, uint32_t id)
{
        bool any = false;

        for (size_t i = 0; i < list->n; i++)
                any |= has(&list->item[i], id, false);
        return any;
}

static void judge_map(pt *t, const struct config_idmap_list *list, enum idmap_kind kind)
{
        const char *place = kind == IDMAP_UID ? "/linux/uidMappings" : "/linux/gidMappings", *text = expected_text(t, list);
        size_t size = pt_bool(t) ? IDMAP_TEXT_MAX : 1 + pt_below(t, 80);
        char expected_place[64], *buf = pt_alloc(t, size);
        struct err err = ERR_INIT;
        int e = refusal(t, list, place, expected_place);

        PT_ASSERT(t, strcmp(idmap_place(kind), place) == 0);
        PT_ASSERT(t, idmap_check(list, place, &err) == -e && err.errnum == e);
        if (e)
                PT_ASSERT(t, strcmp(err.place, expected_place) == 0 && strcmp(err.step, "validate") == 0);
        PT_ASSERT(t, idmap_text(list, buf, size) == (strlen(text) < size ? 0 : -E2BIG));
        if (strlen(text) < size)
                PT_ASSERT(t, strcmp(buf, text) == 0);
        for (uint32_t id = 0; id < IDS + 8; id++)
                PT_ASSERT(t, idmap_has(list, id) == has_any(list, id));
        for (uint32_t id = UINT32_MAX; id > UINT32_MAX - 6; id--)
                PT_ASSERT(t, idmap_has(list, id) == has_any(list, id));
        PT_SOMETIMES(t, e == EINVAL && strstr(err.place, "host"), "two ranges meet outside");
        PT_SOMETIMES(t, e == E2BIG && list->n <= IDMAP_RANGES_MAX, "a text that is too long");
        PT_SOMETIMES(t, e == E2BIG && list->n > IDMAP_RANGES_MAX, "too many ranges");
        PT_SOMETIMES(t, e == 0 && list->n == IDMAP_RANGES_MAX, "as many ranges as there can be");
}

/* The first thing that is wrong with the user namespace; "": nothing. */
static const char *culprit(pt *t, const struct config *c, char buf[64])
{
        const struct config_linux *l = &c->linux_;
        const struct config_idmap_list *maps[] = {&l->uid_mappings, &l->gid_mappings};
        static const char *const places[] = {"/linux/uidMappings", "/linux/gidMappings"};

        if (!l->ns[CONFIG_NS_USER].set)
                return caller ? "/linux/namespaces" : "";
        if (l->ns[CONFIG_NS_USER].path)
                return "";
        for (int i = 0; i < 2; i++) {
                if (!has_any(maps[i], 0))
                        return places[i];
                if (refusal(t, maps[i], places[i], buf))
                        return buf;
        }
        if (!c->process.set)
                return "";
        if (!has_any(maps[0], c->process.user.uid))
                return "/process/user/uid";
        if (!has_any(maps[1], c->process.user.gid))
                return "/process/user/gid";
        for (size_t i = 0; i < c->process.user.additional_gids.n; i++) {
                snprintf(buf, 64, "/process/user/additionalGids/%zu", i);
                if (!has_any(maps[1], c->process.user.additional_gids.item[i]))
                        return buf;
        }
        return "";
}

PT_PROPERTY(id_maps, .about = "id maps are judged as the kernel would, and told at the entry that is wrong", .cases = 4000)
{
        struct sys_ops *ops = pt_alloc(t, sizeof(*ops));
        struct sys sys = {.op = ops};
        struct config c = {.process.set = !pt_bool(t)};
        struct err err = ERR_INIT;
        uint32_t gids[4];
        char buf[64];

        *ops = sim_enosys_ops;
        ops->geteuid = simulated_geteuid;
        caller = pt_bool(t) ? 1000 : 0;
        c.linux_.ns[CONFIG_NS_USER].set = !pt_bool(t) || !pt_bool(t);
        c.linux_.ns[CONFIG_NS_USER].path = pt_bool(t) && pt_bool(t) ? "/proc/1/ns/user" : NULL;
        draw_map(t, &c.linux_.uid_mappings);
        draw_map(t, &c.linux_.gid_mappings);
        c.process.user.uid = (uint32_t)pt_below(t, 3);
        c.process.user.gid = (uint32_t)pt_below(t, 3);
        c.process.user.additional_gids.item = gids;
        PT_REPEAT(t, 0, 4)
                gids[c.process.user.additional_gids.n++] = draw_id(t);
        judge_map(t, &c.linux_.uid_mappings, IDMAP_UID);
        judge_map(t, &c.linux_.gid_mappings, IDMAP_GID);
        const char *place = culprit(t, &c, buf);
        int r = userns_check(&sys, &c, &err);
        pt_note(t, "%s: %s", r ? err.place : "accepted", r ? err.msg : "");
        PT_ASSERT(t, (r == 0) == !*place && -r == err.errnum);
        PT_ASSERT(t, strcmp(err.place, place) == 0);
        PT_ASSERT(t, (r == -EPERM) == (strcmp(place, "/linux/namespaces") == 0));
        PT_ASSERT(t, userns_is_set(&c) == c.linux_.ns[CONFIG_NS_USER].set);
        PT_ASSERT(t, userns_is_new(&c) == (c.linux_.ns[CONFIG_NS_USER].set && !c.linux_.ns[CONFIG_NS_USER].path));
        PT_SOMETIMES(t, r == 0 && userns_is_new(&c) && c.process.user.additional_gids.n > 1, "groups that are mapped");
        PT_SOMETIMES(t, strstr(place, "additionalGids"), "a group that is not mapped");
        PT_SOMETIMES(t, strcmp(place, "/process/user/uid") == 0, "a user that is not mapped");
        PT_SOMETIMES(t, strcmp(place, "/linux/gidMappings") == 0, "a map without id 0");
}
