// Runs a program, counts the changes that its own process makes to files below a directory, and spoils them from the n-th on.
//
//     fault DIRECTORY KIND N LOG PROGRAM [ARGUMENT...]
//
// The system stops the program before each system call that changes files, and asks here what shall become of it: see "user
// notification" in seccomp(2) and seccomp_unotify(2). So nothing in the program knows of it, and no way around it is left,
// whatever library makes the call. LOG gets a line for each change: its call, and the file. What the program's children do is let
// pass. This process ends when the program and all that it left have ended, with the program's exit code, or 128 and its signal.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind {
    COUNT,     // nothing is spoilt
    FULL,      // from the n-th on there is no room: of the first write half is done
    READ_ONLY, // from the n-th on nothing may be changed
    BROKEN,    // the n-th fails as a broken disk does
    SHORT,     // the n-th is half done, if it is a write
    KILL,      // the program is killed before the n-th
    TORN,      // the program is killed after half of the n-th, if it is a write, and else before it
};
static const char *const KINDS[] = {"count", "full", "read-only", "broken", "short", "kill", "torn"};

// How a call says which file it changes.
enum place { DESCRIPTOR, PATH, PATH_AT, SECOND_PATH, SECOND_PATH_AT };

struct call {
    int number;
    const char *name;
    enum place place;
    // The argument that names the file, or the directory that it is named from.
    int argument;
};

static const struct call CALLS[] = {
    {SYS_write, "write", DESCRIPTOR, 0},
    {SYS_pwrite64, "pwrite", DESCRIPTOR, 0},
    {SYS_writev, "writev", DESCRIPTOR, 0},
    {SYS_pwritev, "pwritev", DESCRIPTOR, 0},
    {SYS_ftruncate, "ftruncate", DESCRIPTOR, 0},
    {SYS_fsync, "fsync", DESCRIPTOR, 0},
    {SYS_fdatasync, "fdatasync", DESCRIPTOR, 0},
    {SYS_openat, "open", PATH_AT, 0},
    {SYS_openat2, "open", PATH_AT, 0},
    {SYS_mkdirat, "mkdir", PATH_AT, 0},
    {SYS_unlinkat, "unlink", PATH_AT, 0},
    {SYS_renameat2, "rename", PATH_AT, 2},
    {SYS_linkat, "link", PATH_AT, 2},
    {SYS_symlinkat, "symlink", PATH_AT, 1},
#ifdef SYS_open
    {SYS_open, "open", PATH, 0},
    {SYS_mkdir, "mkdir", PATH, 0},
    {SYS_unlink, "unlink", PATH, 0},
    {SYS_rmdir, "rmdir", PATH, 0},
    {SYS_rename, "rename", PATH, 1},
    {SYS_renameat, "rename", PATH_AT, 2},
    {SYS_link, "link", PATH, 1},
    {SYS_symlink, "symlink", PATH, 1},
#endif
};
#define CALLS_LENGTH (sizeof CALLS / sizeof CALLS[0])

// What an `open` says that may change something.
static const uint32_t WRITES = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

static void stop(const char *doing) {
    fprintf(stderr, "fault: cannot %s: %s\n", doing, strerror(errno));
    exit(125);
}

