/*
 * config.json of the OCI runtime-spec 1.2 as typed structs.
 *
 * Purpose: turn untrusted bytes into something that the rest of core can use without looking at JSON again.
 * Ownership: `struct config` owns the JSON document and an arena; every pointer below borrows from them and
 *   is valid until config_free. Nothing is mutated after config_parse.
 * Strictness: types and ranges are exact (no string for a number, no 1.0 for an integer, uint32 ids, the whole
 *   uint64 range), duplicate keys, embedded NUL and depth are refused; unknown fields are ignored, as the spec
 *   says. A JSON null is an absent field, as in Go's encoding/json, which every known generator relies on.
 * Errors: err.place is the JSON pointer (RFC 6901) of the offending value, or of where a required one is missing. For
 *   what the text alone shows (syntax, duplicate keys, NUL, limits of base/limits.h) "line L column C", both from 1,
 *   columns in characters.
 * Source: https://github.com/opencontainers/runtime-spec v1.2, config.md, config-linux.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct sys;

/* Absent and present values are different things in the spec. */
struct opt_bool { bool set, v; };
struct opt_i32 { bool set; int32_t v; };
struct opt_i64 { bool set; int64_t v; };
struct opt_u16 { bool set; uint16_t v; };
struct opt_u32 { bool set; uint32_t v; };
struct opt_u64 { bool set; uint64_t v; };

struct config_str_list { const char **item; size_t n; };
struct config_u32_list { uint32_t *item; size_t n; };
struct config_kv { const char *key, *value; };
struct config_kv_list { struct config_kv *item; size_t n; };

struct config_root {
        bool set;
        const char *path;
        bool readonly;
};

struct config_mount {
        const char *destination; /* never NULL */
        const char *type;        /* may be NULL */
        const char *source;      /* may be NULL */
        struct config_str_list options;
        struct config_idmap_list { struct config_idmap *item; size_t n; } uid_mappings, gid_mappings;
};
struct config_idmap { uint32_t container_id, host_id, size; };
struct config_mount_list { struct config_mount *item; size_t n; };

struct config_rlimit {
        const char *type; /* "RLIMIT_NOFILE" */
        uint64_t soft, hard; /* RLIM_INFINITY is 2^64-1 */
};
struct config_rlimit_list { struct config_rlimit *item; size_t n; };

struct config_caps {
        bool set; /* the capabilities object is there; a set that is absent in it is empty */
        struct config_str_list bounding, effective, inheritable, permitted, ambient; /* "CAP_CHOWN" */
};

struct config_scheduler {
        bool set;
        const char *policy;
        struct opt_i32 nice, priority;
        struct config_str_list flags;
        struct opt_u64 runtime, deadline, period;
};

struct config_process {
        bool set;
        bool terminal;
        struct { bool set; uint32_t height, width; } console_size;
        struct {
                uint32_t uid, gid;
                struct opt_u32 umask;
                struct config_u32_list additional_gids;
        } user;
        struct config_str_list args, env;
        const char *cwd; /* may be NULL before validation */
        struct config_caps capabilities;
        struct config_rlimit_list rlimits;
        bool no_new_privileges;
        const char *apparmor_profile, *selinux_label;
        struct opt_i32 oom_score_adj;
        struct config_scheduler scheduler;
        struct { bool set; const char *class_; int32_t priority; } io_priority;
        struct { bool set; const char *initial, *final; } exec_cpu_affinity;
};

struct config_hook {
        const char *path; /* never NULL */
        struct config_str_list args, env;
        struct opt_i64 timeout; /* seconds, > 0 */
};
struct config_hook_list { struct config_hook *item; size_t n; };
struct config_hooks {
        struct config_hook_list prestart, create_runtime, create_container, start_container, poststart,
                poststop;
};

enum config_ns { CONFIG_NS_PID, CONFIG_NS_NETWORK, CONFIG_NS_MOUNT, CONFIG_NS_IPC, CONFIG_NS_UTS,
                 CONFIG_NS_USER, CONFIG_NS_CGROUP, CONFIG_NS_TIME, CONFIG_NS__COUNT };
struct config_namespace {
        bool set;         /* listed */
        const char *path; /* NULL: a new one */
        size_t index;     /* in /linux/namespaces, for error places */
};

struct config_device {
        char type; /* 'c' 'b' 'u' 'p' */
        const char *path;
        int64_t major, minor; /* 0 for 'p' */
        struct opt_u32 file_mode, uid, gid;
};
struct config_device_list { struct config_device *item; size_t n; };

struct config_device_rule {
        bool allow;
        char type; /* 'a' 'c' 'b' */
        struct opt_i64 major, minor; /* absent or -1: all */
        const char *access;          /* of "rwm"; NULL = all */
};
struct config_device_rule_list { struct config_device_rule *item; size_t n; };

