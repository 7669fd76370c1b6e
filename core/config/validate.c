/* config_validate: the top level and the helpers. */
#include "core/config/validate.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/nearest.h"
#include "core/config/parts.h"

#define UTS_NAME_MAX 64u /* __NEW_UTS_LEN of <linux/utsname.h> */

/* The place of what is wrong, made of a caller's variable arguments. */
#define FORMAT_PLACE(place, placefmt)                               \
        do {                                                        \
                va_list ap_;                                        \
                va_start(ap_, placefmt);                            \
                vsnprintf(place, sizeof(place), placefmt, ap_);     \
                va_end(ap_);                                        \
        } while (0)

int config_invalid(struct err *err, const char *msg, const char *placefmt, ...)
{
        char place[ERR_PLACE_MAX];

        FORMAT_PLACE(place, placefmt);
        return err_set(err, EINVAL, "validate", place, "%s", msg);
}

int config_invalid_text(struct err *err, const char *msg, const char *got, const char *placefmt, ...)
{
        char place[ERR_PLACE_MAX];

        FORMAT_PLACE(place, placefmt);
        return err_set(err, EINVAL, "validate", place, "%s: \"%s\"", msg, got);
}

int config_outside(struct err *err, int64_t got, int64_t min, int64_t max, const char *placefmt, ...)
{
        char place[ERR_PLACE_MAX];

        FORMAT_PLACE(place, placefmt);
        return err_set(err, EINVAL, "validate", place, "%lld is not in %lld..%lld", (long long)got,
                       (long long)min, (long long)max);
}

/* "chown" for CAP_CHOWN: what stands behind a prefix that all words of a list share, or the nearest. */
static const char *meant(const char *got, const char *const *list, size_t n)
{
        size_t len = strlen(got);

        for (size_t i = 0; len > 0 && i < n; i++) {
                size_t all = strlen(list[i]);
                if (all > len && list[i][all - len - 1] == '_' && strcasecmp(list[i] + all - len, got) == 0)
                        return list[i];
        }
        return nearest_word(got, list, n);
}

int config_unknown(struct err *err, const char *what, const char *got, const char *const *list, size_t n,
                   const char *placefmt, ...)
{
        const char *near = meant(got, list, n);
        char place[ERR_PLACE_MAX], all[ERR_MSG_MAX] = "";
        size_t at = 0;

        FORMAT_PLACE(place, placefmt);
        if (near)
                return err_set(err, EINVAL, "validate", place, "unknown %s \"%s\"; did you mean %s?", what, got,
                               near);
        for (size_t i = 0; i < n && at < sizeof(all); i++)
                at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s", i ? ", " : "", list[i]);
        return err_set(err, EINVAL, "validate", place, "unknown %s \"%.64s\"; known: %s", what, got, all);
}

int config_invalid_key(struct err *err, const char *msg, const char *prefix, const char *key)
{
        const struct config_at at = {NULL, key, 0};
        char place[2 * ERR_PLACE_MAX];
        int n = snprintf(place, sizeof(place), "%s", prefix);

        config_pointer(&at, place + n, sizeof(place) - (size_t)n);
        return err_set(err, EINVAL, "validate", place, "%s", msg);
}

bool config_is_one_of(const char *s, const char *const *list, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(s, list[i]) == 0)
                        return true;
        return false;
}

bool config_has_dotdot(const char *path)
{
        for (const char *p = path; (p = strstr(p, "..")); p += 2)
                if ((p == path || p[-1] == '/') && (p[2] == '\0' || p[2] == '/'))
                        return true;
        return false;
}

int config_validate_paths(const struct config_str_list *list, const char *place, struct err *err)
{
        for (size_t i = 0; i < list->n; i++)
                if (list->item[i][0] != '/')
                        return INVALID_TEXT(err, "the path is not absolute", list->item[i], "%s/%zu", place, i);
        return 0;
}

/* environ(7): a name that is not empty, '=', the value. runc refuses the others too. */
int config_validate_env(const struct config_str_list *list, const char *place, struct err *err)
{
        for (size_t i = 0; i < list->n; i++) {
                const char *eq = strchr(list->item[i], '=');
                if (!eq || eq == list->item[i])
                        return INVALID(err, "not of the form NAME=VALUE", "%s/%zu", place, i);
        }
        return 0;
}

