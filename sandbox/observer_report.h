/*
 * What the observer tells: lines of JSON of what it inherited, in which each byte >= 0x80 of a string is the code point of that
 * number. In one static buffer: one line at a time.
 */
#pragma once

#include <stdint.h>

/* The payload's first line, to BUNDLE_REPORT, which stays open. Ends the process if that can't be written. */
void report_inherited(char **argv, char **envp);

/* A line for each of its steps. */
void report_step(const char *arg, int64_t result);

/* Looks at the fds, for the next report_hook, before anything is opened. */
void report_fds(void);

/* A hook's line is appended to the file. state: what it read from its stdin. 0 or -errno. */
int report_hook(const char *kind, const char *file, char **argv, char **envp, const char *state);
