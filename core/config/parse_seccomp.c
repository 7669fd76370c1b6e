/* "linux.seccomp": config-linux.md, Seccomp. */
#include "core/config/parts.h"

static const struct config_field arg_fields[] = {
        U32(struct config_seccomp_arg, "index", index, .required = true),
        U64(struct config_seccomp_arg, "value", value, .required = true),
        U64(struct config_seccomp_arg, "valueTwo", value_two),
        STRING(struct config_seccomp_arg, "op", op, .required = true),
};
static const struct config_schema schema_arg = SCHEMA(struct config_seccomp_arg, arg_fields);

typedef struct config_seccomp_rule rule;
static const struct config_field rule_fields[] = {
        STRINGS(rule, "names", names, .required = true),
        STRING(rule, "action", action, .required = true),
        OPT_U32(rule, "errnoRet", errno_ret),
        LIST(rule, "args", args, struct config_seccomp_arg, &schema_arg),
};
static const struct config_schema schema_rule = SCHEMA(rule, rule_fields);

typedef struct config_seccomp sec;
static const struct config_field seccomp_fields[] = {
        STRING(sec, "defaultAction", default_action, .required = true),
        OPT_U32(sec, "defaultErrnoRet", default_errno_ret),
        STRINGS(sec, "architectures", architectures),
        STRINGS(sec, "flags", flags),
        STRING(sec, "listenerPath", listener_path),
        STRING(sec, "listenerMetadata", listener_metadata),
        LIST(sec, "syscalls", syscalls, rule, &schema_rule),
};
const struct config_schema config_schema_seccomp = SCHEMA(sec, seccomp_fields, SET(sec));
