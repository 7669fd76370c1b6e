/* The address of an AF_UNIX socket by its name: unix(7). */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

struct scoped_fd;
struct sys;

/*
 * For connect(2). path: a file system path of any length (what doesn't fit sun_path goes through /proc/self/fd), or "@NAME" of
 * the abstract namespace. *ret_pin is what the address refers to then, to be kept open until connected (-1 at first; the
 * caller's). -ENOENT: empty; -ENAMETOOLONG: an abstract name that doesn't fit; openat(2)'s of a long path.
 */
int unix_address(const struct sys *sys, const char *path, struct sockaddr_un *ret_addr, socklen_t *ret_len,
                 struct scoped_fd *ret_pin);

/* For bind(2): name, a short one, in the directory that dir_fd is, however long the way there is. -ENAMETOOLONG. */
int unix_address_at(int dir_fd, const char *name, struct sockaddr_un *ret_addr, socklen_t *ret_len);
