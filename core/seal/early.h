/*
 * labrun's entry point labrun_early (x86-64, release builds): a first seal before the C library starts. See early.c.
 */
#pragma once

/* The commands that seal: those of the command line's tables that say so (a test compares). At most 7 bytes. */
#define SEAL_EARLY_COMMANDS "create", "exec", "run", "start"

/* words: what the kernel puts on the stack of a new program: argc, argv, NULL, envp, NULL. Returns if it did nothing. */
void seal_early(char *const words[]);
