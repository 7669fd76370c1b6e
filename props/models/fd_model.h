/*
 * What FD-EXACT says, as a computation on sets: which table the payload must find, given the table at the
 * runtime's entry. Knows nothing of how core gets there, nor of close, ranges or plugs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FD_MODEL_MAX 1024

struct sim_fdtable;

struct fd_model_item {
        int fd;
        uint32_t object; /* the open file description */
        uint64_t state;  /* a hash of what it is like */
        bool cloexec;
};

struct fd_model {
        size_t n;
        struct fd_model_item item[FD_MODEL_MAX]; /* by fd */
};

/* The table as it is. */
void fd_model_look(struct fd_model *m, const struct sim_fdtable *t);

/* At entry: table. Right before execve: 0..2+N as at entry, without CLOEXEC; and error (NULL: none), with it.
 */
void fd_model_before_exec(struct fd_model *m, const struct fd_model *entry, unsigned preserve,
                          const struct fd_model_item *error);

/* What the payload finds: what has no CLOEXEC. */
void fd_model_after_exec(struct fd_model *m, const struct fd_model *before);

/* NULL when fd is closed. */
const struct fd_model_item *fd_model_find(const struct fd_model *m, int fd);

/* The first difference, in words, in buf; NULL when there is none. */
const char *fd_model_differ(const struct fd_model *want, const struct fd_model *got, char *buf, size_t size);

/*
 * The number of fds of socket activation: -1 for an input that must be refused. Values as in the environment,
 * NULL when absent.
 */
int fd_model_listen(const char *listen_fds, const char *listen_pid, uint64_t pid, unsigned max);
