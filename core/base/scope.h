/*
 * Scope cleanup by attribute: a resource is released where its variable goes out of scope, on every path.
 * -1 stands for "no fd" (0 is a valid one). A resource that outlives its scope is taken out with steal.
 */
#pragma once

#include <stddef.h>

struct sys;

/* A file descriptor and the system that it belongs to, because close is an operation of the seam. */
struct scoped_fd {
        const struct sys *sys;
        int fd;
};

void scoped_fd_close(struct scoped_fd *s); /* NULL-safe; sets fd to -1; ignores errors of close(2) */

#define SCOPED_FD __attribute__((cleanup(scoped_fd_close))) struct scoped_fd

static inline int scoped_fd_steal(struct scoped_fd *s)
{
        int fd = s->fd;
        s->fd = -1;
        return fd;
}

/* Memory got from sys->op->alloc. */
struct scoped_mem {
        const struct sys *sys;
        void *ptr;
};

void scoped_mem_free(struct scoped_mem *s);

#define SCOPED_MEM __attribute__((cleanup(scoped_mem_free))) struct scoped_mem

static inline void *scoped_mem_steal(struct scoped_mem *s)
{
        void *p = s->ptr;
        s->ptr = NULL;
        return p;
}
