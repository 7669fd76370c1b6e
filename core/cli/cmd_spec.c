/* labrun spec: the default config.json, which `labrun run` takes as it is. */
#include <errno.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/scope.h"
#include "core/cli/cli.h"
#include "core/cli/spec_rootless.h"
#include "core/sys.h"

/*
 * What `runc spec` writes, but "terminal": labrun makes none; and no ambient capabilities, which need the
 * inheritable set, whose default is empty (CVE-2022-29162).
 */
static const char default_config[] =
        "{\n"
        "\t\"ociVersion\": \"1.2.0\",\n"
        "\t\"process\": {\n"
        "\t\t\"terminal\": false,\n"
        "\t\t\"user\": {\n"
        "\t\t\t\"uid\": 0,\n"
        "\t\t\t\"gid\": 0\n"
        "\t\t},\n"
        "\t\t\"args\": [\n"
        "\t\t\t\"sh\"\n"
        "\t\t],\n"
        "\t\t\"env\": [\n"
        "\t\t\t\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
        "\t\t\t\"TERM=xterm\"\n"
        "\t\t],\n"
        "\t\t\"cwd\": \"/\",\n"
        "\t\t\"capabilities\": {\n"
        "\t\t\t\"bounding\": [\n"
        "\t\t\t\t\"CAP_AUDIT_WRITE\",\n"
        "\t\t\t\t\"CAP_KILL\",\n"
        "\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"
        "\t\t\t],\n"
        "\t\t\t\"effective\": [\n"
        "\t\t\t\t\"CAP_AUDIT_WRITE\",\n"
        "\t\t\t\t\"CAP_KILL\",\n"
        "\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"
        "\t\t\t],\n"
        "\t\t\t\"permitted\": [\n"
        "\t\t\t\t\"CAP_AUDIT_WRITE\",\n"
        "\t\t\t\t\"CAP_KILL\",\n"
        "\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"
        "\t\t\t]\n"
        "\t\t},\n"
        "\t\t\"rlimits\": [\n"
        "\t\t\t{\n"
        "\t\t\t\t\"type\": \"RLIMIT_NOFILE\",\n"
        "\t\t\t\t\"hard\": 1024,\n"
        "\t\t\t\t\"soft\": 1024\n"
        "\t\t\t}\n"
        "\t\t],\n"
        "\t\t\"noNewPrivileges\": true\n"
        "\t},\n"
        "\t\"root\": {\n"
        "\t\t\"path\": \"rootfs\",\n"
        "\t\t\"readonly\": true\n"
        "\t},\n"
        "\t\"hostname\": \"labrun\",\n"
        "\t\"mounts\": [\n"
        "\t\t{\n"
        "\t\t\t\"destination\": \"/proc\",\n"
        "\t\t\t\"type\": \"proc\",\n"
        "\t\t\t\"source\": \"proc\"\n"
        "\t\t},\n"
        "\t\t{\n"
        "\t\t\t\"destination\": \"/dev\",\n"
        "\t\t\t\"type\": \"tmpfs\",\n"
        "\t\t\t\"source\": \"tmpfs\",\n"
        "\t\t\t\"options\": [\n"
        "\t\t\t\t\"nosuid\",\n"
        "\t\t\t\t\"strictatime\",\n"
        "\t\t\t\t\"mode=755\",\n"
        "\t\t\t\t\"size=65536k\"\n"
        "\t\t\t]\n"
        "\t\t},\n"
        "\t\t{\n"
        "\t\t\t\"destination\": \"/dev/pts\",\n"
        "\t\t\t\"type\": \"devpts\",\n"
        "\t\t\t\"source\": \"devpts\",\n"
        "\t\t\t\"options\": [\n"
        "\t\t\t\t\"nosuid\",\n"
        "\t\t\t\t\"noexec\",\n"
        "\t\t\t\t\"newinstance\",\n"
        "\t\t\t\t\"ptmxmode=0666\",\n"
        "\t\t\t\t\"mode=0620\",\n"
        "\t\t\t\t\"gid=5\"\n"
        "\t\t\t]\n"
        "\t\t},\n"
        "\t\t{\n"
        "\t\t\t\"destination\": \"/dev/shm\",\n"
        "\t\t\t\"type\": \"tmpfs\",\n"
        "\t\t\t\"source\": \"shm\",\n"
        "\t\t\t\"options\": [\n"
        "\t\t\t\t\"nosuid\",\n"
        "\t\t\t\t\"noexec\",\n"
        "\t\t\t\t\"nodev\",\n"
        "\t\t\t\t\"mode=1777\",\n"
        "\t\t\t\t\"size=65536k\"\n"
        "\t\t\t]\n"
        "\t\t},\n"
        "\t\t{\n"
        "\t\t\t\"destination\": \"/dev/mqueue\",\n"
        "\t\t\t\"type\": \"mqueue\",\n"
        "\t\t\t\"source\": \"mqueue\",\n"
        "\t\t\t\"options\": [\n"
        "\t\t\t\t\"nosuid\",\n"
        "\t\t\t\t\"noexec\",\n"
        "\t\t\t\t\"nodev\"\n"
        "\t\t\t]\n"
        "\t\t},\n"
        "\t\t{\n"
        "\t\t\t\"destination\": \"/sys\",\n"
        "\t\t\t\"type\": \"sysfs\",\n"
        "\t\t\t\"source\": \"sysfs\",\n"
        "\t\t\t\"options\": [\n"
        "\t\t\t\t\"nosuid\",\n"
        "\t\t\t\t\"noexec\",\n"
        "\t\t\t\t\"nodev\",\n"
        "\t\t\t\t\"ro\"\n"
        "\t\t\t]\n"
        "\t\t},\n"
        "\t\t{\n"
        "\t\t\t\"destination\": \"/sys/fs/cgroup\",\n"
        "\t\t\t\"type\": \"cgroup\",\n"
        "\t\t\t\"source\": \"cgroup\",\n"
        "\t\t\t\"options\": [\n"
        "\t\t\t\t\"nosuid\",\n"
        "\t\t\t\t\"noexec\",\n"
        "\t\t\t\t\"nodev\",\n"
        "\t\t\t\t\"relatime\",\n"
        "\t\t\t\t\"ro\"\n"
        "\t\t\t]\n"
        "\t\t}\n"
        "\t],\n"
        "\t\"linux\": {\n"
        "\t\t\"resources\": {\n"
        "\t\t\t\"devices\": [\n"
        "\t\t\t\t{\n"
        "\t\t\t\t\t\"allow\": false,\n"
        "\t\t\t\t\t\"access\": \"rwm\"\n"
        "\t\t\t\t}\n"
        "\t\t\t]\n"
        "\t\t},\n"
        "\t\t\"namespaces\": [\n"
        "\t\t\t{\n"
        "\t\t\t\t\"type\": \"pid\"\n"
        "\t\t\t},\n"
        "\t\t\t{\n"
        "\t\t\t\t\"type\": \"network\"\n"
        "\t\t\t},\n"
        "\t\t\t{\n"
        "\t\t\t\t\"type\": \"ipc\"\n"
        "\t\t\t},\n"
        "\t\t\t{\n"
        "\t\t\t\t\"type\": \"uts\"\n"
        "\t\t\t},\n"
        "\t\t\t{\n"
        "\t\t\t\t\"type\": \"mount\"\n"
        "\t\t\t}\n"
        "\t\t],\n"
        "\t\t\"maskedPaths\": [\n"
        "\t\t\t\"/proc/acpi\",\n"
        "\t\t\t\"/proc/asound\",\n"
        "\t\t\t\"/proc/kcore\",\n"
        "\t\t\t\"/proc/keys\",\n"
        "\t\t\t\"/proc/latency_stats\",\n"
        "\t\t\t\"/proc/timer_list\",\n"
        "\t\t\t\"/proc/timer_stats\",\n"
        "\t\t\t\"/proc/sched_debug\",\n"
        "\t\t\t\"/sys/firmware\",\n"
        "\t\t\t\"/proc/scsi\"\n"
        "\t\t],\n"
        "\t\t\"readonlyPaths\": [\n"
        "\t\t\t\"/proc/bus\",\n"
        "\t\t\t\"/proc/fs\",\n"
        "\t\t\t\"/proc/irq\",\n"
        "\t\t\t\"/proc/sys\",\n"
        "\t\t\t\"/proc/sysrq-trigger\"\n"
        "\t\t]\n"
        "\t}\n"
        "}\n";

