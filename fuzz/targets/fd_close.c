/* Targets: fds_inventory_take, fds_close_for_exec, fds_listen_count. Input: choices. */
#include "fuzz/target.h"

FUZZ_TARGET(fd_close)
