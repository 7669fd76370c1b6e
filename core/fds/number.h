/* Strict decimal numbers, as they stand in LISTEN_FDS and /proc/self/fd. */
#pragma once

#include <errno.h>

/*
 * Returns the number, or -EINVAL: not digits only, empty, a leading zero; or -ERANGE: greater than max (>=
 * 0).
 */
static inline long fds_parse_number(const char *s, long max)
{
        long n = 0;
        int over = 0;

        if (*s == '\0' || (*s == '0' && s[1] != '\0'))
                return -EINVAL;
        for (; *s; s++) {
                if (*s < '0' || *s > '9')
                        return -EINVAL;
                int digit = *s - '0';
                if (over || n > (max - digit) / 10)
                        over = 1; /* go on: "9999x" is no number rather than one too large */
                else
                        n = n * 10 + digit;
        }
        return over ? -ERANGE : n;
}
