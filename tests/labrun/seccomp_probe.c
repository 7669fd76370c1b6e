/*
 * The payload of test_seccomp.c: makes the system calls that its arguments name and prints what each
 * answered, "NUMBER -ERRNO" or "NUMBER RESULT". An argument is NUMBER[:ARG[:ARG...]], decimal or 0x; "i" in
 * front of it: by int $0x80, as a 32-bit program would. "status" prints what the kernel says of filters.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long call(long nr, const long *a)
{
        register long r10 __asm__("r10") = a[3];
        register long r8 __asm__("r8") = a[4];
        register long r9 __asm__("r9") = a[5];
        long r;

        __asm__ volatile("syscall"
                         : "=a"(r)
                         : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        return r;
}

static long call_32(long nr, const long *a)
{
        long r;

        __asm__ volatile("int $0x80"
                         : "=a"(r)
                         : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
                         : "memory", "r8", "r9", "r10", "r11");
        return (int)r;
}

static void status(void)
{
        FILE *f = fopen("/proc/self/status", "re");
        char line[256];

        while (f && fgets(line, sizeof(line), f))
                if (strncmp(line, "Seccomp:", 8) == 0 || strncmp(line, "NoNewPrivs:", 11) == 0 ||
                    strncmp(line, "CapEff:", 7) == 0 || strncmp(line, "Uid:", 4) == 0)
                        printf("%s", line);
}

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++) {
                char *p = argv[i];
                long a[6] = {0}, nr, r;
                bool compat = *p == 'i';

                if (strcmp(p, "status") == 0) {
                        status();
                        continue;
                }
                nr = strtol(p + compat, &p, 0);
                for (int k = 0; k < 6 && *p == ':'; k++)
                        a[k] = (long)strtoul(p + 1, &p, 0);
                r = compat ? call_32(nr, a) : call(nr, a);
                printf("%s%ld %ld\n", compat ? "i" : "", nr, r);
                fflush(stdout);
        }
        return 0;
}
