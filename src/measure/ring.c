#include "measure/ring.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"

// Completions this close together are awaited by spinning: falling asleep and being woken costs
// more.
static const int64_t SPIN_GAP_NS = 10 * NS_PER_US;
static const int64_t SPIN_LIMIT_NS = 30 * NS_PER_US;
enum { SPINS_PER_CLOCK = 32 };
// Of `tail`, and the tickets that fit above the flag.
enum { ASLEEP = 1, STEP = 2, TICKETS = 0x7fffffff };

static void futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t timeout_ns)
{
    struct timespec span = {timeout_ns / NS_PER_S, timeout_ns % NS_PER_S};
    syscall(SYS_futex, (uint32_t *)word, FUTEX_WAIT_PRIVATE, expected,
            timeout_ns < 0 ? NULL : &span, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, (uint32_t *)word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static inline void relax_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void ring_init(struct ring *ring, struct cell *const *cell, int cell_count)
{
    uint32_t size = 16;
    while (size < (uint32_t)cell_count)
        size *= 2;
    memset(ring, 0, sizeof(*ring));
    ring->mask = size - 1;
    ring->cell = cell;
    for (int i = 0; i < cell_count; i++) {
        cell[i]->state = CELL_IDLE;
        cell[i]->ring = ring;
        cell[i]->index = i;
    }
    ring->place = aligned_alloc(CACHE_LINE, size * sizeof(ring->place[0]));
    if (!ring->place)
        abort();
    memset(ring->place, 0, size * sizeof(ring->place[0]));
}

void ring_release(struct ring *ring)
{
    free(ring->place);
    ring->place = NULL;
}

void ring_complete(struct dli_request *request, int status)
{
    int64_t now_ns = clock_now_ns();
    const struct cell *cell = request->core;
    if (!cell)
        return;
    struct ring *ring = cell->ring;
    _Atomic uint32_t *tail = &ring->tail;
    // Acquire and release: a place is filled again only after the lane has emptied it, which the
    // chain of tickets carries over to a thread that never met the lane.
    uint32_t drawn = atomic_fetch_add_explicit(tail, STEP, memory_order_acq_rel);
    if (drawn & ASLEEP)
        atomic_fetch_and(tail, ~(uint32_t)ASLEEP); // one waker is enough
    uint32_t ticket = drawn / STEP;
    struct place *place = &ring->place[ticket & ring->mask];
    atomic_store_explicit(&place->done_ns, now_ns, memory_order_relaxed);
    atomic_store_explicit(&place->status, status, memory_order_relaxed);
    atomic_store_explicit(&place->entry, (uint64_t)(ticket + 1) << 32 | (uint32_t)cell->index,
                          memory_order_release);
    // From here on the ring may be gone. Waking at an address that nobody waits at does nothing.
    if (drawn & ASLEEP)
        futex_wake(tail);
}

// What a place that does not hold the next ticket holds: the one of the round before, or of the
// next round, when there were more completions than places.
static int judge(const struct ring *ring, uint64_t tag)
{
    uint32_t before = ((ring->head - ring->mask - 1) & TICKETS) + 1;
    return tag == 0 || tag == before ? RING_EMPTY : RING_BREACH;
}

int ring_take(struct ring *ring)
{
    const struct place *place = &ring->place[ring->head & ring->mask];
    uint64_t entry = atomic_load(&place->entry);
    if (entry >> 32 != (ring->head & TICKETS) + 1)
        return judge(ring, entry >> 32);
    int index = (int)(uint32_t)entry;
    struct cell *cell = ring->cell[index];
    if (__builtin_expect(cell->state != CELL_ISSUED, 0))
        return RING_BREACH; // and again next time, for the ring stays at it
    cell->state = CELL_COMPLETED;
    cell->done_ns = atomic_load_explicit(&place->done_ns, memory_order_relaxed);
    cell->status = atomic_load_explicit(&place->status, memory_order_relaxed);
    ring->head++;
    return index;
}

// Looks SPINS_PER_CLOCK times.
static int spin_briefly(struct ring *ring)
{
    for (int i = 0; i < SPINS_PER_CLOCK; i++) {
        relax_cpu();
        int index = ring_take(ring);
        if (index != RING_EMPTY)
            return index;
    }
    return RING_EMPTY;
}

static int spin(struct ring *ring, int64_t start_ns, int64_t limit_ns)
{
    int index;
    do {
        index = spin_briefly(ring);
    } while (index == RING_EMPTY && clock_now_ns() - start_ns <= limit_ns);
    return index;
}

static int sleep_for_one(struct ring *ring, int64_t start_ns, int64_t timeout_ns)
{
    const uint32_t nothing_taken = ring->head * STEP + ASLEEP;
    for (;;) {
        atomic_fetch_or(&ring->tail, ASLEEP);
        int index = ring_take(ring);
        int64_t left_ns = timeout_ns < 0 ? -1 : start_ns + timeout_ns - clock_now_ns();
        if (index != RING_EMPTY || (timeout_ns >= 0 && left_ns <= 0)) {
            atomic_fetch_and(&ring->tail, ~(uint32_t)ASLEEP);
            return index;
        }
        if (atomic_load(&ring->tail) != nothing_taken) {
            // Somebody holds the next place and is about to fill it; perhaps it needs this core.
            sched_yield();
            continue;
        }
        ring->sleep_count++;
        futex_wait(&ring->tail, nothing_taken, left_ns);
        // Woken, or a timeout or a signal: the loop looks again.
    }
}

int ring_wait(struct ring *ring, int64_t timeout_ns)
{
    int index = ring_take(ring);
    if (index != RING_EMPTY || timeout_ns == 0)
        return index;
    bool is_brisk = ring->gap_ns < SPIN_GAP_NS;
    if (is_brisk && (index = spin_briefly(ring)) != RING_EMPTY)
        return index;
    int64_t start_ns = clock_now_ns();
    if (is_brisk) {
        int64_t limit_ns =
            timeout_ns >= 0 && timeout_ns < SPIN_LIMIT_NS ? timeout_ns : SPIN_LIMIT_NS;
        index = spin(ring, start_ns, limit_ns);
    }
    if (index == RING_EMPTY)
        index = sleep_for_one(ring, start_ns, timeout_ns);
    if (index >= 0) {
        // Up to the stamp, not to the waking up: a slow wake-up must not argue for more sleep.
        int64_t gap_ns = ring->cell[index]->done_ns - start_ns;
        ring->gap_ns += ((gap_ns > 0 ? gap_ns : 0) - ring->gap_ns) / 4;
    }
    return index;
}
