/*
 * The error of initlab's core: a fixed-size value owned by the caller, which never allocates and can
 * travel the sync socket whole.
 *
 * Convention: a function that can fail returns 0 (or a count) or -errno, takes `struct err *` as its last
 * parameter, and on failure has filled it exactly once. `ret_` outputs are untouched on failure.
 * A NULL err is allowed: then only the return value tells.
 */
#pragma once

#include <stdarg.h>

#define ERR_STEP_MAX 32   /* bytes, with the NUL */
#define ERR_PLACE_MAX 256 /* bytes, with the NUL */
#define ERR_MSG_MAX 512   /* bytes, with the NUL */

/* Why a file could not be executed: what engines tell from the text, told apart for programs. */
enum err_class {
        ERR_CLASS_NONE,       /* no such error */
        ERR_CLASS_NOT_FOUND,  /* it, its interpreter or its loader is not there */
        ERR_CLASS_PERMISSION, /* it is there, and the user may not execute it */
        ERR_CLASS_FORMAT,     /* the kernel knows no such format */
        ERR_CLASS_DIRECTORY,  /* it is a directory */
        ERR_CLASS__COUNT
};

struct err {
        int errnum;                /* positive errno; 0 = no error */
        enum err_class cls;        /* of a failed execve or the look-up for it */
        char step[ERR_STEP_MAX];   /* what was being done: "parse", "mount", "execve" ...; never empty */
        char place[ERR_PLACE_MAX]; /* where: a JSON pointer, path, option, "line 3 column 7"; may be empty */
        char msg[ERR_MSG_MAX];     /* one line for people, without the place and the errno's text */
};

#define ERR_INIT ((struct err){0})

/*
 * Fills *err and returns -errnum. Texts that do not fit are cut at a UTF-8 boundary and end in "...".
 * Control characters, which could forge a second line in a log, are replaced by '?'.
 * errnum must be positive. place may be NULL.
 */
int err_set(struct err *err, int errnum, const char *step, const char *place, const char *fmt, ...)
        __attribute__((format(printf, 5, 6)));
int err_setv(struct err *err, int errnum, const char *step, const char *place, const char *fmt, va_list ap)
        __attribute__((format(printf, 5, 0)));

/*
 * The short form for a system call that answered -errno: the errno's own text is the message's end.
 * rc is negative; returns rc.
 */
int err_sys(struct err *err, int rc, const char *step, const char *place, const char *fmt, ...)
        __attribute__((format(printf, 5, 6)));

/*
 * An error about executing a file: place is its name, msg the whole text. err_format then writes what engines look for
 * (step: "place": msg), without the errno's text. Returns -errnum.
 */
int err_set_class(struct err *err, int errnum, enum err_class cls, const char *step, const char *place,
                  const char *msg);

/*
 * Puts prefix and the given place in front of an existing place ("" stays ""): for callers who know more
 * about where they are. Returns -err->errnum (-1 for NULL).
 */
int err_prefix(struct err *err, const char *prefix);

/*
 * Renders "step: place: msg: strerror" (without empty parts; the form of err_set_class for an error with a class) into
 * buf; always NUL-terminated.
 */
const char *err_format(const struct err *err, char *buf, unsigned long size);

/* The text for an errno in the kernel's words ("No such file or directory"); never NULL, never allocates. */
const char *err_text(int errnum);
