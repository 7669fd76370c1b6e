/* The inside of the simulated fd table: the table itself (sim_fdtable.c) and the calls on it
 * (sim_fdtable_*.c). */
#pragma once

#include "core/sys.h"
#include "props/sim/sim_fdtable.h"

#define CHUNK_FDS 1024u
#define CHUNK_WORDS (CHUNK_FDS / 64)

enum sim_kind {
        SIM_KIND_FILE, /* put there by sim_fdtable_install */
        SIM_KIND_NULL, /* /dev/null */
        SIM_KIND_PIPE,
        SIM_KIND_SOCKET,
        SIM_KIND_PROC,     /* a directory standing at /proc */
        SIM_KIND_PROC_FD,  /* /proc/self/fd, ours */
        SIM_KIND_FALSE_FD, /* what pretends to be it */
};

/* An open file description. Never reused, so that a number tells it for ever. */
struct sim_object {
        enum sim_kind kind;
        unsigned refs;
        int flags; /* as F_GETFL answers */
        uint64_t ino;
        off_t pos;
        long magic;   /* of its file system; 0: some other */
        bool rubbish; /* SIM_KIND_FALSE_FD lists names that are no numbers */
};

struct sim_chunk {
        uint64_t open[CHUNK_WORDS], cloexec[CHUNK_WORDS];
        unsigned used;
        uint32_t object[CHUNK_FDS];
};

struct sim_fdtable {
        struct sys sys;
        struct sys_ops ops;
        struct sim_fd_options options;
        struct sim_fd_fault faults[SIM_FAULTS_MAX];
        size_t n_faults;
        unsigned calls[SIM_OP_COUNT];
        unsigned inheritable;
        struct sim_object *objects; /* index = id; 0 is unused */
        uint32_t n_objects, cap_objects;
        uint64_t next_ino;
        struct sim_chunk *chunk[SIM_FD_MAX / CHUNK_FDS]; /* NULL: all closed */
};

static inline struct sim_fdtable *sim_of(const struct sys *sys)
{
        return sys->ctx;
}

/* NULL when fd is not open. Valid until the next object is made. */
struct sim_object *sim_get(const struct sim_fdtable *t, int fd);
/* A new open file description without references; its id. */
uint32_t sim_object_new(struct sim_fdtable *t, enum sim_kind kind, int flags, uint64_t ino, long magic);
/* The lowest free number >= from below the soft limit, or -EMFILE. Reserves nothing. */
int sim_lowest_free(const struct sim_fdtable *t, unsigned from);
/* Puts the object at a number, closing what is there. */
void sim_put(struct sim_fdtable *t, int fd, uint32_t object, bool cloexec);
/* fd is open. */
void sim_drop(struct sim_fdtable *t, int fd);
void sim_mark(struct sim_fdtable *t, int fd, bool cloexec);
/* Counts a call of op; 0, or the -errno that a planted fault answers instead of doing it. */
int sim_enter(struct sim_fdtable *t, enum sim_fd_op op, int fd);
/* For a call that has been done: its result, or what a planted `done` fault answers. */
int sim_leave(struct sim_fdtable *t, enum sim_fd_op op, int fd, int result);

/* Each file of calls puts its own into the table of operations. */
void sim_fdtable_calls_fd(struct sys_ops *ops);
void sim_fdtable_calls_file(struct sys_ops *ops);
