/*
 * Whole reads and writes over the seam, with EINTR and short counts dealt with. For files and fifos that answer;
 * what may block on a peer belongs to sync/, which has deadlines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct sys;

/* Writes all n bytes. 0 or -errno. */
int io_write_all(const struct sys *sys, int fd, const void *buf, size_t n);

/*
 * Reads to EOF, at most limit bytes (more: -EFBIG). *ret_buf is NUL-terminated (the NUL is not counted in *ret_len)
 * and owned by the caller (sys->op->free). place names the file in err.
 */
int io_read_all(const struct sys *sys, int fd, size_t limit, const char *place, char **ret_buf,
                size_t *ret_len, struct err *err);

/* The same for a file by name. */
int io_read_file(const struct sys *sys, int dirfd, const char *path, size_t limit, char **ret_buf,
                 size_t *ret_len, struct err *err);

/*
 * The same for one that somebody else named or put there: a fifo that nobody writes is not waited for. Only regular
 * files, with pipes also what is read from its other end (a shell's "<(command)"). Errors: -EINVAL for others.
 */
int io_read_given(const struct sys *sys, const char *path, bool pipes, size_t limit, char **ret_buf,
                  size_t *ret_len, struct err *err);

/* Opens an existing file (a /proc or cgroup file), writes text in one write(2), closes. 0 or -errno. */
int io_write_file(const struct sys *sys, int dirfd, const char *path, const char *text);

/*
 * Replaces dirfd/path by a temporary file, fsync and rename: after a crash there is the old or the new content,
 * never a torn one. mode is exact, whatever the umask.
 */
int io_replace_file(const struct sys *sys, int dirfd, const char *path, const void *buf, size_t n,
                    mode_t mode, struct err *err);

/*
 * The same in two steps, for who knows the content before the moment at which it becomes true: begin does all that takes
 * time, end is the rename. Of one that is never ended the temporary file stays, to be removed as one of a process
 * that was killed.
 */
struct io_replacement {
        int dirfd; /* borrowed, like path */
        const char *path;
        char tmp[4096];
};
int io_replace_begin(const struct sys *sys, int dirfd, const char *path, const void *buf, size_t n, mode_t mode,
                     struct io_replacement *ret, struct err *err);
int io_replace_end(const struct sys *sys, const struct io_replacement *replacement, struct err *err);

/*
 * Puts a whole file at path, in a directory that is the caller's: whatever dies in the midst leaves no other name there.
 * The file has none until it is written (O_TMPFILE, Linux 3.11, linkat(2)); what was at path is removed just before it
 * gets that one. On a file system without O_TMPFILE it is io_replace_file, which a kill -9 makes leave path.tmp-PID.
 */
int io_place_file(const struct sys *sys, const char *path, const void *buf, size_t n, mode_t mode,
                  struct err *err);
