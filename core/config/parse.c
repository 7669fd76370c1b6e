/* config.json's top level: config.md of the runtime-spec but for "process". */
#include <errno.h>

#include "core/base/err.h"
#include "core/config/parts.h"
#include "core/config/validate.h"
#include "core/sys.h"

static const struct config_field root_fields[] = {
        STRING(struct config_root, "path", path),
        BOOL(struct config_root, "readonly", readonly),
};
static const struct config_schema schema_root_fs =
        SCHEMA(struct config_root, root_fields, SET(struct config_root));

static const struct config_field mount_fields[] = {
        STRING(struct config_mount, "destination", destination, .required = true),
        STRING(struct config_mount, "type", type),
        STRING(struct config_mount, "source", source),
        STRINGS(struct config_mount, "options", options),
        LIST(struct config_mount, "uidMappings", uid_mappings, struct config_idmap, &config_schema_idmap),
        LIST(struct config_mount, "gidMappings", gid_mappings, struct config_idmap, &config_schema_idmap),
};
static const struct config_schema schema_mount = SCHEMA(struct config_mount, mount_fields);

static const struct config_field hook_fields[] = {
        STRING(struct config_hook, "path", path, .required = true),
        STRINGS(struct config_hook, "args", args),
        STRINGS(struct config_hook, "env", env),
        OPT_I64(struct config_hook, "timeout", timeout),
};
static const struct config_schema schema_hook = SCHEMA(struct config_hook, hook_fields);

#define HOOKS(key, m) LIST(struct config_hooks, key, m, struct config_hook, &schema_hook)
static const struct config_field hooks_fields[] = {
        HOOKS("prestart", prestart),
        HOOKS("createRuntime", create_runtime),
        HOOKS("createContainer", create_container),
        HOOKS("startContainer", start_container),
        HOOKS("poststart", poststart),
        HOOKS("poststop", poststop),
};
static const struct config_schema schema_hooks = SCHEMA(struct config_hooks, hooks_fields);

const char *config_word(enum config_words table, size_t i)
{
        if (table == CONFIG_HOOK_KINDS)
                return i < schema_hooks.n ? hooks_fields[i].name : NULL;
        return config_seccomp_word(table, i);
}

static const struct config_field config_fields[] = {
        STRING(struct config, "ociVersion", oci_version),
        OBJECT(struct config, "root", root, struct config_root, &schema_root_fs),
        OBJECT(struct config, "process", process, struct config_process, &config_schema_process),
        LIST(struct config, "mounts", mounts, struct config_mount, &schema_mount),
        OBJECT(struct config, "hooks", hooks, struct config_hooks, &schema_hooks),
        STRING(struct config, "hostname", hostname),
        STRING(struct config, "domainname", domainname),
        PAIRS(struct config, "annotations", annotations),
        OBJECT(struct config, "linux", linux_, struct config_linux, &config_schema_linux),
};
const struct config_schema config_schema_top = SCHEMA(struct config, config_fields);

static void store_free(struct config_store *store)
{
        json_decref(store->document);
        config_arena_free(&store->arena);
}

int config_parse(const struct sys *sys, const char *text, size_t len, struct config **ret_config,
                 struct err *err)
{
        struct config_store *store, first = {.arena = {.sys = sys}};
        struct config *config;
        int r = config_document_read(sys, text, len, &first.document, err);

        if (r < 0)
                return r;
        config = config_arena_alloc(&first.arena, sizeof(*config));
        store = config_arena_alloc(&first.arena, sizeof(*store));
        if (!config || !store) {
                store_free(&first);
                return err_set(err, ENOMEM, "parse", "line 1 column 1", "no memory for the config");
        }
        struct config_reader reader = {&first.arena, err};
        r = config_read_object(&reader, NULL, first.document, &config_schema_top, config);
        if (r < 0) {
                store_free(&first);
                return r;
        }
        *store = first;
        config->store = store;
        *ret_config = config;
        return 0;
}

void config_free(const struct sys *sys, struct config *config)
{
        if (!config)
                return;
        config->store->arena.sys = sys; /* the caller's now, not that of the parse */
        store_free(config->store);
}
