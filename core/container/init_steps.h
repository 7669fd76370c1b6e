/*
 * What init is at each step between its birth and the payload: the table that init.h speaks of, as data. core doesn't
 * include it; tests/labrun/test_steps.c holds a real init before each of these system calls, reads all of it back from
 * /proc, and fails where the two differ. Who changes init changes this table.
 *
 * A line holds for the inits that WHERE names by their letters, and WITH:
 *      R  of `create` and `run` as root, without a user namespace        r  of `exec` into such a container
 *      U  as root, with a new user namespace                             u
 *      L  of an ordinary user, who maps one id, the own one              l
 *      N  of an ordinary user, mapped by newuidmap and newgidmap         n
 *      with  any; priv: no_new_privs is false; nnp: it is true
 * "." is what the line before of the same init said. An init that joins a user or pid namespace by path is made by a
 * stage (stage.h), as exec's is: before CONFIG it is what r, u, l or n say of it.
 *
 * INIT_STEPS: in this order. A step ends with the first such system call after the step before. It is the state just
 * before that call which the tables tell; the payload's, just after the execve.
 *
 * INIT_WHO: ids are all four of them and of the group's, as the host counts.
 *      labrun  the caller's       root    0 of the user namespace
 *      config  process.user's, process.capabilities
 *      none    nothing            full    all that there are, in the new user namespace and nowhere else
 *      execve  what capabilities(7) makes of the config's
 *
 * INIT_GUARDS: who may look at it, what ends it, what it can't have any more.
 *      dumpable  PR_GET_DUMPABLE: yes, or no: then its files in /proc are the host's root's and nobody of its own ids can
 *                trace it. It is "yes" twice: in its first calls, still with what it inherited, where no process of the
 *                container is there yet; and for an ordinary user until the maps are written, for they could not be else.
 *                At `root` and `changed` it is what fs.suid_dumpable says, 0 or 2: no, both times.
 *      orphan    PR_GET_PDEATHSIG: KILL, or none: whoever changes the effective ids loses it, and gets it again with
 *                the next call but one; a parent that died in between is found when init says READY
 *      filter    seccomp. With a notify listener and no_new_privs it is there before `ready`
 *      signals   caller: as labrun's, and SIGPIPE ignored; clear: nothing blocked, ignored or handled
 *      umask, limits, oom  the caller's, the config's; either: the parent is about to write it
 *
 * INIT_PLACES:
 *      maps        host: in no other user namespace; none: in one whose ids are not mapped
 *      namespaces  that are not labrun's. clone3: mount, pid, ipc, uts, and network and user for all but R and r;
 *                  net: network, which the maker of netns.h has made for R; next_time: the time namespace of whoever it
 *                  executes
 *      cgroup      either: the parent is about to move it, before CONFIG. An ordinary user's container has none
 *      root, cwd   container: the rootfs; old: the host's root, which is not mounted anywhere any more
 *      session     own: with its terminal if process.terminal says so, which is 0 to 2 then, and with its keyring
 *      fds         but 0 to 2+N. inherited: labrun's; socket: to the parent, R's second one to the
 *                  maker of netns.h; channel: exec.fifo and error.fifo, exec has
 *                  pipes; error: error.fifo; root, host: the rootfs and the host's root, O_PATH; plug: on numbers of 0 to
 *                  2+N that were not open. Bind mounts whose ids are mapped are there until `rootfs`.
 */
#pragma once

/* clang-format off */

