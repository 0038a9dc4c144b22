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
