/* What /proc and init itself say of it, column by column of core/container/init_steps.h. */
#pragma once

#include "tests/labrun/hold.h"

/* The config's process; a user who has one id only is 0 and has no groups. */
#define SEEN_UID 5
#define SEEN_GID 6
#define SEEN_GROUP 7
#define SEEN_CWD "/tmp"
#define SEEN_OOM 100
#define SEEN_UMASK 0137
#define SEEN_LIMIT 64
#define SEEN_PRESERVE "2"    /* fd 3 is open, 4 is not */
#define SEEN_ROOT_MAP 800000 /* 0 of the user namespace that root makes */

struct seen_mode {
        char letter; /* of the tables */
        char made;   /* R, U, L or N: of the container that it is in */
        bool no_new_privs, terminal;
};

#define SEEN_TEXT 512
#define SEEN_MAX 8 /* columns of one table */

/* What labrun was before it ran: "labrun", "caller" and "inherited" in the tables. */
struct seen_caller {
        char status[8192], limits[4096], session[64], oom[32];
        dev_t cwd_dev;
        ino_t cwd_ino;
        bool known_keyring;
        long keyring;
};

struct seen {
        const struct seen_mode *mode;
        struct lab *lab;
        struct hold *hold; /* init */
        struct seen_caller caller;
};

/* Of the stopped labrun. */
void seen_take_caller(struct seen *s);

/* token is a cell of the table. What is there, and what that means: equal texts. */
struct seen_column {
        const char *name;
        void (*look)(struct seen *s, const char *token, char got[SEEN_TEXT], char wanted[SEEN_TEXT]);
};
/* In the order of the tables; the last one has no name. */
extern const struct seen_column seen_who[], seen_guards[], seen_places[];