/* user_namespaces(7): size 0 and ranges that wrap are refused by the kernel when the map is written. */
int config_validate_idmaps(const struct config_idmap_list *list, const char *place, struct err *err)
{
        for (size_t i = 0; i < list->n; i++) {
                const struct config_idmap *m = &list->item[i];
                if (m->size == 0)
                        return INVALID(err, "maps no id", "%s/%zu/size", place, i);
                if (m->container_id > UINT32_MAX - m->size || m->host_id > UINT32_MAX - m->size)
                        return INVALID(err, "the range goes beyond the last id", "%s/%zu/size", place, i);
        }
        return 0;
}

/* --- ociVersion: SemVer 2.0.0 --- */

/* A number without leading zeros. Returns what follows, NULL if there is none. */
static const char *semver_number(const char *s)
{
        if (!isdigit((unsigned char)*s) || (*s == '0' && isdigit((unsigned char)s[1])))
                return NULL;
        while (isdigit((unsigned char)*s))
                s++;
        return s;
}

/* Identifiers of [0-9A-Za-z-], joined by dots, none empty; numeric ones without leading zeros where so asked.
 */
static const char *semver_identifiers(const char *s, bool strict)
{
        for (;;) {
                const char *start = s;
                bool numeric = true;
                for (; isalnum((unsigned char)*s) || *s == '-'; s++)
                        numeric &= isdigit((unsigned char)*s) != 0;
                if (s == start || (strict && numeric && *start == '0' && s - start > 1))
                        return NULL;
                if (*s != '.')
                        return s;
                s++;
        }
}

static bool is_semver(const char *s)
{
        for (int i = 0; i < 3; i++) {
                s = semver_number(s);
                if (!s || (i < 2 && *s++ != '.'))
                        return false;
        }
        if (*s == '-')
                s = semver_identifiers(s + 1, true);
        if (s && *s == '+')
                s = semver_identifiers(s + 1, false);
        return s && !*s;
}

/* "compatibility within major versions": ours is 1. */
static int validate_version(const struct config *c, struct err *err)
{
        if (!c->oci_version)
                return INVALID(err, "is required", "/ociVersion");
        if (!is_semver(c->oci_version))
                return INVALID_TEXT(err, "not a version of the form MAJOR.MINOR.PATCH (SemVer 2.0.0)",
                                    c->oci_version, "/ociVersion");
        if (strncmp(c->oci_version, "1.", 2) != 0)
                return INVALID_TEXT(err, "only major version 1 of the runtime-spec is known", c->oci_version,
                                    "/ociVersion");
        return 0;
}

/* --- mounts --- */

static bool has_option(const struct config_mount *m, const char *const *names, size_t n)
{
        for (size_t i = 0; i < m->options.n; i++)
                if (config_is_one_of(m->options.item[i], names, n))
                        return true;
        return false;
}
#define HAS_OPTION(m, names) has_option(m, names, sizeof(names) / sizeof((names)[0]))

/* An id-mapped mount gets its mapping here or from the container's user namespace. */
static int validate_mount_idmap(const struct config *c, const struct config_mount *m, size_t i,
                                struct err *err)
{
        static const char *const idmap[] = {"idmap", "ridmap"};
        char place[64];
        int r;

        if (m->uid_mappings.n > 0 && m->gid_mappings.n == 0)
                return INVALID(err, "is required together with uidMappings", "/mounts/%zu/gidMappings", i);
        if (m->gid_mappings.n > 0 && m->uid_mappings.n == 0)
                return INVALID(err, "is required together with gidMappings", "/mounts/%zu/uidMappings", i);
        if (m->uid_mappings.n == 0 && HAS_OPTION(m, idmap) && !c->linux_.ns[CONFIG_NS_USER].set)
                return INVALID(err, "an id-mapped mount without mappings and without a user namespace",
                               "/mounts/%zu/options", i);
        snprintf(place, sizeof(place), "/mounts/%zu/uidMappings", i);
        r = config_validate_idmaps(&m->uid_mappings, place, err);
        if (r < 0)
                return r;
        snprintf(place, sizeof(place), "/mounts/%zu/gidMappings", i);
        return config_validate_idmaps(&m->gid_mappings, place, err);
}

