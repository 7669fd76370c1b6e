/*
 * Wrong values of every option of labrun, and wrong operands of every command, as tables. An option has one row, which
 * names a list of values; several may share one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a wrong value is like, and a part of the error. "@" in a value is the lab's folder. */
struct wrong_value {
        const char *value, *words;
};
#define LONG "@long" /* 5,000 bytes of path */

static const struct wrong_value number[] = {
        {"", "is no number of 0 to 1024"},       {"x", "\"x\" is no number"},   {"-1", "is no number"},
        {"+1", "is no number"},                  {" 1", "is no number"},        {"1 ", "is no number"},
        {"0x1", "is no number"},                 {"1.5", "is no number"},       {"1e3", "is no number"},
        {"1025", "is no number of 0 to 1024"},   {"4294967296", "is no number"}, {"18446744073709551616", "is no number"},
        {"1\n", "\"1?\" is no number"},          {LONG, "is no number"},        {NULL, NULL}};
static const struct wrong_value format[] = {{"", "is neither"},     {"xml", "\"xml\" is neither"},
                                            {"JSON", "is neither"}, {"json ", "is neither"},
                                            {"json\n", "\"json?\" is neither"}, {LONG, "is neither"}, {NULL, NULL}};
static const struct wrong_value yes_no[] = {{"", "is none of true, false, auto"},
                                            {"yes", "\"yes\" is none of"},
                                            {"1", "is none of"},
                                            {"True", "is none of"},
                                            {"auto\n", "is none of"},
                                            {NULL, NULL}};
static const struct wrong_value way[] = {{"", "is none of auto, bind, overlay, memfd"},
                                         {"none", "\"none\" is none of"},
                                         {"false", "is none of"},
                                         {"Bind", "is none of"},
                                         {"memfd,bind", "is none of"},
                                         {NULL, NULL}};
static const struct wrong_value root[] = {{"", "an empty path"},
                                          {LONG, "File name too long"},
                                          {"@/file", "Not a directory"},
                                          {"@/file/x", "Not a directory"},
                                          {NULL, NULL}};
static const struct wrong_value bundle[] = {{"", "an empty path"},
                                            {LONG, "File name too long"},
                                            {"@/nonexistent", "No such file"},
                                            {"@/file", "Not a directory"},
                                            {"@/a\nb", "a?b"},
                                            {"nonexistent", "No such file"},
                                            {NULL, NULL}};
static const struct wrong_value spec_bundle[] = {{"", "No such file"},
                                                 {LONG, "File name too long"},
                                                 {"@/nonexistent", "No such file"},
                                                 {"@/file", "Not a directory"},
                                                 {"@/bundle", "remove it from"},
                                                 {NULL, NULL}};
/* What is written to. */
static const struct wrong_value target[] = {{"", "No such file"},
                                            {LONG, "File name too long"},
                                            {"@/nonexistent/x", "No such file"},
                                            {"@/file/x", "Not a directory"},
                                            {"@/bundle", "s a directory"},
                                            {NULL, NULL}};
static const struct wrong_value log_target[] = {{"", "No such file"},
                                                {LONG, "File name too long"},
                                                {"@/nonexistent/x", "No such file"},
                                                {"@/file/x", "Not a directory"},
                                                {"@/bundle", "Is a directory"},
                                                {"@/fifo", "No such device or address"},
                                                {NULL, NULL}};
static const struct wrong_value socket_path[] = {{"", "there is no such socket"},
                                                 {LONG, "File name too long"},
                                                 {"@/nonexistent", "there is no such socket"},
                                                 {"@/file", "nobody listens there"},
                                                 {"@/bundle", "nobody listens there"},
                                                 {"@/fifo", "nobody listens there"},
                                                 {"@/dead", "nobody listens there"},
                                                 {"@/datagrams", "it is no stream socket"},
                                                 {NULL, NULL}};
