#include "base/clock.h"

#include <stdlib.h>

void clock_format_utc(char out[32])
{
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static int compare_int64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t clock_read_cost_ns(void)
{
    enum { ROUNDS = 1001, READS = 16 };
    int64_t cost_ns[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start_ns = clock_now_ns();
        int64_t end_ns = start_ns;
        for (int k = 0; k < READS; k++)
            end_ns = clock_now_ns();
        cost_ns[i] = (end_ns - start_ns) / READS;
    }
    qsort(cost_ns, ROUNDS, sizeof(cost_ns[0]), compare_int64);
    return cost_ns[ROUNDS / 2];
}

// Smallest distance between the beginnings of two groups of differences; a group is what is not
// interrupted by more than the rounding to whole nanoseconds.
static int64_t smallest_gap(const int *seen, int limit, int least)
{
    int64_t gap = INT64_MAX;
    int64_t begin = -1;
    int64_t last = -1;
    for (int64_t i = 0; i < limit; i++) {
        if (seen[i] < least)
            continue;
        if (last < 0 || i > last + 2) {
            if (begin >= 0 && i - begin < gap)
                gap = i - begin;
            begin = i;
        }
        last = i;
    }
    return gap;
}

int64_t clock_step_ns(void)
{
    enum { READS = 4096, LIMIT = 1024, LEAST = READS / 128 };
    int seen[LIMIT] = {0};
    int64_t before_ns = clock_now_ns();
    for (int i = 0; i < READS; i++) {
        int64_t now_ns = clock_now_ns();
        int64_t difference_ns = now_ns - before_ns;
        if (difference_ns >= 0 && difference_ns < LIMIT)
            seen[difference_ns]++;
        before_ns = now_ns;
    }
    int64_t gap = smallest_gap(seen, LIMIT, LEAST);
    return gap < LIMIT ? gap : 1;
}
