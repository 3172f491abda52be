// Put before the C library, it makes the clock of the day jump: each look at it is a day earlier, then two days later, than it should be.
// The clock that limits rest on is not touched. A process that is started by another one, with a clean environment, sees nothing of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    static atomic_int looks;
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    if (clock == CLOCK_REALTIME && !result) time->tv_sec += atomic_fetch_add(&looks, 1) % 2 ? 2 * 86400 : -86400;
    return result;
}