static const struct wrong_value process_json[] = {{"", "No such file"},
                                                  {LONG, "File name too long"},
                                                  {"@/nonexistent", "No such file"},
                                                  {"@/bundle", "Is a directory"},
                                                  {"/dev/null", "not a regular file"},
                                                  {"@/fifo", "line 1 column 1"},
                                                  {"@/empty", "line 1 column 1"},
                                                  {"@/bad.json", "line 2 column 3"},
                                                  {"@/wrong.json", "/wrong.json#/args: expected an array"},
                                                  {NULL, NULL}};
static const struct wrong_value user[] = {
        {"", "is no number"},           {"root", "\"root\" is no number"},
        {":", "is no number"},          {"1:", "is no number"},
        {":1", "is no number"},         {"1:2:3", "\"2:3\" is no number"},
        {"-1", "is no number"},         {"4294967295", "is no number of 0 to 4294967294"},
        {"1:4294967295", "is no number"}, {"4294967296", "is no number"},
        {"0:x", "\"x\" is no number"},  {"01234567890123456789", "is not UID or UID:GID"},
        {"1\n", "\"1?\" is no number"}, {NULL, NULL}};
static const struct wrong_value gid[] = {{"", "is no number"},           {"wheel", "\"wheel\" is no number"},
                                         {"-1", "is no number"},         {"4294967295", "of 0 to 4294967294"},
                                         {"1,2", "\"1,2\" is no number"}, {NULL, NULL}};
static const struct wrong_value cwd[] = {{"", "is no absolute path"},
                                         {"bin", "\"bin\" is no absolute path"},
                                         {"../x", "is no absolute path"},
                                         {"/bin/busybox", "Not a directory"},
                                         {"/\xff", "is no UTF-8"},
                                         {NULL, NULL}};
static const struct wrong_value env[] = {{"", "invalid environment variable: \"\""},
                                         {"A", "invalid environment variable: \"A\""},
                                         {"=A", "invalid environment variable: \"=A\""},
                                         {"A=\xff", "is no UTF-8"},
                                         {NULL, NULL}};
static const struct wrong_value cap[] = {{"", "\"\" is no capability's name (CAP_...)"},
                                         {"KILL", "\"KILL\" is no capability's name"},
                                         {"cap_kill", "is no capability's name"},
                                         {"CAP_", "\"CAP_\" is no capability's name"},
                                         {"CAP_KILL,CAP_CHOWN", "is no capability's name"},
                                         {NULL, NULL}};
static const struct wrong_value no_cgroup[] = {{"/x", "the process is where the container's are"}, {NULL, NULL}};
static const struct wrong_value no_apparmor[] = {{"x", "does not support AppArmor"}, {NULL, NULL}};
static const struct wrong_value no_selinux[] = {{"x", "does not support SELinux"}, {NULL, NULL}};

/* Without an option before them. runc: its exit status where it differs, measured with 1.1.5; -1: not comparable. */
#define SAME (-2)
#define ID256 LONG_NAME LONG_NAME LONG_NAME LONG_NAME
#define LONG_NAME "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NEEDS_ID(command, operands)                                                                              \
        {{command}, 1, SAME, command ": needs " operands},                                                       \
        {{command, ""}, 1, SAME, "invalid container ID: 1 to 255 bytes"},                                        \
        {{command, "."}, 1, SAME, "invalid container ID"},                                                       \
        {{command, ".."}, 1, SAME, "..: invalid container ID"},                                                  \
        {{command, "a/b"}, 1, SAME, "a/b: invalid container ID: only [A-Za-z0-9_+.-]"},                          \
        {{command, "../a"}, 1, SAME, "../a: invalid container ID"},                                              \
        {{command, "a b"}, 1, SAME, "a b: invalid container ID"},                                                \
        {{command, "a\nb"}, 1, SAME, "a?b: invalid container ID"},                                               \
        {{command, "\xc3\xa4"}, 1, SAME, "invalid container ID"},                                                \
        {{command, ID256}, 1, SAME, "invalid container ID: 1 to 255 bytes"}
