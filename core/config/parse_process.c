/* "process": config.md, Process, POSIX process, Linux process and User. */
#include "core/config/parts.h"

typedef struct config_process process;
typedef __typeof__(CONFIG_MEMBER(process, user)) user;
typedef __typeof__(CONFIG_MEMBER(process, console_size)) console_size;
typedef __typeof__(CONFIG_MEMBER(process, io_priority)) io_priority;
typedef __typeof__(CONFIG_MEMBER(process, exec_cpu_affinity)) cpu_affinity;

static const struct config_field console_fields[] = {
        U32(console_size, "height", height, .required = true),
        U32(console_size, "width", width, .required = true),
};
static const struct config_schema schema_console = SCHEMA(console_size, console_fields, SET(console_size));

/* uid and gid are required by the text of the spec but not by its JSON schema, nor by runc: absent is 0. */
static const struct config_field user_fields[] = {
        U32(user, "uid", uid),
        U32(user, "gid", gid),
        OPT_U32(user, "umask", umask),
        U32S(user, "additionalGids", additional_gids),
};
static const struct config_schema schema_user = SCHEMA(user, user_fields);

static const struct config_field caps_fields[] = {
        STRINGS(struct config_caps, "bounding", bounding),
        STRINGS(struct config_caps, "effective", effective),
        STRINGS(struct config_caps, "inheritable", inheritable),
        STRINGS(struct config_caps, "permitted", permitted),
        STRINGS(struct config_caps, "ambient", ambient),
};
static const struct config_schema schema_caps =
        SCHEMA(struct config_caps, caps_fields, SET(struct config_caps));

static const struct config_field rlimit_fields[] = {
        STRING(struct config_rlimit, "type", type, .required = true),
        U64(struct config_rlimit, "soft", soft, .required = true),
        U64(struct config_rlimit, "hard", hard, .required = true),
};
static const struct config_schema schema_rlimit = SCHEMA(struct config_rlimit, rlimit_fields);

static const struct config_field scheduler_fields[] = {
        STRING(struct config_scheduler, "policy", policy, .required = true),
        OPT_I32(struct config_scheduler, "nice", nice),
        OPT_I32(struct config_scheduler, "priority", priority),
        STRINGS(struct config_scheduler, "flags", flags),
        OPT_U64(struct config_scheduler, "runtime", runtime),
        OPT_U64(struct config_scheduler, "deadline", deadline),
        OPT_U64(struct config_scheduler, "period", period),
};
static const struct config_schema schema_scheduler =
        SCHEMA(struct config_scheduler, scheduler_fields, SET(struct config_scheduler));

static const struct config_field io_priority_fields[] = {
        STRING(io_priority, "class", class_, .required = true),
        I32(io_priority, "priority", priority, .required = true),
};
static const struct config_schema schema_io_priority =
        SCHEMA(io_priority, io_priority_fields, SET(io_priority));

static const struct config_field affinity_fields[] = {
        STRING(cpu_affinity, "initial", initial),
        STRING(cpu_affinity, "final", final),
};
static const struct config_schema schema_affinity = SCHEMA(cpu_affinity, affinity_fields, SET(cpu_affinity));

static const struct config_field process_fields[] = {
        BOOL(process, "terminal", terminal),
        OBJECT(process, "consoleSize", console_size, console_size, &schema_console),
        OBJECT(process, "user", user, user, &schema_user),
        STRINGS(process, "args", args),
        STRINGS(process, "env", env),
        STRING(process, "cwd", cwd),
        OBJECT(process, "capabilities", capabilities, struct config_caps, &schema_caps),
        LIST(process, "rlimits", rlimits, struct config_rlimit, &schema_rlimit),
        BOOL(process, "noNewPrivileges", no_new_privileges),
        STRING(process, "apparmorProfile", apparmor_profile),
        STRING(process, "selinuxLabel", selinux_label),
        OPT_I32(process, "oomScoreAdj", oom_score_adj),
        OBJECT(process, "scheduler", scheduler, struct config_scheduler, &schema_scheduler),
        OBJECT(process, "ioPriority", io_priority, io_priority, &schema_io_priority),
        OBJECT(process, "execCPUAffinity", exec_cpu_affinity, cpu_affinity, &schema_affinity),
};
const struct config_schema config_schema_process = SCHEMA(process, process_fields, SET(process));
