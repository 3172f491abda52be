/* The spawn floor: COUNT processes started by WORKERS threads, both streams captured, each waited for.
 *
 * usage: floor [--files DIR] WORKERS COUNT PROGRAM [ARGUMENT...]
 *
 * Each process gets its number as its last argument. With --files each also runs in a directory of its own below DIR that
 * holds two files, one of them in a subdirectory: made before it starts, removed after it has ended.
 * This is the least that any harness does which gives each scenario a process of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static atomic_long next_number;
static long count;
static const char *place; /* NULL without --files */
static char **command;    /* the program and its arguments */
static int words;         /* how many there are */

static void fail(const char *doing) {
    perror(doing);
    exit(1);
}

static void write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0 || write(file, text, strlen(text)) < 0) fail(path);
    close(file);
}

struct paths {
    char directory[4096], first[4200], below[4200], second[4300];
};

static void make_directory(struct paths *paths, long number) {
    snprintf(paths->directory, sizeof paths->directory, "%s/%ld", place, number);
    snprintf(paths->first, sizeof paths->first, "%s/a.txt", paths->directory);
    snprintf(paths->below, sizeof paths->below, "%s/sub", paths->directory);
    snprintf(paths->second, sizeof paths->second, "%s/b.txt", paths->below);
    if (mkdir(paths->directory, 0777) || mkdir(paths->below, 0777)) fail(paths->directory);
    write_file(paths->first, "one\n");
    write_file(paths->second, "two\n");
}

static void remove_directory(const struct paths *paths) {
    if (unlink(paths->second) || rmdir(paths->below) || unlink(paths->first) || rmdir(paths->directory)) fail(paths->directory);
}

/* Reads both streams until nobody can write to them any more. */
static void capture(int out, int err) {
    static _Thread_local char buffer[65536];
    struct pollfd streams[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
    for (int left = 2; left > 0;) {
        if (poll(streams, 2, -1) < 0) {
            if (errno == EINTR) continue;
            fail("poll");
        }
        for (int i = 0; i < 2; i++) {
            if (!streams[i].revents || read(streams[i].fd, buffer, sizeof buffer) > 0) continue;
            close(streams[i].fd);
            streams[i] = (struct pollfd){-1, 0, 0};
            left--;
        }
    }
}

static void run(long number, char **arguments) {
    char last[32];
    snprintf(last, sizeof last, "%ld", number);
    arguments[words] = last;
    int out[2], err[2], status;
    if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) fail("pipe2");
    struct paths paths;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    if (place) {
        make_directory(&paths, number);
        posix_spawn_file_actions_addchdir_np(&actions, paths.directory);
    }
    pid_t process;
    errno = posix_spawn(&process, arguments[0], &actions, NULL, arguments, environ);
    if (errno) fail(arguments[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    capture(out[0], err[0]);
    if (waitpid(process, &status, 0) < 0) fail("waitpid");
    if (place) remove_directory(&paths);
}

static void *worker(void *unused) {
    (void)unused;
    char **arguments = calloc(words + 2, sizeof *arguments);
    memcpy(arguments, command, words * sizeof *arguments);
    for (long number; (number = atomic_fetch_add(&next_number, 1)) < count;) run(number, arguments);
    free(arguments);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "--files")) {
        place = argv[2];
        argv += 2;
        argc -= 2;
    }
    if (argc < 4) {
        fprintf(stderr, "usage: floor [--files DIR] WORKERS COUNT PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    int workers = atoi(argv[1]);
    count = atol(argv[2]);
    command = argv + 3;
    words = argc - 3;
    pthread_t *threads = calloc(workers, sizeof *threads);
    for (int i = 0; i < workers; i++)
        if (pthread_create(&threads[i], NULL, worker, NULL)) fail("pthread_create");
    for (int i = 0; i < workers; i++) pthread_join(threads[i], NULL);
    free(threads);
    return 0;
}