// The filter: every call of the table is asked about, but for an `open` that only reads.
static int listen_to_this_process(void) {
    struct sock_filter program[4 + 2 * CALLS_LENGTH + 8];
    size_t length = 0;
#define DO(code, k, yes, no) program[length++] = (struct sock_filter){(code), (yes), (no), (k)}
    DO(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    DO(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4);
    DO(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]), 0, 0);
    DO(BPF_JMP | BPF_JSET | BPF_K, WRITES, 0, 1);
    DO(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF, 0, 0);
    DO(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    for (size_t i = 0; i < CALLS_LENGTH; i++) {
        DO(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)CALLS[i].number, 0, 1);
        DO(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF, 0, 0);
    }
    DO(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    struct sock_fprog filter = {(unsigned short)length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

// Hands a descriptor over; with -1, receives one.
static int pass(int socket, int descriptor) {
    char byte = 0, space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (descriptor < 0) {
        if (recvmsg(socket, &message, 0) <= 0 || !CMSG_FIRSTHDR(&message)) return -1;
        memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
        return descriptor;
    }
    *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    return sendmsg(socket, &message, 0) == 1 ? descriptor : -1;
}

struct state {
    pid_t program;
    int handle; // of the program's process
    int listener;
    const char *directory;
    enum kind kind;
    unsigned long first, seen;
    FILE *log;
};

static size_t peek(const struct state *state, uint64_t from, char *to, size_t length) {
    struct iovec local = {to, length}, remote = {(void *)(uintptr_t)from, length};
    ssize_t read = process_vm_readv(state->program, &local, 1, &remote, 1, 0);
    return read < 0 ? 0 : (size_t)read;
}

static void link_target(const struct state *state, const char *format, int number, char path[PATH_MAX]) {
    char link[64];
    int used = snprintf(link, sizeof link, "/proc/%d/", state->program);
    snprintf(link + used, sizeof link - (size_t)used, format, number);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
}

// The path of the file that a call changes; empty if it has none.
static void find(const struct state *state, const struct call *call, const uint64_t *arguments, char path[PATH_MAX]) {
    char name[PATH_MAX] = "";
    int at = call->argument;
    if (call->place == DESCRIPTOR) {
        link_target(state, "fd/%d", (int)arguments[at], path);
        return;
    }
    int named = call->place == PATH_AT ? at + 1 : at;
    // A text may end right before memory that is not there: a page at a time.
    for (size_t have = 0; have < sizeof name - 1 && strnlen(name, have) == have;) {
        size_t page = 4096 - (size_t)((arguments[named] + have) % 4096), room = sizeof name - 1 - have;
        size_t got = peek(state, arguments[named] + have, name + have, page < room ? page : room);
        if (!got) break;
        have += got;
        name[have] = 0;
    }
    if (name[0] == '/') {
        strcpy(path, name);
        return;
    }
    if (call->place == PATH_AT && (int)arguments[at] != AT_FDCWD) {
        link_target(state, "fd/%d", (int)arguments[at], path);
    } else {
        link_target(state, "cwd", 0, path);
    }
    strncat(path, "/", PATH_MAX - strlen(path) - 1);
    strncat(path, name, PATH_MAX - strlen(path) - 1);
}

static int is_write(const struct call *call) { return call->number == SYS_write || call->number == SYS_pwrite64; }

// Does half of a write in the program's place, and gives how much that was; 0 if the call is none, or has no halves.
static size_t half(const struct state *state, const struct call *call, const uint64_t *arguments) {
    size_t length = (size_t)arguments[2] / 2;
    if (!is_write(call) || !length) return 0;
    char *bytes = malloc(length);
    int file = (int)syscall(SYS_pidfd_getfd, state->handle, (int)arguments[0], 0);
    if (!bytes || file < 0 || peek(state, arguments[1], bytes, length) != length) stop("read what is written");
    ssize_t done = call->number == SYS_write ? write(file, bytes, length) : pwrite(file, bytes, length, (off_t)arguments[3]);
    if (done != (ssize_t)length) stop("write a half");
    close(file);
    free(bytes);
    return length;
}

// Whether a call needs room on the disk.
static int grows(const struct call *call, const uint64_t *arguments, const char *path) {
    struct stat found;
    if (call->number == SYS_openat || call->number == SYS_openat2) return (arguments[2] & O_CREAT) && stat(path, &found);
    static const char *const GROWING[] = {"write", "pwrite", "writev", "pwritev", "fsync", "fdatasync", "mkdir", "link", "symlink"};
    for (size_t i = 0; i < sizeof GROWING / sizeof GROWING[0]; i++) {
        if (!strcmp(GROWING[i], call->name)) return 1;
    }
    return 0;
}

// What shall become of the next change.
static void decide(struct state *state, const struct call *call, const uint64_t *arguments, const char *path,
                   struct seccomp_notif_resp *answer) {
    state->seen++;
    fprintf(state->log, "%s %s\n", call->name, path);
    fflush(state->log);
    int is_first = state->seen == state->first, is_due = state->first && state->seen >= state->first;
    size_t done = 0;
    int error = 0;
    switch (state->kind) {
    case COUNT: break;
    case FULL:
        if (is_first) done = half(state, call, arguments);
        if (is_due && !done && grows(call, arguments, path)) error = ENOSPC;
        break;
    case READ_ONLY:
        if (is_due) error = EROFS;
        break;
    case BROKEN:
        if (is_first) error = EIO;
        break;
    case SHORT:
        if (is_first) done = half(state, call, arguments);
        break;
    case TORN:
        if (is_first) half(state, call, arguments);
        // fall through
    case KILL:
        if (is_first && kill(state->program, SIGKILL)) stop("kill the program");
        break;
    }
    if (!done && !error) return;
    answer->flags = 0;
    answer->error = -error;
    answer->val = (int64_t)done;
}

static void answer(struct state *state, struct seccomp_notif *asked, struct seccomp_notif_resp *answer) {
    memset(asked, 0, sizeof *asked);
    // The caller may have been killed meanwhile.
    if (ioctl(state->listener, SECCOMP_IOCTL_NOTIF_RECV, asked)) return;
    *answer = (struct seccomp_notif_resp){.id = asked->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    char task[64], path[PATH_MAX] = "";
    snprintf(task, sizeof task, "/proc/%d/task/%d", state->program, asked->pid);
    if (!access(task, F_OK)) {
        for (size_t i = 0; i < CALLS_LENGTH; i++) {
            if (CALLS[i].number != asked->data.nr) continue;
            uint64_t arguments[6];
            memcpy(arguments, asked->data.args, sizeof arguments);
            // Its flags are the first field of a structure, which the filter cannot read.
            if (asked->data.nr == SYS_openat2) {
                uint64_t flags = 0;
                peek(state, arguments[2], (char *)&flags, sizeof flags);
                if (!(flags & WRITES)) break;
                arguments[2] = flags;
            }
            find(state, &CALLS[i], arguments, path);
            size_t length = strlen(state->directory);
            if (!strncmp(path, state->directory, length) && path[length] == '/') {
                decide(state, &CALLS[i], arguments, path, answer);
            }
        }
    }
    ioctl(state->listener, SECCOMP_IOCTL_NOTIF_SEND, answer);
}

int main(int count, char **words) {
    if (count < 6) return fprintf(stderr, "usage: fault DIRECTORY KIND N LOG PROGRAM [ARGUMENT...]\n"), 125;
    struct state state = {.directory = words[1], .first = strtoul(words[3], NULL, 10), .log = fopen(words[4], "we")};
    while (strcmp(KINDS[state.kind], words[2])) {
        if (++state.kind > TORN) return fprintf(stderr, "fault: there is no kind `%s`\n", words[2]), 125;
    }
    if (!state.log) stop("open the log");
    int pair[2], signals;
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    // Whatever the program leaves behind becomes a child of this process, so that its end is seen.
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) || sigprocmask(SIG_BLOCK, &child, NULL)) stop("prepare");
    if ((signals = signalfd(-1, &child, SFD_CLOEXEC)) < 0) stop("hear of children");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) stop("make a connection");
    state.program = fork();
    if (state.program < 0) stop("fork");
    if (!state.program) {
        int listener = listen_to_this_process();
        if (listener < 0 || pass(pair[1], listener) < 0) _exit(125);
        close(listener);
        sigprocmask(SIG_UNBLOCK, &child, NULL);
        execv(words[5], words + 5);
        _exit(125);
    }
    close(pair[1]);
    if ((state.listener = pass(pair[0], -1)) < 0) stop("be told of system calls: it takes Linux 5.6 with seccomp");
    if ((state.handle = (int)syscall(SYS_pidfd_open, state.program, 0)) < 0) stop("open the process");
    struct seccomp_notif_sizes sizes;
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes)) stop("learn the sizes");
    if (sizes.seccomp_notif > sizeof(struct seccomp_notif) + 256 || sizes.seccomp_notif_resp > 256) stop("hold a notification");
    union { struct seccomp_notif asked; char space[sizeof(struct seccomp_notif) + 256]; } asked;
    union { struct seccomp_notif_resp answer; char space[256]; } answered;
    struct pollfd ready[] = {{.fd = signals, .events = POLLIN}, {.fd = state.listener, .events = POLLIN}};
    int ending = 125;
    for (;;) {
        if (poll(ready, 2, -1) < 0 && errno != EINTR) stop("wait");
        if (ready[1].revents & POLLIN) answer(&state, &asked.asked, &answered.answer);
        if (ready[1].revents & POLLHUP) ready[1].fd = -1;
        if (!(ready[0].revents & POLLIN)) continue;
        struct signalfd_siginfo told;
        if (read(signals, &told, sizeof told) < 0) stop("hear of a child");
        int status;
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended != state.program) continue;
            ending = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        if (ended < 0 && errno == ECHILD) return ending;
    }
}