static int validate_mount(const struct config *c, size_t i, struct err *err)
{
        static const char *const bind[] = {"bind", "rbind"};
        static const char *const change[] = {"remount", "shared",   "rshared",    "slave",      "rslave",
                                             "private", "rprivate", "unbindable", "runbindable"};
        const struct config_mount *m = &c->mounts.item[i];

        /* The spec's deprecated relative form is refused: whoever compares a destination with "/proc" relies
         * on it. */
        if (m->destination[0] != '/')
                return INVALID_TEXT(err, "the path is not absolute", m->destination, "/mounts/%zu/destination",
                                    i);
        if (HAS_OPTION(m, bind)) {
                if (!config_given(m->source))
                        return INVALID(err, "a bind mount needs its source", "/mounts/%zu/source", i);
        } else if (!config_given(m->type) && !HAS_OPTION(m, change)) {
                return INVALID(err, "is required for what is no bind mount", "/mounts/%zu/type", i);
        }
        return validate_mount_idmap(c, m, i, err);
}

/* --- hooks --- */

static int validate_hook(const struct config_hook *h, const char *kind, size_t i, struct err *err)
{
        char place[64];

        if (h->path[0] != '/')
                return INVALID_TEXT(err, "the path is not absolute", h->path, "/hooks/%s/%zu/path", kind, i);
        if (h->timeout.set && h->timeout.v <= 0)
                return OUTSIDE(err, h->timeout.v, 1, INT64_MAX, "/hooks/%s/%zu/timeout", kind, i);
        snprintf(place, sizeof(place), "/hooks/%s/%zu/env", kind, i);
        return config_validate_env(&h->env, place, err);
}

static int validate_hooks(const struct config_hooks *h, struct err *err)
{
        const struct {
                const char *kind;
                const struct config_hook_list *list;
        } all[] = {
                {"prestart", &h->prestart},
                {"createRuntime", &h->create_runtime},
                {"createContainer", &h->create_container},
                {"startContainer", &h->start_container},
                {"poststart", &h->poststart},
                {"poststop", &h->poststop},
        };
        int r = 0;

        for (size_t k = 0; r == 0 && k < sizeof(all) / sizeof(all[0]); k++)
                for (size_t i = 0; r == 0 && i < all[k].list->n; i++)
                        r = validate_hook(&all[k].list->item[i], all[k].kind, i, err);
        return r;
}

/* --- host name and domain name --- */

/* Without a uts namespace of the container's, sethostname(2) would rename the host. */
static int validate_uts(const struct config *c, const char *name, const char *place, struct err *err)
{
        if (!config_given(name))
                return 0;
        if (strlen(name) > UTS_NAME_MAX)
                return INVALID(err, "longer than the kernel's 64 bytes", "%s", place);
        if (!c->linux_.ns[CONFIG_NS_UTS].set)
                return INVALID(err, "needs a uts namespace", "%s", place);
        return 0;
}

/* labrun needs a process from create on: its init is a clone that will become it. */
int config_validate(const struct config *c, struct err *err)
{
        int r = validate_version(c, err);

        if (r < 0)
                return r;
        if (!c->root.set)
                return INVALID(err, "is required", "/root");
        if (!config_given(c->root.path))
                return INVALID(err, "is required", "/root/path");
        if (!c->process.set)
                return INVALID(err, "is required", "/process");
        r = config_validate_process(&c->process, err);
        for (size_t i = 0; r == 0 && i < c->mounts.n; i++)
                r = validate_mount(c, i, err);
        if (r == 0)
                r = validate_hooks(&c->hooks, err);
        if (r == 0)
                r = validate_uts(c, c->hostname, "/hostname", err);
        if (r == 0)
                r = validate_uts(c, c->domainname, "/domainname", err);
        for (size_t i = 0; r == 0 && i < c->annotations.n; i++)
                if (!*c->annotations.item[i].key)
                        r = INVALID(err, "a key is not empty", "/annotations/");
        if (r == 0)
                r = config_validate_linux(c, err);
        return r;
}
