/*
 * The sync protocol's bytes: a pure codec, without memory of its own and without the kernel.
 *
 * A frame is a 12-byte header and a payload, all integers little-endian:
 *
 *      0       4      6      8        12
 *      | "ILS" version | type | nfds | length | payload ...
 *
 * nfds is the number of file descriptors that travel with the frame's first byte by SCM_RIGHTS; each type, for ASK
 * each kind, says how many. A text in a payload is {u32 n, n bytes, NUL}: the NUL is not counted, is
 * there so that a decoded text is a C string without a copy, and no other byte of a text is NUL.
 *
 *      CONFIG     u32 flags, u32 preserve, u32 listen, bitmap of 3+preserve bits, text bundle, text id,
 *                 blob config (as a text, but any byte may be NUL); 2 fds
 *      LOG        u32 level, text
 *      ERROR      u32 errnum, u32 class, text step, text place, text msg
 *      ASK        u32 kind, u32 number; no fd, or 1
 *      DONE       u32 kind
 *      READY, START, EXECUTING: empty
 *
 * The encoding is canonical: a decoded message encodes to the same bytes. Whatever is not the encoding of a
 * message is an error: unused bits, trailing bytes, unknown flags, unprintable characters where people will read them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/fds/fds.h"

enum sync_type {
        SYNC_CONFIG = 1,    /* parent -> init */
        SYNC_LOG = 2,       /* init -> parent */
        SYNC_READY = 3,     /* init -> parent */
        SYNC_ERROR = 4,     /* init -> parent, init -> start; a struct err */
        SYNC_START = 5,     /* start -> init */
        SYNC_EXECUTING = 6, /* init -> start */
        SYNC_ASK = 7,       /* init -> parent: to do what init can't */
        SYNC_DONE = 8,      /* parent -> init: it did */
};

#define SYNC_HEADER_SIZE 12u
#define SYNC_VERSION 1u
/* The largest frame of every type but CONFIG: what a buffer on the stack must hold. */
#define SYNC_SMALL_FRAME (SYNC_HEADER_SIZE + LIMIT_SYNC_SMALL)

/* CONFIG's fds, in this order, both opened O_RDWR by the parent. */
enum { SYNC_FD_EXEC, SYNC_FD_ERROR, SYNC_CONFIG_FDS };

#define SYNC_FLAG_DEBUG 1u /* init sends LOG frames */
#define SYNC_FLAGS_KNOWN SYNC_FLAG_DEBUG

#define SYNC_BUNDLE_MAX 4095u    /* bytes of the path: PATH_MAX without the NUL */
#define SYNC_LOG_TEXT_MAX 2047u  /* bytes of a LOG's text, without the NUL */
#define SYNC_ERRNUM_MAX 4095     /* MAX_ERRNO of the kernel */

enum sync_log_level { SYNC_LOG_DEBUG, SYNC_LOG_INFO, SYNC_LOG_WARNING, SYNC_LOG_ERROR };

/* What init asks for, in this order, each at most once, all before READY. */
enum sync_ask_kind {
        SYNC_ASK_MAP_IDS,  /* to write the id maps of the user namespace that init is in */
        SYNC_ASK_HOOKS,    /* to run prestart and createRuntime: the namespaces are made, pivot_root comes next */
        SYNC_ASK_CONSOLE,  /* to take the pty's master: 1 fd */
        SYNC_ASK_LISTENER, /* to take the seccomp listener: 1 fd, or none and its number in init, for pidfd_getfd */
        SYNC_ASK__COUNT
};

struct sync_ask {
        enum sync_ask_kind kind;
        bool sends_fd;   /* CONSOLE: true. LISTENER: either. Else false */
        uint32_t number; /* LISTENER without an fd: <= INT_MAX. Else 0 */
};

struct sync_config {
        uint32_t flags;     /* SYNC_FLAG_* */
        const char *bundle; /* absolute path, 1..SYNC_BUNDLE_MAX bytes */
        const char *id;     /* 1..LIMIT_ID_BYTES bytes */
        const char *config; /* the bytes of config.json; NUL-terminated after decoding, need not be before */
        size_t config_len;  /* <= LIMIT_CONFIG_BYTES */
        struct fds_inventory inventory; /* entries past 3+preserve-1 are not sent, and false after decoding */
        uint32_t listen;    /* how many of the preserved fds are LISTEN_FDS; <= inventory.preserve */
};

struct sync_log {
        enum sync_log_level level;
        const char *text; /* one line: no control characters */
};

