/* Small files, whole. */
#pragma once

#include <stddef.h>

/* Reads at most size - 1 bytes; buf is always NUL-terminated, empty on failure. 0 or -errno. */
int text_read(const char *path, char *buf, size_t size);
