/* What the kernel says about an executable, for verdict.h. */
#pragma once

struct err;
struct seal_facts;
struct sys;

/*
 * Asks about proc_fd/path: "self/exe", or "self/fd/N" of an executable that is to be started. proc_fd is the
 * root of a procfs. *ret_fd, the executable itself (O_PATH, CLOEXEC), is the caller's; NULL if it is not
 * wanted. Nothing is changed by asking. A question that can't be answered is no error: the answer is its
 * errno, and is no proof of anything.
 */
int seal_ask(const struct sys *sys, int proc_fd, const char *path, struct seal_facts *ret_facts, int *ret_fd,
             struct err *err);
