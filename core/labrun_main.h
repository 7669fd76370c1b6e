/* labrun as a function: everything but the process around it. */
#pragma once

struct sys;

/*
 * Runs one command line. envp is the environment (NULL-terminated). Returns the exit status: that of the
 * command as runc has it (0, 1, 3 for an unknown command; the payload's code, or 128 + its signal, for a
 * foreground run). Messages go to fd 2, output to fd 1, of sys. Expects to be alone in its process: it
 * changes signal dispositions and the umask.
 */
int labrun_main(const struct sys *sys, int argc, char **argv, char **envp);