#define TAKES_ONE(command) {{command, "a", "b"}, 1, SAME, "b: one operand too many"}
#define IS_THERE(command) {{command, "nobody"}, 1, SAME, "nobody: container does not exist"}
static const struct operand_row {
        const char *args[6];
        int status, runc;
        const char *words;
} operands[] = {
        {{"nosuch"}, 3, SAME, "nosuch: unknown; labrun --help lists them"},
        {{"strat", "a"}, 3, SAME, "strat: unknown; did you mean start?"},
        {{"CREATE", "a"}, 3, SAME, "CREATE: unknown"},
        {{""}, 3, 0, "unknown"},
        {{"--", "nosuch"}, 3, SAME, "nosuch: unknown"},
        {{"-x"}, 1, SAME, "-x: unknown option"},
        NEEDS_ID("create", "ID"),
        TAKES_ONE("create"),
        NEEDS_ID("run", "ID"),
        TAKES_ONE("run"),
        NEEDS_ID("start", "ID"),
        TAKES_ONE("start"),
        IS_THERE("start"),
        NEEDS_ID("state", "ID"),
        TAKES_ONE("state"),
        IS_THERE("state"),
        NEEDS_ID("kill", "ID [SIGNAL]"),
        IS_THERE("kill"),
        {{"kill", "a", "TERM", "b"}, 1, SAME, "b: one operand too many"},
        {{"kill", "a", ""}, 1, SAME, "unknown signal"},
        {{"kill", "a", "SIG"}, 1, SAME, "SIG: unknown signal"},
        {{"kill", "a", "TREM"}, 1, SAME, "TREM: unknown signal; did you mean TERM?"},
        {{"kill", "a", "SIGKIL"}, 1, SAME, "did you mean KILL?"},
        {{"kill", "a", "65"}, 1, SAME, "65: unknown signal: a name as TERM or RTMIN+1, or 0 to 64"},
        {{"kill", "a", "4294967305"}, 1, SAME, "unknown signal"},
        {{"kill", "a", "9 "}, 1, SAME, "unknown signal"},
        {{"kill", "a", "RTMIN+31"}, 1, SAME, "unknown signal"},
        {{"kill", "a", "KILL\n"}, 1, SAME, "KILL?: unknown signal"},
        NEEDS_ID("delete", "ID"),
        TAKES_ONE("delete"),
        IS_THERE("delete"),
        {{"delete", "--force", "../a"}, 1, SAME, "invalid container ID"},
        NEEDS_ID("pause", "ID"),
        TAKES_ONE("pause"),
        IS_THERE("pause"),
        NEEDS_ID("resume", "ID"),
        TAKES_ONE("resume"),
        IS_THERE("resume"),
        NEEDS_ID("ps", "ID"),
        TAKES_ONE("ps"), /* runc hands them to ps(1) */
        IS_THERE("ps"),
        {{"exec"}, 1, SAME, "exec: needs ID [ARGUMENT...]"},
        {{"exec", "nobody"}, 255, SAME, "process args cannot be empty"},
        {{"exec", "nobody", "x"}, 255, SAME, "nobody: container does not exist"},
        {{"exec", "a/b", "x"}, 255, SAME, "a/b: invalid container ID"},
        {{"exec", "", "x"}, 255, SAME, "invalid container ID"},
        {{"exec", "--preserve-fds", "x", "a", "x"}, 1, SAME, "is no number"},
        {{"exec", "--additional-gids", "x", "a", "x"}, 255, 1, "is no number"}, /* found later here */
        {{"list", "x"}, 1, SAME, "x: one operand too many"},
        {{"spec", "x"}, 1, SAME, "x: one operand too many"},
        {{"features", "x"}, 1, SAME, "x: one operand too many"},
        {{"--log-format", "xml", "list"}, 1, SAME, "--log-format"},
        {{"--log", "/nonexistent/x", "list"}, 1, SAME, "/nonexistent/x"},
        {{"--log", "", "list"}, 1, 0, "--log: No such file"},        /* runc: none */
        {{"--rootless", "perhaps", "list"}, 1, 0, "--rootless"},     /* runc looks when it needs to know */
        {{"--root", "", "list"}, 1, -1, "--root: an empty path"},    /* runc: the working directory */
        {{"--debug=1", "list"}, 1, 0, "--debug=1: --debug takes no value"}, /* Go's flags do */
        {{"run", "--preserve-fds", "x", "a"}, 1, SAME, "--preserve-fds"},
        {{"run", "--preserve-fds", "x", "--preserve-fds=1", "a"}, 1, SAME, "--preserve-fds: \"x\""}, /* each is looked at */
        {{"run", "--bundle", "/nonexistent", "a"}, 1, SAME, "/nonexistent/config.json"},
        {{"list", "--format", "xml"}, 1, SAME, "--format"},
        {{"list", "--format", "json", "--format", "xml"}, 1, SAME, "--format"}, /* the last one counts */
        {{"list", "--format"}, 1, SAME, "--format: needs a value"},
};
#define N_OPERANDS (sizeof(operands) / sizeof(operands[0]))