struct config_resources {
        bool set;
        struct config_device_rule_list devices;
        struct {
                bool set;
                struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
                struct opt_u64 swappiness;
                struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
        } memory;
        struct {
                bool set;
                struct opt_u64 shares, period, burst, realtime_period;
                struct opt_i64 quota, realtime_runtime, idle;
                const char *cpus, *mems;
        } cpu;
        struct { bool set; int64_t limit; } pids;
        struct {
                bool set;
                struct opt_u16 weight, leaf_weight;
                struct { struct config_weight_device { int64_t major, minor;
                         struct opt_u16 weight, leaf_weight; } *item; size_t n; } weight_device;
                struct config_throttle_list { struct config_throttle { int64_t major, minor;
                         uint64_t rate; } *item; size_t n; } throttle_read_bps, throttle_write_bps,
                         throttle_read_iops, throttle_write_iops;
        } block_io;
        struct { struct config_hugepage { const char *page_size; uint64_t limit; } *item; size_t n; } hugepage;
        struct {
                bool set;
                struct opt_u32 class_id;
                struct { struct config_ifprio { const char *name; uint32_t priority; } *item; size_t n; }
                        priorities;
        } network;
        struct { struct config_rdma { const char *device; struct opt_u32 hca_handles, hca_objects; } *item;
                 size_t n; } rdma;
        struct config_kv_list unified;
};

struct config_seccomp_arg { uint32_t index; uint64_t value, value_two; const char *op; };
struct config_seccomp_rule {
        struct config_str_list names;
        const char *action;
        struct opt_u32 errno_ret;
        struct { struct config_seccomp_arg *item; size_t n; } args;
};
struct config_seccomp {
        bool set;
        const char *default_action;
        struct opt_u32 default_errno_ret;
        struct config_str_list architectures, flags;
        const char *listener_path, *listener_metadata;
        struct { struct config_seccomp_rule *item; size_t n; } syscalls;
};

struct config_time_offset { bool set; int64_t secs; uint32_t nanosecs; };

struct config_linux {
        bool set;
        struct config_namespace ns[CONFIG_NS__COUNT];
        struct config_idmap_list uid_mappings, gid_mappings;
        struct config_time_offset time_monotonic, time_boottime;
        struct config_device_list devices;
        const char *cgroups_path; /* may be NULL */
        struct config_resources resources;
        struct { bool set; const char *clos_id, *l3_cache_schema, *mem_bw_schema; bool enable_cmt, enable_mbm; }
                intel_rdt;
        struct config_kv_list sysctl;
        struct config_seccomp seccomp;
        const char *rootfs_propagation, *mount_label;
        struct config_str_list masked_paths, readonly_paths;
        struct { bool set; const char *domain; struct config_str_list flags; } personality;
};

struct config {
        const char *oci_version; /* may be NULL before validation */
        struct config_root root;
        struct config_process process;
        struct config_mount_list mounts;
        struct config_hooks hooks;
        const char *hostname, *domainname; /* may be NULL */
        struct config_kv_list annotations;
        struct config_linux linux_;
        struct config_store *store; /* private: the document and the arena */
};

/*
 * Parses len bytes of text (not NUL-terminated; copied as needed, not kept). On success *ret_config is owned by
 * the caller (config_free). Errors: -EINVAL (syntax, type), -ERANGE (number), -E2BIG (a limit of
 * base/limits.h), -ENOMEM.
 */
int config_parse(const struct sys *sys, const char *text, size_t len, struct config **ret_config,
                 struct err *err);

/* NULL-safe. */
void config_free(const struct sys *sys, struct config *config);

/* Whether it has the form of a capability's name (CAP_...), known or not. */
bool config_is_cap_name(const char *name);

/*
 * The rules that need no kernel, the spec's and those of the system call that a value goes to: ociVersion's form
 * and major version, root and process there, cwd absolute, args and their first item not empty, env items "K=V",
 * ids that mean an id, namespace paths absolute, what needs a namespace has it (mappings, hostname, time offsets,
 * masked paths, each sysctl), mount destinations absolute, rlimit names known, once each and soft <= hard, effective
 * capabilities within the permitted, devices with numbers that fit dev_t, device rules of "rwm", ...
 * Not refused: a capability that only a newer kernel knows; the spec wants a warning from whoever applies it.
 * Errors: -EINVAL with the pointer.
 */
int config_validate(const struct config *config, struct err *err);

/*
 * Refuses (-ENOTSUP, with the pointer) what the spec allows and labrun does not do yet, so that nothing is
 * ever silently ignored. Device rules are accepted. "" and an empty list ask for nothing.
 */
int config_refuse_unsupported(const struct config *config, struct err *err);

/*
 * The words that config.json may have in some places, from the tables that judge them: the i-th, NULL past the last. What of it
 * this kernel or library lacks is another question.
 */
enum config_words { CONFIG_HOOK_KINDS, CONFIG_SECCOMP_ACTIONS, CONFIG_SECCOMP_OPERATORS, CONFIG_SECCOMP_FLAGS };
const char *config_word(enum config_words table, size_t i);

/* The name used in config.json for a namespace type ("network") and its CLONE_NEW* flag. */
const char *config_ns_name(enum config_ns ns);
uint64_t config_ns_flag(enum config_ns ns);
