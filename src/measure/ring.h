/**
 * ring.h - completions on their way from any thread to the lane that issued the request.
 *
 * Every request in flight has a cell. `complete` stamps the clock, draws a ticket and fills the
 * ticket's place in a bounded ring, wait-free: one fetch-add and three stores, to memory that the
 * lane only reads. A request can be in the ring at most once, so a ring as large as the number of
 * cells never overflows. One lane takes; it may sleep on a futex, which a completion touches only
 * when the lane really sleeps, and after the stamp.
 *
 * Filling the place is the last access of a completion to the ring: the lane may take it, end and
 * free the ring while the completing thread is still on its way out.
 *
 * A cell goes IDLE -> ISSUED -> COMPLETED -> IDLE, all by the lane. A completion for a cell that is
 * not ISSUED, or more of them than there are cells, is a breach of the contract, returned from then
 * on.
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
    _Alignas(CACHE_LINE) struct ring *ring;
    int index; /**< within the lane */
    /** From here on the lane's alone. */
    _Alignas(CACHE_LINE) enum cell_state state;
    int status;      /**< valid when COMPLETED */
    int64_t done_ns; /**< likewise */
};

/** A completion in the ring. */
struct place {
    _Alignas(32) _Atomic uint64_t
        entry; /**< ticket + 1 in the upper half, the cell's index in the lower */
    _Atomic int64_t done_ns;
    _Atomic int status;
};

struct ring {
    /** Twice the next ticket, plus 1 while the lane sleeps: then whoever draws a ticket wakes it.
     */
    _Alignas(CACHE_LINE) _Atomic uint32_t tail;
    _Alignas(CACHE_LINE) struct place *place; /**< by ticket modulo size */
    uint32_t mask;                            /**< size - 1 */
    _Alignas(CACHE_LINE) uint32_t head;       /**< next ticket to take: the lane */
    int64_t gap_ns;      /**< moving average: start of a wait to the stamp of what it waited for */
    int64_t sleep_count; /**< times that the lane slept */
    struct cell *const *cell; /**< by index */
};

/** Takes over `cell_count` (>= 1) idle cells, whose table is borrowed. Aborts without memory. */
void ring_init(struct ring *ring, struct cell *const *cell, int cell_count);
void ring_release(struct ring *ring);

/** The body of measure_complete. */
void ring_complete(struct dli_request *request, int status);

/** Takes the oldest completion into its cell: the cell's index, RING_EMPTY or RING_BREACH. */
int ring_take(struct ring *ring);

/**
 * As ring_take, but waits for up to timeout_ns (< 0: for ever). Spins only while completions have
 * lately been a few microseconds apart, else sleeps at once so that no core is taken from the
 * inference.
 */
int ring_wait(struct ring *ring, int64_t timeout_ns);

#endif