/* FLAG: any value is wrong. NEVER: the flag itself is. */
static const struct wrong_value FLAG[] = {{NULL, NULL}};
#define NEVER(words) .never = (words), .values = FLAG

#define GLOBAL ""
static const struct option_row {
        const char *command, *option;
        const struct wrong_value *values;
        const char *never;
        bool terminal;       /* the config has one */
        const char *with[3]; /* what must stand beside it */
} rows[] = {
        {GLOBAL, "root", root},
        {GLOBAL, "log", log_target},
        {GLOBAL, "log-format", format},
        {GLOBAL, "debug", FLAG},
        {GLOBAL, "systemd-cgroup", NEVER("labrun makes its cgroups itself")},
        {GLOBAL, "rootless", yes_no},
        {GLOBAL, "exeseal", way},
        {GLOBAL, "version", FLAG},
        {GLOBAL, "help", FLAG},
        {"create", "bundle", bundle},
        {"create", "pid-file", target},
        {"create", "preserve-fds", number},
        {"create", "no-pivot", NEVER("pivot_root is what keeps the payload inside")},
        {"create", "no-new-keyring", FLAG},
        {"create", "console-socket", socket_path, .terminal = true},
        {"create", "pidfd-socket", socket_path},
        {"create", "help", FLAG},
        {"run", "bundle", bundle},
        {"run", "pid-file", target},
        {"run", "preserve-fds", number},
        {"run", "no-pivot", NEVER("pivot_root is what keeps the payload inside")},
        {"run", "no-new-keyring", FLAG},
        {"run", "console-socket", socket_path, .terminal = true, .with = {"--detach"}},
        {"run", "pidfd-socket", socket_path},
        {"run", "detach", FLAG},
        {"run", "keep", FLAG},
        {"run", "no-subreaper", FLAG},
        {"run", "help", FLAG},
        {"exec", "process", process_json},
        {"exec", "detach", FLAG},
        {"exec", "tty", FLAG},
        {"exec", "console-socket", socket_path, .with = {"--tty", "--detach"}},
        {"exec", "pidfd-socket", socket_path},
        {"exec", "pid-file", target},
        {"exec", "user", user},
        {"exec", "additional-gids", gid},
        {"exec", "cwd", cwd},
        {"exec", "env", env},
        {"exec", "cap", cap},
        {"exec", "preserve-fds", number},
        {"exec", "no-new-privs", FLAG},
        {"exec", "ignore-paused", FLAG},
        {"exec", "cgroup", no_cgroup},
        {"exec", "apparmor", no_apparmor},
        {"exec", "process-label", no_selinux},
        {"exec", "help", FLAG},
        {"ps", "format", format},
        {"ps", "help", FLAG},
        {"list", "format", format},
        {"list", "quiet", FLAG},
        {"list", "help", FLAG},
        {"kill", "all", FLAG},
        {"kill", "help", FLAG},
        {"delete", "force", FLAG},
        {"delete", "help", FLAG},
        {"spec", "bundle", spec_bundle},
        {"spec", "rootless", FLAG},
        {"spec", "help", FLAG},
        {"features", "help", FLAG},
        {"pause", "help", FLAG},
        {"resume", "help", FLAG},
        {"start", "help", FLAG},
        {"state", "help", FLAG},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
