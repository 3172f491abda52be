/* Runs one program and writes down what it took: wall time, processor time, peak memory, its end.
 *
 * usage: measure FILE PROGRAM [ARGUMENT...]
 *
 * FILE gets one line: seconds, processor seconds (user and system, with all descendants that were waited for), peak memory in KiB
 * (the program's own or that of the largest such descendant), exit code.
 * The system counts a program's peak from before it replaces the image of whoever started it. That is why this is so small a
 * program of its own: nothing of the benchmark's own memory is counted. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: measure FILE PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    struct timespec begun, ended;
    struct rusage usage;
    pid_t process;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    errno = posix_spawnp(&process, argv[2], NULL, NULL, argv + 2, environ);
    if (errno) {
        perror(argv[2]);
        return 1;
    }
    while (wait4(process, &status, 0, &usage) < 0)
        if (errno != EINTR) {
            perror("wait4");
            return 1;
        }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double seconds = (ended.tv_sec - begun.tv_sec) + (ended.tv_nsec - begun.tv_nsec) / 1e9;
    double processor = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    FILE *file = fopen(argv[1], "w");
    if (!file) {
        perror(argv[1]);
        return 1;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(file, "%.6f %.6f %ld %d\n", seconds, processor, usage.ru_maxrss, code);
    return fclose(file) ? 1 : 0;
}
