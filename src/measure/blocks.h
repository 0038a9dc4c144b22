/**
 * blocks.h - a series of latencies in bounded memory: at most BLOCKS_MAX consecutive blocks.
 *
 * Every block holds the same number of samples; when all blocks are full, neighbours are merged and the
 * size doubles, so a series of any length keeps 128 to 256 blocks. Adding is O(1) (amortised), allocates nothing.
 * The threshold that samples are counted below is the median of the first BLOCKS_MAX samples: until then
 * a block is one sample, so nothing has to be known in advance. One writer.
 */
#ifndef MEASURE_BLOCKS_H
#define MEASURE_BLOCKS_H

#include <stdint.h>

#include "measure/stats.h"

#define BLOCKS_MAX 256

struct block {
    int64_t count;
    int64_t below_twice; /**< 2 for a sample under the threshold, 1 for one that equals it */
    int64_t sum_ns;
    int64_t end_ns; /**< completion of the last sample */
};

struct blocks {
    int used;              /**< full blocks */
    int64_t size;          /**< samples in a full block */
    int64_t start_ns;      /**< where the first block begins */
    int64_t threshold_ns;  /**< near the median; fixed when the first blocks are merged */
    struct block open;     /**< the block being filled */
    struct block full[BLOCKS_MAX];
};

void blocks_reset(struct blocks *blocks, int64_t start_ns);

/** Closes the open block; merges pairs when there is no room. */
void blocks_close(struct blocks *blocks);

/** Sets the threshold of a series that is still too short to have one; to be called before batching. */
void blocks_settle_threshold(struct blocks *blocks);

/** Adds a sample that completed at `end_ns`; roughly in order of completion. */
static inline void blocks_add(struct blocks *blocks, int64_t latency_ns, int64_t end_ns)
{
    struct block *open = &blocks->open;
    open->count++;
    open->below_twice += (latency_ns < blocks->threshold_ns) + (latency_ns <= blocks->threshold_ns);
    open->sum_ns += latency_ns;
    open->end_ns = end_ns;
    if (open->count == blocks->size)
        blocks_close(blocks);
}

/**
 * The series of one lane as at most `limit` batches of (nearly) equal count, oldest first; of all the
 * blocks, or of those from block `first` on. Returns their number.
 */
int blocks_batch(struct stats_batch *out, int limit, const struct blocks *blocks, int first);

/**
 * Several lanes that ran side by side as `limit` batches of equal time between `start_ns` and `end_ns`.
 * A block that straddles a border is shared out in proportion.
 */
int blocks_batch_lanes(struct stats_batch *out, int limit, const struct blocks *const *lane,
                       int lane_count, int64_t start_ns, int64_t end_ns);

#endif
