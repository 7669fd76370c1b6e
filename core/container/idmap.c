#include "core/container/idmap.h"

#include <errno.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/sys.h"

const char *idmap_place(enum idmap_kind kind)
{
        return kind == IDMAP_UID ? "/linux/uidMappings" : "/linux/gidMappings";
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
        return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

int idmap_check(const struct config_idmap_list *list, const char *place, struct err *err)
{
        char text[IDMAP_TEXT_MAX], at[64];

        for (size_t i = 0; i < list->n; i++) {
                const struct config_idmap *a = &list->item[i];
                if (i == IDMAP_RANGES_MAX)
                        return err_set(err, E2BIG, "validate", place, "the kernel takes %u ranges at most",
                                       IDMAP_RANGES_MAX);
                for (size_t k = 0; k < i; k++) {
                        const struct config_idmap *b = &list->item[k];
                        bool inside = overlap(a->container_id, a->size, b->container_id, b->size);
                        if (!inside && !overlap(a->host_id, a->size, b->host_id, b->size))
                                continue;
                        snprintf(at, sizeof(at), "%s/%zu/%s", place, i, inside ? "containerID" : "hostID");
                        return err_set(err, EINVAL, "validate", at, "overlaps the range %zu", k);
                }
        }
        if (idmap_text(list, text, sizeof(text)) < 0)
                return err_set(err, E2BIG, "validate", place,
                               "longer than the %u bytes that the kernel takes", IDMAP_TEXT_MAX - 1);
        return 0;
}

bool idmap_has(const struct config_idmap_list *list, uint32_t container_id)
{
        for (size_t i = 0; i < list->n; i++)
                if (container_id >= list->item[i].container_id &&
                    container_id - list->item[i].container_id < list->item[i].size)
                        return true;
        return false;
}

int idmap_text(const struct config_idmap_list *list, char *buf, size_t size)
{
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < list->n; i++) {
                const struct config_idmap *m = &list->item[i];
                int r = snprintf(buf + n, size - n, "%u %u %u\n", m->container_id, m->host_id, m->size);
                if (r < 0 || (size_t)r >= size - n)
                        return -E2BIG;
                n += (size_t)r;
        }
        return 0;
}

int idmap_write(const struct sys *sys, pid_t pid, enum idmap_kind kind, const struct config_idmap_list *list,
                struct err *err)
{
        char text[IDMAP_TEXT_MAX], file[64];
        int r = idmap_text(list, text, sizeof(text));

        snprintf(file, sizeof(file), "/proc/%d/%s", (int)pid, kind == IDMAP_UID ? "uid_map" : "gid_map");
        if (r == 0)
                r = io_write_file(sys, AT_FDCWD, file, text);
        return r < 0 ? err_sys(err, r, "user namespace", idmap_place(kind), "writing %s", file) : 0;
}
