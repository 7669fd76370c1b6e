/*
 * The state directory of a container, ROOT/ID, and what is in it:
 *
 *      lock        flock(2)ed by the command that changes the container; while it is, which process that is
 *      state.json  what a later command needs; replaced as a whole, so a reader needs no lock
 *      config.json the bundle's as create read it, byte for byte: later commands must not see what became of that since.
 *                  Whole once state.json says that creating is over
 *      exec.fifo   start's word to init
 *      error.fifo  init's words to start
 *      hook        which hook labrun runs just now: hook_record.h
 *      notify      notify.h's directory
 *
 * state.json is first written before anything else is made (status creating, the cgroup directories that are
 * going to be made), and again with init's pid before init is let go: a labrun killed at any moment leaves
 * enough for `delete --force`. It holds no status after that: created, running and stopped are derived from
 * the process itself, so that they can't be out of date.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/config/config.h"
#include "core/container/cgroup.h"
#include "core/container/lifecycle.h"

struct err;
struct io_replacement;
struct json_t;
struct sys;

#define STATE_EXEC_FIFO "exec.fifo"
#define STATE_ERROR_FIFO "error.fifo"
#define STATE_FILE "state.json"
#define STATE_CONFIG_FILE "config.json"
#define STATE_PATH_MAX 4096
#define STATE_OCI_VERSION "1.2.0"

struct state {
        const char *id, *bundle, *rootfs, *created; /* borrowed from doc or from the creator */
        struct config_kv_list annotations; /* items: borrowed likewise; the array is owned iff doc is set */
        pid_t pid;                         /* init's; 0: not made yet */
        uint64_t start;                    /* of init; see process.h */
        bool creating;                     /* create has not come to its end */
        bool pid_namespace;                /* its own: init's death kills every process */
        bool poststop;                     /* the config has such hooks (or this is of a labrun that didn't tell) */
        bool keep_keyring;                 /* --no-new-keyring: exec's processes stay in its caller's, too */
        struct cgroup cgroup;              /* owned */
        struct json_t *doc;                /* owned; NULL while being created */
};

/* runc's rule, see LIMIT_ID_BYTES. -EINVAL. */
int state_check_id(const char *id, struct err *err);

/* "2026-01-02T03:04:05.000000006Z", UTC, without the C library's time zones, which read files. buf >= 40
 * bytes. */
void state_format_time(int64_t sec, long nsec, char *buf, size_t size);

struct state_dir {
        const struct sys *sys;
        int fd;   /* of the directory; -1: none */
        int lock; /* holds the lock until closed; -1: not taken */
        char path[STATE_PATH_MAX];
};
#define STATE_DIR_INIT ((struct state_dir){.fd = -1, .lock = -1})

/* Makes ROOT (0700, with parents) and ROOT/ID (0711), and locks it. -EEXIST: the id is taken, nothing was
 * touched. */
int state_dir_create(const struct sys *sys, const char *root, const char *id, struct state_dir *ret_dir,
                     struct err *err);
/*
 * -ENOENT: no such container. With lock: waits for another command that changes it, up to LIMIT_LOCK_MS
 * (-ETIMEDOUT); when that is a delete: -ENOENT, as soon as it has removed the container.
 */
int state_dir_open(const struct sys *sys, const char *root, const char *id, bool lock,
                   struct state_dir *ret_dir, struct err *err);
/*
 * The same for who deletes by force: a labrun that has held the lock for LIMIT_LOCK_GRACE_MS since it was seen with it, as a
 * create or start does whose hook does not end, is killed. So it comes back in a short time; all that a killed labrun
 * leaves is known to container_delete.
 */
int state_dir_seize(const struct sys *sys, const char *root, const char *id, struct state_dir *ret_dir,
                    struct err *err);
/* Removes the directory and the files in it, state.json last but the lock. */
int state_dir_remove(const struct state_dir *dir, struct err *err);
/* Gives the lock back before that: also where a child holds a copy of the fd, which a frozen one does not close. */
void state_dir_unlock(struct state_dir *dir);
void state_dir_close(struct state_dir *dir); /* NULL-safe, may be repeated */
#define SCOPED_STATE_DIR __attribute__((cleanup(state_dir_close))) struct state_dir

/* Writes state.json. */
int state_save(const struct state_dir *dir, const struct state *state, struct err *err);
/* The same up to the moment at which it becomes true: io_replace_end of base/io.h makes it so. */
int state_save_begin(const struct state_dir *dir, const struct state *state, struct io_replacement *ret,
                     struct err *err);
/* What it writes; the caller's (sys->op->free). -EINVAL: a string that is no UTF-8, or no memory. */
int state_text(const struct sys *sys, const struct state *state, char **ret_text, size_t *ret_len, struct err *err);
/*
 * Reads it. -EINVAL for what labrun didn't write (place: the field's pointer, or "state.json line L column C"), -E2BIG
 * (deeper or longer than a config may be), -ENOENT without the file.
 */
int state_load(const struct state_dir *dir, struct state *ret_state, struct err *err);
/*
 * The copy of config.json: writes it, once; reads and parses it. -EEXIST; -ENOENT; -EINVAL for a copy that was cut off.
 * *ret_config is the caller's (config_free).
 */
int state_config_save(const struct state_dir *dir, const char *text, size_t len, struct err *err);
int state_config_load(const struct state_dir *dir, struct config **ret_config, struct err *err);
/* From text, for state_load and tests. */
int state_parse(const struct sys *sys, const char *text, size_t len, struct state *ret_state,
                struct err *err);
void state_free(const struct sys *sys, struct state *state);

/* Asks the kernel what has become of init. Paused (runc's word) is a created or running one that is frozen. */
int state_status(const struct sys *sys, const struct state *state, enum state_status *ret_status,
                 struct err *err);

/*
 * What `state` prints (runtime-spec "State", with runc's rootfs, created and owner) as a new reference; NULL:
 * no memory, or a string that is no UTF-8. owner may be NULL ("").
 */
struct json_t *state_to_json(const struct state *state, enum state_status status, const char *owner);

/*
 * The JSON as text, NUL-terminated; the caller's (sys->op->free). NULL for o is -EINVAL: what couldn't be
 * made. flags: jansson's.
 */
int state_render(const struct sys *sys, const struct json_t *o, size_t flags, char **ret_text,
                 size_t *ret_len, struct err *err);