enum { O_BUNDLE, O_ROOTLESS, O_HELP, O_N };
static const struct opt_spec options[] = {
        [O_BUNDLE] = {"bundle", 'b', "DIR", "where to write config.json (default: the working directory)"},
        [O_ROOTLESS] = {"rootless", 0, NULL, "one for an ordinary user, whose ids it maps"},
        [O_HELP] = {"help", 'h', NULL, "print this"},
};

static int run(struct cli *cli, struct err *err)
{
        const struct sys *sys = cli->sys;
        const char *bundle = cli->value[O_BUNDLE] ? cli->value[O_BUNDLE] : ".";

        SCOPED_MEM text = {sys, NULL};
        size_t len = sizeof(default_config) - 1;
        if (cli->value[O_ROOTLESS]) {
                int made = spec_rootless(sys, default_config, len, (char **)&text.ptr, &len, err);
                if (made < 0)
                        return made;
        }
        SCOPED_FD dir = {sys, sys->op->openat(sys, AT_FDCWD, bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)};
        if (dir.fd < 0)
                return err_sys(err, dir.fd, "spec", "--bundle", "%.*s", ERR_PLACE_MAX, bundle);
        /* O_EXCL: a config that is there may be somebody's work */
        SCOPED_FD fd = {sys, sys->op->openat(sys, dir.fd, "config.json",
                                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
        if (fd.fd == -EEXIST)
                return err_set(err, EEXIST, "spec", "config.json", "remove it from %.*s first", ERR_PLACE_MAX, bundle);
        if (fd.fd < 0)
                return err_sys(err, fd.fd, "spec", "config.json", "%s", "");
        int r = io_write_all(sys, fd.fd, text.ptr ? text.ptr : default_config, len);
        if (r < 0) {
                (void)sys->op->unlinkat(sys, dir.fd, "config.json", 0);
                return err_sys(err, r, "spec", "config.json", "%s", "");
        }
        return 0;
}

const struct cli_command cli_spec = {.name = "spec",
                                     .operands = "",
                                     .summary = "Write a config.json to begin with",
                                     .options = options,
                                     .n_options = O_N,
                                     .min_operands = 0,
                                     .max_operands = 0,
                                     .run = run};
