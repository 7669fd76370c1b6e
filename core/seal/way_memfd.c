#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/scope.h"
#include "core/seal/ways.h"
#include "core/sys.h"

/* Younger than the C library's headers that labrun is built with. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020 /* Linux 6.3 */
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define COPY_BYTES 65536u
#define SEAL_TRIES 20

/*
 * With MFD_EXEC, which a kernel that doesn't know it refuses. One that does, and has vm.memfd_noexec=2,
 * refuses executable memfds altogether.
 */
static int make_memfd(const struct sys *sys, struct err *err)
{
        const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
        int fd = sys->op->memfd_create(sys, "labrun", flags | MFD_EXEC);

        if (fd == -EINVAL)
                fd = sys->op->memfd_create(sys, "labrun", flags);
        if (fd == -EACCES)
                return err_sys(err, fd, "memfd_create", NULL, "is vm.memfd_noexec 2? It forbids this");
        return fd < 0 ? err_sys(err, fd, "memfd_create", NULL, "%s", "") : fd;
}

/* For file systems that can't sendfile. */
static int copy_by_hand(const struct sys *sys, int out, int in, struct err *err)
{
        SCOPED_MEM buf = {sys, sys->op->alloc(sys, COPY_BYTES)};
        ssize_t n;
        int r;

        if (!buf.ptr)
                return err_set(err, ENOMEM, "copy", NULL, "%s", "");
        for (;;) {
                n = sys->op->read(sys, in, buf.ptr, COPY_BYTES);
                if (n == -EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? err_sys(err, (int)n, "read", NULL, "%s", "") : 0;
                r = io_write_all(sys, out, buf.ptr, (size_t)n);
                if (r < 0)
                        return err_sys(err, r, "write", NULL, "%s", "");
        }
}

/* Both fds' offsets move, so that the one way can go on where the other was refused. */
static int copy(const struct sys *sys, int out, int in, off_t size, struct err *err)
{
        struct stat st;
        ssize_t n;
        int r;

        do
                n = sys->op->sendfile(sys, out, in, NULL, (size_t)size);
        while (n > 0 || n == -EINTR);
        r = n == -EINVAL || n == -ENOSYS ? copy_by_hand(sys, out, in, err)
            : n < 0                      ? err_sys(err, (int)n, "sendfile", NULL, "%s", "")
                                         : 0;
        if (r < 0)
                return r;
        r = sys->op->fstat(sys, out, &st);
        if (r < 0)
                return err_sys(err, r, "fstat", NULL, "%s", "");
        if (st.st_size != size)
                return err_set(err, EIO, "copy", NULL, "%lld of %lld bytes", (long long)st.st_size,
                               (long long)size);
        return 0;
}

/*
 * F_SEAL_WRITE is busy while anybody else holds a page of the memfd, as the kernel's own memory management does now
 * and then, on a machine short of memory for longer than the 150 ms that memfd_wait_for_pins() gives it.
 */
static int add_seals(const struct sys *sys, int fd, long seals)
{
        int r, tries = 0;

        do
                r = sys->op->fcntl(sys, fd, F_ADD_SEALS, seals);
        while (r == -EBUSY && ++tries < SEAL_TRIES);
        return r;
}

static int seal(const struct sys *sys, int fd, struct err *err)
{
        int r = add_seals(sys, fd, SEALS | F_SEAL_EXEC);

        if (r == -EINVAL)
                r = add_seals(sys, fd, SEALS);
        return r < 0 ? err_sys(err, r, "F_ADD_SEALS", NULL, "%s", "") : 0;
}

int seal_by_memfd(const struct seal_source *src, int *ret_fd, struct err *err)
{
        const struct sys *sys = src->sys;
        SCOPED_FD in = {sys,
                        sys->op->openat(sys, src->proc_fd, "self/exe", O_RDONLY | O_NOCTTY | O_CLOEXEC, 0)};
        struct stat st;
        int r = in.fd < 0 ? in.fd : sys->op->fstat(sys, in.fd, &st);

        if (r < 0)
                return err_sys(err, r, "open", src->link, "for copying");
        SCOPED_FD memfd = {sys, make_memfd(sys, err)};
        if (memfd.fd < 0)
                return memfd.fd;
        r = copy(sys, memfd.fd, in.fd, st.st_size, err);
        if (r == 0)
                r = seal(sys, memfd.fd, err);
        if (r < 0)
                return r;
        /* a file that is open for writing can't be executed, seals or not (ETXTBSY) */
        r = seal_reopen(sys, src->proc_fd, memfd.fd);
        if (r < 0)
                return err_sys(err, r, "open", NULL, "the memfd");
        *ret_fd = r;
        return 0;
}
