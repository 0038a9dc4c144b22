/**
 * ring.h - completions on their way from any thread to the lane that issued the request.
 *
 * Every request in flight has a cell; `complete` stamps the clock, marks the cell and publishes its
 * number in a bounded ring, wait-free: one compare-exchange, one fetch-add, one store. A request
 * can be in the ring at most once, so a ring as large as the number of cells never overflows. One
 * lane takes; it may sleep on a futex, which a completion touches only when the lane really sleeps,
 * and after the stamp.
 *
 * Publishing is the last access of a completion to the ring: the lane may take it, end and free the
 * ring while the completing thread is still on its way out.
 *
 * A cell goes IDLE -> ISSUED (lane) -> COMPLETED (any thread) -> IDLE (lane). Any other move is a
 * breach of the contract, which is remembered and returned by ring_wait.
 */
#ifndef MEASURE_RING_H
#define MEASURE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <dli/request.h>

#define CACHE_LINE 64
#define RING_BREACH (-1) /**< a completion that nobody waited for */
#define RING_EMPTY (-2)

enum cell_state { CELL_IDLE, CELL_ISSUED, CELL_COMPLETED };

struct ring;

/** What the core knows of a request in flight; request->core points here. */
struct cell {
    _Alignas(CACHE_LINE) _Atomic int state;
    int status;      /**< valid once COMPLETED was taken from the ring */
    int64_t done_ns; /**< likewise */
    struct ring *ring;
    int index; /**< within the lane */
};

struct ring {
    /** Twice the next ticket, plus 1 while the lane sleeps: then whoever draws a ticket wakes it.
     */
    _Alignas(CACHE_LINE) _Atomic uint32_t tail;
    _Alignas(CACHE_LINE) _Atomic bool is_breached;
    uint32_t mask;
    _Alignas(CACHE_LINE) uint32_t head; /**< next ticket to take: the lane */
    int64_t gap_ns;      /**< moving average: start of a wait to the stamp of what it waited for */
    int64_t sleep_count; /**< times that the lane slept */
    struct cell *const *cell; /**< by index */
    /** By ticket modulo size: the ticket + 1 in the upper half, the cell's index in the lower. The
     * lane only reads here, so the line does not travel back and forth. */
    _Atomic uint64_t *place;
};

/** Takes over `cell_count` (>= 1) idle cells, whose table is borrowed. Aborts without memory. */
void ring_init(struct ring *ring, struct cell *const *cell, int cell_count);
void ring_release(struct ring *ring);

/** The body of measure_complete. */
void ring_complete(struct dli_request *request, int status);

/** Takes the oldest completion: a cell's index, RING_EMPTY or RING_BREACH. */
int ring_take(struct ring *ring);

/**
 * As ring_take, but waits for up to timeout_ns (< 0: for ever). Spins only while completions have
 * lately been a few microseconds apart, else sleeps at once so that no core is taken from the
 * inference.
 */
int ring_wait(struct ring *ring, int64_t timeout_ns);

#endif
