#include "core/base/scope.h"

#include "core/sys.h"

void scoped_fd_close(struct scoped_fd *s)
{
        if (s && s->fd >= 0) {
                (void)s->sys->op->close(s->sys, s->fd);
                s->fd = -1;
        }
}

void scoped_mem_free(struct scoped_mem *s)
{
        if (s && s->ptr) {
                s->sys->op->free(s->sys, s->ptr);
                s->ptr = NULL;
        }
}
