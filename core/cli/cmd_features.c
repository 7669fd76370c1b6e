/* labrun features: what it can do, runtime-spec 1.2 features.md, from the tables that parse and judge
 * config.json. */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/capability.h>

#include "core/base/err.h"
#include "core/cli/cli.h"
#include "core/config/config.h"
#include "core/container/mount_options.h"
#include "core/container/seccomp.h"
#include "core/container/state.h"
#include "core/sys.h"

enum { O_HELP, O_N };
static const struct opt_spec options[] = {[O_HELP] = {"help", 'h', NULL, "print this"}};

static json_t *words(enum config_words table)
{
        json_t *list = json_array();
        const char *word;

        for (size_t i = 0; (word = config_word(table, i)); i++)
                (void)json_array_append_new(list, json_string(word));
        return list;
}

static json_t *namespaces(void)
{
        json_t *list = json_array();

        for (int i = 0; i < CONFIG_NS__COUNT; i++)
                (void)json_array_append_new(list, json_string(config_ns_name((enum config_ns)i)));
        return list;
}

static json_t *architectures(void)
{
        json_t *list = json_array();
        const char *name;

        for (size_t i = 0; (name = seccomp_arch(i)); i++)
                (void)json_array_append_new(list, json_string(name));
        return list;
}

/* The subset of the flags that this kernel has: features-linux.md, supportedFlags. */
static json_t *supported_flags(const struct sys *sys)
{
        json_t *list = json_array();
        const char *word;

        for (size_t i = 0; (word = config_word(CONFIG_SECCOMP_FLAGS, i)); i++)
                if (seccomp_has_flag(sys, word))
                        (void)json_array_append_new(list, json_string(word));
        return list;
}

static json_t *mount_options(void)
{
        json_t *list = json_array();
        char buf[MOUNT_OPTION_MAX];

        for (size_t i = 0; mount_option_known(i, buf); i++)
                (void)json_array_append_new(list, json_string(buf));
        return list;
}

/* Those that libcap has a name for; what this kernel lacks is still recognised. */
static json_t *capabilities(void)
{
        json_t *list = json_array();

        for (int cap = 0; cap < 64; cap++) {
                char *name = cap_to_name(cap), upper[64] = "";
                for (size_t i = 0; name && name[i] && i < sizeof(upper) - 1; i++)
                        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
                if (strncmp(upper, "CAP_", 4) == 0) /* an unknown one is named by its number */
                        (void)json_array_append_new(list, json_string(upper));
                cap_free(name);
        }
        return list;
}

static json_t *seccomp(const struct sys *sys)
{
        return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "enabled", 1, "actions",
                         words(CONFIG_SECCOMP_ACTIONS), "operators", words(CONFIG_SECCOMP_OPERATORS), "archs",
                         architectures(), "knownFlags", words(CONFIG_SECCOMP_FLAGS), "supportedFlags",
                         supported_flags(sys));
}

static json_t *os(const struct sys *sys)
{
        return json_pack(
                "{s:o, s:o, s:{s:b, s:b, s:b, s:b, s:b}, s:o, s:{s:b}, s:{s:b}, s:{s:b}, s:{s:{s:b}}}",
                "namespaces", namespaces(), "capabilities", capabilities(), "cgroup", "v1", 1, "v2", 1,
                "systemd", 0, "systemdUser", 0, "rdma", 0, "seccomp", seccomp(sys), "apparmor", "enabled", 0,
                "selinux", "enabled", 0, "intelRdt", "enabled", 0, "mountExtensions", "idmap", "enabled", 1);
}

/* jansson's packing fails as a whole when one of its parts could not be made. */
static int run_features(struct cli *cli, struct err *err)
{
        json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:o, s:{s:s}}", "ociVersionMin", "1.0.0", "ociVersionMax",
                              STATE_OCI_VERSION, "hooks", words(CONFIG_HOOK_KINDS), "mountOptions",
                              mount_options(), "linux", os(cli->sys), "annotations",
                              "org.opencontainers.initlab.version", INITLAB_VERSION);
        char *text;
        size_t len;
        int r = state_render(cli->sys, o, JSON_INDENT(2), &text, &len, err);

        json_decref(o);
        if (r < 0)
                return r;
        r = cli_printf(cli->sys, 1, "%s\n", text);
        cli->sys->op->free(cli->sys, text);
        return r < 0 ? err_sys(err, r, "write", "standard output", "%s", "") : 0;
}

const struct cli_command cli_features = {.name = "features",
                                         .operands = "",
                                         .summary = "Print what labrun can do as JSON",
                                         .options = options,
                                         .n_options = O_N,
                                         .min_operands = 0,
                                         .max_operands = 0,
                                         .run = run_features};
