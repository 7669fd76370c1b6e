#include "sandbox/invariants.h"

#include <string.h>

static const struct invariant catalogue[INV__COUNT] = {
        { INV_SYNC_ROUNDTRIP, "SYNC-ROUNDTRIP",
          "decode(encode(m)) = m under any split, EINTR and EOF; a bad frame is a clean error",
          "the message that was encoded", "1", false, BASIS_OURS, "core/sync/sync_codec.h",
          "runc issue 4384; CVE-2021-43784" },
        { INV_SYNC_ORDER, "SYNC-ORDER",
          "messages come only in the order of the state machine; anything else ends in a clean error on both sides",
          "the tables of core/sync/sync_fsm.h against a model of both sides", "1 2", false, BASIS_OURS,
          "core/sync/sync.h",
          "runc issue 4171, runc PR 4183, runc PR 4192, runc issue 4384 (procError written to a closed pipe)" },
        { INV_SYNC_BOUNDED, "SYNC-BOUNDED",
          "whichever side dies, at whatever point, the other ends within its bound",
          "the bounds of core/base/limits.h", "1 2 3", false, BASIS_OURS, "core/base/limits.h",
          "runc PR 1698; runc issue 2586; runc PR 4599" },
        { INV_ERR_ONE, "ERR-ONE",
          "a failed start gives exactly one error, whole, through the runtime's own channel (once on stderr, and once "
          "in --log if given), and a non-zero exit",
          "stderr of every command, the log file and the exit codes; a foreign runtime's error just before execve may "
          "arrive on the container's stderr; how often it is said is our rule only",
          "2 3", true, BASIS_MAN, "runc(8) and crun(1), --log; sysexits of execve(2)",
          "runc issue 4171; runc issue 4384 (\"writing sync procError: file already closed\")" },
        { INV_ERR_STATE, "ERR-STATE",
          "success of create means that an init waits to be started; success of start means that execve succeeded "
          "(labrun; others are known to answer 0 for a late failure). A kill past execve's point of no return is the "
          "payload's death",
          "the state command and the payload's own report", "2 3", true, BASIS_SPEC,
          "runtime-spec runtime.md, Lifecycle", "runc issue 2183; runc issue 4384" },
        { INV_FD_EXACT, "FD-EXACT",
          "the payload has 0, 1, 2 and the preserved fds, each the same open file as at the runtime's entry; a number "
          "that was closed at entry stays closed or is refused",
          "device, inode, flags, offset and F_GETSIG mark of each fd, as made by the executor and as seen by the "
          "payload; where a foreground run relays, bytes are compared",
          "1 2 3", true, BASIS_MAN, "runc(8) --preserve-fds; crun(1) --preserve-fds; sd_listen_fds(3)",
          "CVE-2024-21626; CVE-2016-9962; runc commit f2f16213; runc issue 4294" },
        { INV_FD_HOST, "FD-HOST",
          "while init waits, it holds no fd to a host file or directory that the container could reach",
          "/proc/INIT/fd after create, excepted by name and count: stdio, preserved fds, O_PATH fifos", "2 3", true,
          BASIS_OURS, "CVE-2024-21626", "CVE-2024-21626; CVE-2016-9962; CVE-2025-24965" },
        { INV_OUT_EXACT, "OUT-EXACT",
          "at EOF and exit the reader has every byte, whenever it attached and however slowly it reads; EOF comes when "
          "the payload and its descendants end",
          "the bytes that the payload was told to write, and the moment of EOF", "2 3", true, BASIS_MAN,
          "pipe(7), write(2): stdio is inherited, or relayed whole", "runc issue 4384 (missing \"hello world\")" },
        { INV_STDIO_ALIVE, "STDIO-ALIVE",
          "0, 1 and 2 stay usable as pipes, files, sockets, /dev/null and pty for as long as the payload lives",
          "the result of each read and write of the payload", "2 3", true, BASIS_MAN, "pipe(7), write(2)",
          "runc issue 4384" },
        { INV_ENV_EXACT, "ENV-EXACT",
          "argv, env (order too), cwd, uid, gid, groups, umask, capabilities, rlimits, oom score and no_new_privs as "
          "configured; allowed: HOME when absent, LISTEN_*, NOTIFY_SOCKET. Signal mask empty and dispositions default: "
          "our rule; others are compared with the caller",
          "config.json and what the payload and its hooks report of themselves", "1 2 3", true, BASIS_SPEC,
          "runtime-spec config.md, process",
          "runc issue 4384 (FOO=injected); CVE-2022-29162, CVE-2022-27650 (inheritable caps); runc issue 4195 (rlimits)" },
        { INV_CWD_INSIDE, "CWD-INSIDE", "the working directory is inside the root filesystem",
          "the identity of . and its parents against the root's", "2 3", true, BASIS_SPEC,
          "runtime-spec config.md, process.cwd", "CVE-2024-21626" },
        { INV_EXE_SEALED, "EXE-SEALED",
          "the runtime's host binary can't be written from the container through any /proc/PID/exe",
          "a copy of the runtime's binary, before and after; attackers with and without CAP_SYS_ADMIN, in user namespaces",
          "3", true, BASIS_OURS, "CVE-2019-5736", "CVE-2019-5736; runc PR 3931" },
        { INV_HOST_UNCHANGED, "HOST-UNCHANGED",
          "nothing outside rootfs, state root and cgroup changes, whatever config or rootfs says",
          "canary files, devices, kernel settings, mounts and the owners of open files, before and after; what the payload "
          "reads of masked paths", "2 3", true, BASIS_SPEC,
          "runtime-spec config.md, Mounts (destination: path inside container); config-linux.md, Masked Paths",
          "CVE-2021-30465, CVE-2023-25809, CVE-2023-27561, CVE-2023-28642, CVE-2024-45310, CVE-2025-31133, CVE-2025-52565, "
          "CVE-2025-52881" },
        { INV_LIFE_MODEL, "LIFE-MODEL",
          "status follows creating, created, running, stopped; state tells it; operations in the wrong state fail and "
          "change nothing",
          "a model of the container's life; when hooks run, and what state they are told; pause, resume and delete --force by "
          "our rule only", "2 3", true, BASIS_SPEC,
          "runtime-spec runtime.md, State", "runc issue 4347" },
        { INV_CLEAN, "CLEAN",
          "after delete (or a failed create, or a kill -9 at any moment followed by delete --force) no process, mount, "
          "cgroup, state, temporary file or fd remains",
          "what the private surroundings hold before and after", "2 3", true, BASIS_SPEC,
          "runtime-spec runtime.md, Delete", "" },
        { INV_TIME_BOUND, "TIME-BOUND", "nothing hangs", "a wall clock", "2 3", true, BASIS_SPEC,
          "runtime-spec runtime.md, Operations: each one ends",
          "runc PR 1698; runc issue 5208" },
        { INV_EXIT_CODE, "EXIT-CODE", "the payload's code or 128+signal is passed on",
          "the exit code of a foreground run, the wait status of init otherwise", "2 3", true, BASIS_MAN,
          "runc-run(8), crun(1) run", "" },
        { INV_NO_CRASH, "NO-CRASH", "no input makes a runtime crash, panic or abort",
          "signals, panics and sanitizer reports", "1 2 3", true, BASIS_SPEC,
          "runtime-spec runtime.md, Create: what cannot be applied is an error",
          "CVE-2021-43784" },
        { INV_TIMING, "TIMING",
          "the same scenario under another legal schedule has the same outcome; if not, and every invariant above "
          "holds, the client assumed a timing, and the step that it failed to wait for is named",
          "the outcome under other schedules", "3", false, BASIS_OURS, "runc issue 4384", "runc issue 4384" },
};

const struct invariant *invariant_get(enum invariant_id number)
{
        return &catalogue[number];
}

const struct invariant *invariant_find(const char *id)
{
        for (int i = 0; i < INV__COUNT; i++)
                if (strcmp(catalogue[i].id, id) == 0)
                        return &catalogue[i];
        return NULL;
}

const char *invariant_basis_word(enum invariant_basis basis)
{
        static const char *const words[] = { "spec", "man page", "runc's behaviour", "ours" };

        return words[basis];
}
