/* The smallest product that can be told right from wrong: prints its arguments on one line.
 *
 * Built twice: as any program is (echo-line, dynamic), and with -DTINY (echo-tiny: static, without a C library), so that
 * nearly all of its time is the system's own for a new process. */
#ifdef TINY

static long call(long number, long first, long second, long third) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return result;
}

void begin(long *stack) {
    static char line[4096];
    char **arguments = (char **)(stack + 1);
    long length = 0;
    for (long i = 1; i < stack[0]; i++) {
        for (const char *at = arguments[i]; *at && length < 4000; at++) line[length++] = *at;
        line[length++] = i + 1 < stack[0] ? ' ' : '\n';
    }
    call(1 /* write */, 1, (long)line, length);
    call(231 /* exit_group */, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");

#else

#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) printf("%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
    return 0;
}

#endif