/*   step        system call    where     with  */
#define INIT_STEPS(STEP) \
STEP(born,       close_range,   RULNruln, any)  /* of clone3, in the new namespaces; for exec by the stage */ \
STEP(hello,      recvmsg,       RULNruln, any)  /* CONFIG */ \
STEP(configured, umask,         RULNruln, any)  /* has unshared what can't be made by clone3 */ \
STEP(asking,     sendmsg,       ULN,      any)  /* for its maps */ \
STEP(mapped,     setgroups,     ULNuln,   any)  \
STEP(root,       prctl,         ULNuln,   any)  /* protects itself again */ \
STEP(namespaces, sethostname,   RULN,     any)  /* joins the network's, and prepares the rootfs */ \
STEP(rootfs,     pivot_root,    RULN,     any)  /* after the createContainer hooks */ \
STEP(pivoted,    chdir,         RULN,     any)  /* the host's tree is detached */ \
STEP(inside,     setsid,        RULNruln, any)  /* everything is mounted, masked, read-only; the console is there */ \
STEP(settled,    setgroups,     RULNruln, any)  /* session, keyring, rlimits, bounding set, working directory */ \
STEP(changed,    prctl,         RULNruln, any)  /* protects itself again */ \
STEP(identity,   rt_sigaction,  RULNruln, any)  \
STEP(raised,     seccomp,       RULNruln, priv) \
STEP(filtered,   capset,        RULNruln, priv) \
STEP(dropped,    faccessat2,    RULNruln, any)  /* looks the executable up as who it will be */ \
STEP(ready,      sendmsg,       RULNruln, any)  /* READY */ \
STEP(waiting,    ppoll,         RULNruln, any)  /* for START; a created container is here */ \
STEP(started,    fcntl,         RULNruln, any)  /* after the startContainer hooks: closes what it has */ \
STEP(closed,     getcwd,        RULNruln, any)  \
STEP(executing,  execve,        RULNruln, any)  \
STEP(payload,    execve,        RULNruln, any)

/*   step        where     with  ids     groups  permitted effective inheritable ambient bounding */
#define INIT_WHO(WHO) \
WHO( born,       R,        any,  labrun, labrun, labrun,   labrun,   labrun,     labrun, labrun) \
WHO( born,       r,        any,  labrun, labrun, labrun,   labrun,   labrun,     labrun, labrun) \
WHO( born,       UL,       any,  labrun, labrun, full,     full,     none,       none,   full)   \
WHO( born,       N,        any,  labrun, labrun, full,     full,     none,       none,   full)   \
WHO( born,       u,        any,  labrun, none,   full,     full,     none,       none,   full)   \
WHO( born,       ln,       any,  labrun, labrun, full,     full,     none,       none,   full)   \
WHO( root,       UNun,     any,  root,   none,   .,        .,        .,          .,      .)      \
WHO( root,       Ll,       any,  root,   .,      .,        .,        .,          .,      .)      \
WHO( settled,    RULNruln, any,  .,      .,      .,        .,        .,          .,      config) \
WHO( changed,    RUNrun,   any,  config, config, .,        none,     .,          none,   .)      \
WHO( changed,    Ll,       any,  config, .,      .,        .,        .,          .,      .)      \
WHO( raised,     Rr,       priv, .,      .,      .,        labrun,   .,          .,      .)      \
WHO( raised,     ULNuln,   priv, .,      .,      .,        full,     .,          .,      .)      \
WHO( dropped,    RULNruln, any,  .,      .,      config,   config,   config,     config, .)      \
WHO( payload,    RULNruln, any,  .,      .,      execve,   execve,   .,          .,      .)

