#include "tests/labrun/hold.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#define BOUND_S 60
#define SCRATCH 512 /* below the stack pointer, and below what the ABI lets a function use there */
#define OPTIONS                                                                                \
        (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | \
         PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)

void hold_wait(void)
{
        raise(SIGSTOP);
}

static void interrupt(int sig)
{
        (void)sig;
}

/* The next stop or end of one tracee; the alarm makes of a hang a failure. */
static int next(pid_t pid)
{
        const struct sigaction action = {.sa_handler = interrupt};
        int status;

        sigaction(SIGALRM, &action, NULL);
        alarm(BOUND_S);
        pid_t got = waitpid(pid, &status, __WALL);
        alarm(0);
        assert_int_equal(got, pid);
        return status;
}

static int event_of(int status)
{
        return WIFSTOPPED(status) ? status >> 16 : 0;
}

static bool makes_process(int event)
{
        return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE;
}

/* A signal on its way to the tracee; stops that ptrace itself makes carry none. */
static int signal_of(int status)
{
        int sig = WSTOPSIG(status);

        return event_of(status) || sig == (SIGTRAP | 0x80) ? 0 : sig;
}

void hold_stopped(pid_t labrun)
{
        int status;

        assert_int_equal(waitpid(labrun, &status, WUNTRACED), labrun);
        assert_true(WIFSTOPPED(status));
}

static void go(int request, pid_t pid, int sig)
{
        assert_true(ptrace(request, pid, NULL, (void *)(long)sig) == 0 || errno == ESRCH);
}

void hold_begin(struct hold *h, pid_t labrun, int helpers, int nth)
{
        pid_t maker = labrun; /* of the next process: the last one that was made has its turn */
        unsigned long made;
        int status;

        *h = (struct hold){.labrun = labrun, .pid = -1};
        assert_int_equal(ptrace(PTRACE_SEIZE, labrun, NULL, (void *)(long)OPTIONS), 0);
        kill(labrun, SIGCONT);
        while (nth > 0) {
                status = next(maker);
                if (!WIFSTOPPED(status))
                        fail_msg("%d ended with status %x before it made init", (int)maker, (unsigned)status);
                if (!makes_process(event_of(status))) {
                        go(PTRACE_CONT, maker, signal_of(status) == SIGSTOP ? 0 : signal_of(status));
                        continue;
                }
                assert_int_equal(ptrace(PTRACE_GETEVENTMSG, maker, NULL, &made), 0);
                assert_int_equal(event_of(next((pid_t)made)), PTRACE_EVENT_STOP);
                if (helpers-- > 0) {
                        go(PTRACE_DETACH, (pid_t)made, 0);
                        go(PTRACE_CONT, maker, 0);
                        continue;
                }
                go(PTRACE_DETACH, maker, 0);
                maker = (pid_t)made;
                if (--nth > 0)
                        go(PTRACE_CONT, maker, 0);
        }
        h->pid = maker;
}

/* One system call's entry or exit further. */
static bool step(struct hold *h)
{
        int sig = 0;

        for (;;) {
                go(PTRACE_SYSCALL, h->pid, sig);
                int status = next(h->pid);
                if (!WIFSTOPPED(status)) {
                        print_message("init ended: status %x\n", (unsigned)status);
                        h->pid = -1;
                        return false;
                }
                if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
                        h->entered = !h->entered;
                        return true;
                }
                if (event_of(status) == PTRACE_EVENT_EXEC)
                        h->execed = true;
                if (makes_process(event_of(status))) { /* a hook, a helper */
                        unsigned long made;
                        assert_int_equal(ptrace(PTRACE_GETEVENTMSG, h->pid, NULL, &made), 0);
                        assert_int_equal(event_of(next((pid_t)made)), PTRACE_EVENT_STOP);
                        go(PTRACE_DETACH, (pid_t)made, 0);
                }
                sig = signal_of(status);
        }
}

void hold_end(struct hold *h)
{
        if (h->pid > 0)
                go(PTRACE_DETACH, h->pid, 0);
        h->pid = -1;
}

#ifdef __x86_64__
bool hold_can(void)
{
        return true;
}

static struct user_regs_struct registers(const struct hold *h)
{
        struct user_regs_struct r;

        assert_int_equal(ptrace(PTRACE_GETREGS, h->pid, NULL, &r), 0);
        return r;
}

bool hold_until(struct hold *h, long number)
{
        bool payload = number == SYS_execve && h->entered && (long)registers(h).orig_rax == number;

        while (step(h) && (payload || !h->execed))
                if (h->entered && (payload ? h->execed : (long)registers(h).orig_rax == number))
                        return true;
        return false;
}

long hold_call(struct hold *h, long number, long a, long b, long c)
{
        struct user_regs_struct saved = registers(h), r = saved;

        assert_true(h->entered);
        r.orig_rax = (unsigned long)number;
        r.rdi = (unsigned long)a;
        r.rsi = (unsigned long)b;
        r.rdx = (unsigned long)c;
        r.r10 = r.r8 = 0;
        assert_int_equal(ptrace(PTRACE_SETREGS, h->pid, NULL, &r), 0);
        assert_true(step(h));
        long answer = (long)registers(h).rax;
        /* back to the instruction, for its own call */
        r = saved;
        r.rip -= 2;
        r.rax = saved.orig_rax;
        r.orig_rax = ~0UL;
        assert_int_equal(ptrace(PTRACE_SETREGS, h->pid, NULL, &r), 0);
        assert_true(step(h));
        assert_int_equal(registers(h).orig_rax, saved.orig_rax);
        return answer;
}

long hold_call_int(struct hold *h, long number, long a)
{
        long at = (long)(registers(h).rsp & ~15UL) - SCRATCH, answer = hold_call(h, number, a, at, 0);

        if (answer < 0)
                return answer;
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, h->pid, (void *)at, NULL);
        assert_int_equal(errno, 0);
        return (int)word;
}
#else
bool hold_can(void)
{
        return false;
}

bool hold_until(struct hold *h, long number)
{
        (void)h, (void)number;
        fail();
        return false;
}

long hold_call(struct hold *h, long number, long a, long b, long c)
{
        (void)h, (void)number, (void)a, (void)b, (void)c;
        fail();
        return -ENOSYS;
}

long hold_call_int(struct hold *h, long number, long a)
{
        return hold_call(h, number, a, 0, 0);
}
#endif
