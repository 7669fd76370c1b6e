/*
 * The bytes that a payload writes: 16-byte lines "SXXXXXXXXXXXXXX\n" with S the stream's letter and X the line's offset
 * in hex, so that a lost, doubled or mixed-in byte names its place. Shared by observer and executor.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PATTERN_LINE 16u

/* Byte number `at` of the stream of letter 'a' + fd. */
static inline unsigned char pattern_byte(int fd, uint64_t at)
{
        unsigned col = (unsigned)(at % PATTERN_LINE);

        if (col == 0)
                return (unsigned char)('a' + fd);
        if (col == PATTERN_LINE - 1)
                return '\n';
        return (unsigned char)"0123456789abcdef"[(at - col) >> (4 * (PATTERN_LINE - 2 - col)) & 15];
}

/* Bytes at..at+n-1 of the stream into buf. */
static inline void pattern_fill(int fd, uint64_t at, unsigned char *buf, size_t n)
{
        for (size_t i = 0; i < n; i++)
                buf[i] = pattern_byte(fd, at + i);
}