/*      step        where     with  dumpable orphan no_new_privs filter signals umask  limits oom    */
#define INIT_GUARDS(GUARD) \
GUARD(  born,       RULN,     any,  yes,     none,  no,          no,    caller, 0,      caller, either) \
GUARD(  born,       ruln,     any,  no,      none,  no,          no,    caller, 0,      caller, either) \
GUARD(  hello,      R,        any,  .,       .,     .,           .,     .,      .,      .,      caller)\
GUARD(  hello,      RU,       any,  no,      KILL,  .,           .,     .,      .,      .,      .)      \
GUARD(  hello,      LN,       any,  yes,     KILL,  .,           .,     .,      .,      .,      .)      \
GUARD(  hello,      ruln,     any,  no,      KILL,  .,           .,     .,      .,      .,      config) \
GUARD(  hello,      ULN,      any,  .,       .,     .,           .,     .,      .,      .,      config) \
GUARD(  mapped,     ULNuln,   any,  no,      .,     .,           .,     .,      .,      .,      .)      \
GUARD(  root,       Uu,       any,  .,       none,  .,           .,     .,      .,      .,      .)      \
GUARD(  namespaces, RULN,     any,  .,       KILL,  .,           .,     .,      .,      .,      config) \
GUARD(  inside,     ruln,     any,  .,       KILL,  .,           .,     .,      .,      .,      .)      \
GUARD(  settled,    RULNruln, any,  .,       .,     .,           .,     .,      .,      config, .)      \
GUARD(  changed,    RUNrun,   any,  .,       none,  .,           .,     .,      .,      .,      .)      \
GUARD(  identity,   RULNruln, any,  .,       KILL,  .,           .,     .,      config, .,      .)      \
GUARD(  raised,     RULNruln, priv, .,       .,     .,           .,     clear,  .,      .,      .)      \
GUARD(  filtered,   RULNruln, priv, .,       .,     .,           yes,   .,      .,      .,      .)      \
GUARD(  dropped,    RULNruln, any,  .,       .,     config,      .,     clear,  .,      .,      .)      \
GUARD(  ready,      RULNruln, any,  .,       none,  .,           .,     .,      .,      .,      .)      \
GUARD(  executing,  RULNruln, any,  .,       .,     .,           yes,   .,      .,      .,      .)      \
GUARD(  payload,    RULNruln, any,  yes,     .,     .,           .,     .,      .,      .,      .)

/*      step        where     with  maps    namespaces               cgroup     root       cwd        session fds */
#define INIT_PLACES(PLACE) \
PLACE(  born,       R,        any,  host,   clone3,                  either,    host,      caller,    labrun, inherited)   \
PLACE(  born,       ULN,      any,  none,   clone3,                  either,    host,      caller,    labrun, inherited)   \
PLACE(  born,       r,        any,  host,   clone3|net|cgroup|next_time|time, either, container, container, labrun, inherited) \
PLACE(  born,       uln,      any,  config, clone3|cgroup|next_time|time, either, container, container, labrun, inherited) \
PLACE(  hello,      R,        any,  .,      .,                       container, .,         .,         .,      plug|socket|socket) \
PLACE(  hello,      Uru,      any,  .,      .,                       container, .,         .,         .,      plug|socket) \
PLACE(  hello,      LNln,     any,  .,      .,                       labrun,      .,         .,         .,      plug|socket) \
PLACE(  configured, R,        any,  .,      clone3|cgroup|next_time, .,         .,         .,         .,      plug|socket|socket|channel) \
PLACE(  configured, ULN,      any,  .,      clone3|cgroup|next_time, .,         .,         .,         .,      plug|socket|channel) \
PLACE(  configured, ruln,     any,  .,      .,                       .,         .,         .,         .,      plug|socket|channel) \
PLACE(  mapped,     ULN,      any,  config, .,                       .,         .,         .,         .,      .)           \
PLACE(  rootfs,     RULN,     any,  .,      clone3|net|cgroup|next_time, .,         .,         container, .,      plug|socket|channel|root|host) \
PLACE(  pivoted,    RULN,     any,  .,      .,                       .,         container, old,       .,      .)           \
PLACE(  inside,     RULN,     any,  .,      .,                       .,         .,         container, .,      plug|socket|channel) \
PLACE(  settled,    RULNruln, any,  .,      .,                       .,         .,         config,    own,    .)           \
PLACE(  waiting,    RULNruln, any,  .,      .,                       .,         .,         .,         .,      plug|channel) \
PLACE(  closed,     RULNruln, any,  .,      .,                       .,         .,         .,         .,      error)       \
PLACE(  payload,    RULN,     any,  .,      clone3|net|cgroup|next_time|time, .,    .,         .,         .,      none)        \
PLACE(  payload,    ruln,     any,  .,      .,                       .,         .,         .,         .,      none)
/* clang-format on */
