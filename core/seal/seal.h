/*
 * Sealing the runtime's own executable. init is a clone of labrun, and a container may get hold of its
 * executable through /proc/PID/exe (CVE-2019-5736). So labrun executes itself again, once, from a seal that
 * nothing can undo, before it does anything that a container could see. It never goes on without one.
 */
#pragma once

struct err;
struct sys;

enum seal_way { SEAL_AUTO, SEAL_BIND, SEAL_OVERLAY, SEAL_MEMFD, SEAL_WAY__COUNT };

/* The words of an option: "auto", "bind", "overlay", "memfd". 0, or -EINVAL and err without a place. */
int seal_way_parse(const char *word, enum seal_way *ret_way, struct err *err);

/*
 * Returns 0 if this process runs sealed: then it has nothing more open than before, and seal's mark is not in
 * envp any more. Otherwise seals by the ways that there are (SEAL_AUTO: bind, overlay, memfd, the first that
 * holds), and executes itself with the same argv, environment and fds: then it doesn't return. It returns
 * -errno if no way works, what was sealed doesn't hold, or /proc is no procfs; nothing is left open then.
 *
 * To be called before anything else is opened: fds of seal's own are CLOEXEC, but take free numbers for a
 * moment. A seal that was inherited is trusted if it can't be undone, whoever made it (see verdict.h).
 */
int seal_self(const struct sys *sys, enum seal_way way, char *const argv[], char **envp, struct err *err);