/*
 * A message as a value. After decoding, the texts borrow from the payload buffer; `error` is a copy.
 * An ERROR is a whole struct err: errnum 1..SYNC_ERRNUM_MAX, a known class, step not empty, no control characters (err_set
 * makes only such).
 */
struct sync_msg {
        enum sync_type type;
        union {
                struct sync_config config; /* SYNC_CONFIG */
                struct sync_log log;       /* SYNC_LOG */
                struct err error;          /* SYNC_ERROR */
                struct sync_ask ask;       /* SYNC_ASK */
                enum sync_ask_kind done;   /* SYNC_DONE */
        };
};

/* "CONFIG"; "?" for what is no type. */
const char *sync_type_name(unsigned type);

/* "MAP_IDS"; "?" for what is no kind. */
const char *sync_ask_name(unsigned kind);

/* The most fds that travel with a type; 0 for what is no type. Only ASK may have fewer. */
size_t sync_type_fds(unsigned type);

/* The number of fds that travel with this message. */
size_t sync_msg_fds(const struct sync_msg *msg);

/*
 * The size of msg's frame, header included. Errors: -EINVAL for a message that has no encoding (the rules
 * above), -EMSGSIZE for one beyond a limit; place names the field.
 */
int sync_encoded_size(const struct sync_msg *msg, size_t *ret_size, struct err *err);

/*
 * Encodes the frame into the caller's buffer. Errors as sync_encoded_size, and -ENOBUFS (nothing is written)
 * when size is too small.
 */
int sync_encode(const struct sync_msg *msg, void *buf, size_t size, size_t *ret_len, struct err *err);

enum sync_decode {
        SYNC_MORE_BYTES = 0,  /* all that was fed is taken; sync_decoder_wanted says how many are missing */
        SYNC_NEED_BUFFER = 1, /* the header is good: sync_decoder_give memory for the payload */
        SYNC_WHOLE = 2,       /* the frame is complete: sync_decoder_message */
};

/* Takes one frame in pieces of any size. Plain data; read the fields, don't write them. */
struct sync_decoder {
        uint8_t header[SYNC_HEADER_SIZE];
        uint8_t *payload;           /* borrowed from the caller */
        size_t have;                /* bytes of the header or, when that is complete, of the payload */
        int state;                  /* an enum sync_decode, or the -errno that it failed with, for good */
        unsigned type;              /* valid once the header is complete, as are the next two */
        uint32_t nfds;
        uint32_t length;
};

/* For the first frame and again for each next one. */
void sync_decoder_begin(struct sync_decoder *d);

/* How many bytes the frame still lacks at least: it is safe to read as many. 0 when whole, failed or without buffer. */
size_t sync_decoder_wanted(const struct sync_decoder *d);

/*
 * Takes up to n bytes and never one beyond the frame's end; *ret_used tells how many. Returns an enum
 * sync_decode. Errors, after which every call returns the same: -EPROTO (not a frame, unknown type, wrong number of
 * fds), -EPROTONOSUPPORT (another version), -EMSGSIZE (length or nfds beyond the limit).
 */
int sync_decoder_feed(struct sync_decoder *d, const void *buf, size_t n, size_t *ret_used, struct err *err);

/* The same without a copy: where the next sync_decoder_wanted bytes belong, and that n of them are there. */
void *sync_decoder_space(struct sync_decoder *d);
int sync_decoder_advance(struct sync_decoder *d, size_t n, struct err *err);

/* After SYNC_NEED_BUFFER: buf has room for d->length bytes and outlives the decoded message. */
void sync_decoder_give(struct sync_decoder *d, void *buf);

/*
 * The stream ended here. 0 between two frames (not one byte fed, or a whole frame), -EPROTO inside one, or the earlier failure.
 * The decoder has failed afterwards.
 */
int sync_decoder_eof(struct sync_decoder *d, struct err *err);

/*
 * After SYNC_WHOLE: the message, which borrows from the buffer given. Errors: -EPROTO with place "TYPE.field"; the
 * decoder has then failed.
 */
int sync_decoder_message(struct sync_decoder *d, struct sync_msg *ret_msg, struct err *err);

/*
 * Finds a whole START frame in a stream that anybody may write to (exec.fifo), whatever is around it. Feed it the stream in
 * pieces of any size, beginning with SYNC_FINDER_INIT. True once the last byte of a START came; the rest is not looked at.
 */
struct sync_finder {
        uint8_t last[SYNC_HEADER_SIZE]; /* the latest bytes, oldest first */
};
#define SYNC_FINDER_INIT ((struct sync_finder){{0}})
bool sync_finder_feed(struct sync_finder *f, const void *buf, size_t n);
