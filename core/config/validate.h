/*
 * What the files of the validator share. Each judges a part of the struct; none looks at JSON or at the kernel.
 * The rules are the spec's (config.md, config-linux.md, v1.2), or those of the system call or kernel file that the
 * value goes to, where a value can't work or would reach outside the container; each says which.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/config/config.h"

struct err;

/* -EINVAL, step "validate"; the place is made of placefmt and its arguments. */
#define INVALID(err, msg, ...) config_invalid(err, msg, __VA_ARGS__)
int config_invalid(struct err *err, const char *msg, const char *placefmt, ...)
        __attribute__((format(printf, 3, 4)));
/* The same of a text or a number that can't be: "MSG: "GOT"", and "GOT is not in MIN..MAX". */
#define INVALID_TEXT(err, msg, got, ...) config_invalid_text(err, msg, got, __VA_ARGS__)
int config_invalid_text(struct err *err, const char *msg, const char *got, const char *placefmt, ...)
        __attribute__((format(printf, 4, 5)));
#define OUTSIDE(err, got, min, max, ...) config_outside(err, got, min, max, __VA_ARGS__)
int config_outside(struct err *err, int64_t got, int64_t min, int64_t max, const char *placefmt, ...)
        __attribute__((format(printf, 5, 6)));
/* The same of a word that is none of the list: "unknown WHAT "GOT"", with the nearest that there is, or all. */
#define UNKNOWN(err, what, got, list, ...) \
        config_unknown(err, what, got, list, sizeof(list) / sizeof((list)[0]), __VA_ARGS__)
int config_unknown(struct err *err, const char *what, const char *got, const char *const *list, size_t n,
                   const char *placefmt, ...) __attribute__((format(printf, 6, 7)));
/* The same for a key of a map: the place is prefix, a slash and the key, escaped. */
int config_invalid_key(struct err *err, const char *msg, const char *prefix, const char *key);

bool config_is_one_of(const char *s, const char *const *list, size_t n);
#define ONE_OF(s, list) config_is_one_of(s, list, sizeof(list) / sizeof((list)[0]))

/* Every item absolute, or "K=V"; place is the list's pointer. */
int config_validate_paths(const struct config_str_list *list, const char *place, struct err *err);
int config_validate_env(const struct config_str_list *list, const char *place, struct err *err);
/* Ranges of one mapping; place as above. */
int config_validate_idmaps(const struct config_idmap_list *list, const char *place, struct err *err);
/* A path that is joined to another one: no ".." component. */
bool config_has_dotdot(const char *path);

static inline bool config_given(const char *s)
{
        return s && *s;
}

int config_validate_process(const struct config_process *process, struct err *err);
int config_validate_linux(const struct config *config, struct err *err);
int config_validate_resources(const struct config_resources *resources, struct err *err);
int config_validate_seccomp(const struct config_seccomp *seccomp, struct err *err);
/* config_word for the tables of validate_seccomp.c. */
const char *config_seccomp_word(enum config_words table, size_t i);
