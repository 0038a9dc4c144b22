// Waiting, and breaking things on purpose. A real backend has nothing of this: it reads no clock,
// never sleeps and never touches file descriptors 0 to 3.
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "null.h"

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void null_wait(int64_t ns, bool is_sleeping)
{
    if (ns <= 0)
        return;
    if (is_sleeping) {
        struct timespec t = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
        while (nanosleep(&t, &t) && errno == EINTR)
            ;
        return;
    }
    for (int64_t end = now_ns() + ns; now_ns() < end;)
        ;
}

// Uniform in (0, 1), from the seed and the number of the inference: the same in every run.
static double uniform(int seed, long n, int which)
{
    uint64_t x = (uint64_t)(uint32_t)seed * 0x9e3779b97f4a7c15u + (uint64_t)n * 2 + (uint64_t)which;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return ((double)(x >> 11) + 0.5) / 9007199254740992.0;
}

int64_t null_delay(const struct priv *p, long n)
{
    double us = p->delay_us;
    if (p->delay == DELAY_NONE)
        return 0;
    if (p->delay == DELAY_UNIFORM)
        us *= 1 + p->delay_spread * (2 * uniform(p->delay_seed, n, 0) - 1);
    if (p->delay == DELAY_LOGNORMAL) {
        double normal = sqrt(-2 * log(uniform(p->delay_seed, n, 0))) *
                        cos(6.283185307179586 * uniform(p->delay_seed, n, 1));
        us *= exp(p->delay_spread * normal);
    }
    int64_t ns = us > 0 ? (int64_t)(us * 1000) : 0;
    null_wait(ns, p->is_sleeping);
    return ns;
}

static void ignore_signals(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static void say(int fd, const char *text)
{
    // Whether anybody listens is the point of the test, not of this function.
    ssize_t written = write(fd, text, strlen(text));
    (void)written;
}

static int hog_memory(struct priv *p, struct dli_error *err)
{
    const size_t block = (size_t)1 << 20;
    for (int i = 0; p->fault_mib == 0 || i < p->fault_mib; i++) {
        // Kept on purpose until the process ends: that is what a leaking framework does.
        char *memory = malloc(block);
        if (!memory)
            return dli_fail(err, DLI_E_NOMEM, "null: no memory after %d MiB, as asked for", i);
        memset(memory, 1, block);
        p->fault_bytes += (long)block + memory[i % 1024] - 1;
    }
    return DLI_OK;
}

static void hang(bool is_busy)
{
    volatile unsigned turns = 0;
    for (;;) {
        if (is_busy)
            turns = turns + 1;
        else
            pause();
    }
}

int null_fault(struct priv *p, int stage, long n, struct dli_error *err)
{
    static const char garbage[] = "\x01\xff{\"record\":\"result\",,,\n%s%n\n{\"record\":";
    if (p->fault == FAULT_NONE || p->fault_at != stage)
        return DLI_OK;
    if (stage == STAGE_INFERENCE && n != p->fault_n)
        return DLI_OK;
    switch (p->fault) {
    case FAULT_ERROR:
        return dli_fail(err, DLI_E_RUNTIME, "null: error asked for with the option fault");
    case FAULT_UNSUPPORTED:
        return dli_fail(err, DLI_E_UNSUPPORTED, "null: unsupported, as asked for");
    case FAULT_UNAVAILABLE:
        return dli_fail(err, DLI_E_UNAVAILABLE, "null: unavailable, as asked for");
    case FAULT_HANG_HARD:
        ignore_signals();
        hang(false);
        break;
    case FAULT_HANG:
    case FAULT_SPIN:
        hang(p->fault == FAULT_SPIN);
        break;
    case FAULT_SEGV:
        raise(SIGSEGV);
        break;
    case FAULT_ABORT:
        abort();
    case FAULT_EXIT:
        _exit(0);
    case FAULT_MEMORY:
        return hog_memory(p, err);
    case FAULT_GARBAGE_FD3:
        say(3, garbage);
        break;
    case FAULT_CLOSE_FD3:
        close(3);
        break;
    case FAULT_GARBAGE_OUT:
        say(1, garbage);
        say(2, garbage);
        break;
    default:
        break;
    }
    return DLI_OK;
}
