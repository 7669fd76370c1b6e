#include "props/models/fd_model.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props/sim/sim_fdtable.h"

static void add(struct fd_model *m, struct fd_model_item item)
{
        assert(m->n < FD_MODEL_MAX && (m->n == 0 || m->item[m->n - 1].fd < item.fd));
        m->item[m->n++] = item;
}

void fd_model_look(struct fd_model *m, const struct sim_fdtable *t)
{
        m->n = 0;
        for (int fd = sim_fdtable_next(t, 0); fd >= 0; fd = sim_fdtable_next(t, fd + 1)) {
                uint32_t object = sim_fdtable_object(t, fd);
                add(m, (struct fd_model_item){fd, object, sim_fdtable_object_state(t, object),
                                              sim_fdtable_cloexec(t, fd)});
        }
}

void fd_model_before_exec(struct fd_model *m, const struct fd_model *entry, unsigned preserve,
                          const struct fd_model_item *error)
{
        m->n = 0;
        for (size_t i = 0; i < entry->n; i++) {
                struct fd_model_item item = entry->item[i];
                if (item.fd > 2 + (int)preserve)
                        continue;
                item.cloexec = false;
                add(m, item);
        }
        if (error) {
                struct fd_model_item item = *error;
                item.cloexec = true;
                add(m, item);
        }
}

void fd_model_after_exec(struct fd_model *m, const struct fd_model *before)
{
        m->n = 0;
        for (size_t i = 0; i < before->n; i++)
                if (!before->item[i].cloexec)
                        add(m, before->item[i]);
}

const struct fd_model_item *fd_model_find(const struct fd_model *m, int fd)
{
        for (size_t i = 0; i < m->n; i++)
                if (m->item[i].fd == fd)
                        return &m->item[i];
        return NULL;
}

const char *fd_model_differ(const struct fd_model *want, const struct fd_model *got, char *buf, size_t size)
{
        for (size_t i = 0, k = 0; i < want->n || k < got->n; i++, k++) {
                const struct fd_model_item *w = i < want->n ? &want->item[i] : NULL;
                const struct fd_model_item *g = k < got->n ? &got->item[k] : NULL;
                const char *what = NULL;
                int fd = w && (!g || w->fd <= g->fd) ? w->fd : g->fd;
                if (!w || (g && g->fd < w->fd))
                        what = "is open and should be closed";
                else if (!g || w->fd < g->fd)
                        what = "is closed and should be open";
                else if (w->object != g->object)
                        what = "is another open file than at entry";
                else if (w->state != g->state)
                        what = "is an open file that has been changed";
                else if (w->cloexec != g->cloexec)
                        what = w->cloexec ? "is not close-on-exec" : "is close-on-exec";
                if (!what)
                        continue;
                snprintf(buf, size, "fd %d %s", fd, what);
                return buf;
        }
        return NULL;
}

/* A number is what prints back as the same text. */
static bool number(const char *s, uint64_t *ret)
{
        char back[32];

        *ret = strtoull(s, NULL, 10);
        snprintf(back, sizeof(back), "%" PRIu64, *ret);
        return strcmp(s, back) == 0;
}

int fd_model_listen(const char *listen_fds, const char *listen_pid, uint64_t pid, unsigned max)
{
        uint64_t n;

        if (!listen_fds || !listen_pid)
                return 0;
        if (!number(listen_pid, &n) || n == 0 || n > INT64_MAX)
                return -1;
        if (n != pid)
                return 0;
        return number(listen_fds, &n) && n <= max ? (int)n : -1;
}
