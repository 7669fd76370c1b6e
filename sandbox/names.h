/* The names of config.json for what the kernel numbers: capabilities(7), setrlimit(2). Pure. */
#pragma once

/* "CAP_KILL": its number, -1 if unknown. */
int name_cap(const char *name);

/* "RLIMIT_CORE": its number, -1 if unknown. */
int name_rlimit(const char *name);
