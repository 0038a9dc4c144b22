#include "measure/blocks.h"

void blocks_reset(struct blocks *blocks, int64_t start_ns)
{
    blocks->used = 0;
    blocks->size = 1;
    blocks->start_ns = start_ns;
    blocks->threshold_ns = 0;
    blocks->open = (struct block){.end_ns = start_ns};
}

static void add_block(struct block *into, const struct block *from)
{
    into->count += from->count;
    into->below_twice += from->below_twice;
    into->sum_ns += from->sum_ns;
    into->end_ns = from->end_ns;
}

void blocks_settle_threshold(struct blocks *blocks)
{
    int64_t sorted[BLOCKS_MAX] = {0};
    if (blocks->size > 1 || blocks->used == 0)
        return;
    // Insertion sort: this runs between requests, where qsort would allocate.
    for (int i = 0; i < blocks->used; i++) {
        int64_t value = blocks->full[i].sum_ns;
        int k = i;
        for (; k > 0 && sorted[k - 1] > value; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = value;
    }
    blocks->threshold_ns = sorted[blocks->used / 2];
    for (int i = 0; i < blocks->used; i++) {
        int64_t value = blocks->full[i].sum_ns;
        blocks->full[i].below_twice =
            (value < blocks->threshold_ns) + (value <= blocks->threshold_ns);
    }
}

void blocks_close(struct blocks *blocks)
{
    blocks->full[blocks->used++] = blocks->open;
    blocks->open = (struct block){.end_ns = blocks->open.end_ns};
    if (blocks->used < BLOCKS_MAX)
        return;
    blocks_settle_threshold(blocks);
    for (int i = 0; i < BLOCKS_MAX / 2; i++) {
        struct block pair = blocks->full[2 * i];
        add_block(&pair, &blocks->full[2 * i + 1]);
        blocks->full[i] = pair;
    }
    blocks->used = BLOCKS_MAX / 2;
    blocks->size *= 2;
}

static void add_share(struct stats_batch *out, const struct block *block, double share)
{
    out->count += share * (double)block->count;
    out->below += share * (double)block->below_twice / 2;
    out->sum_ns += share * (double)block->sum_ns;
}

int blocks_batch(struct stats_batch *out, int limit, const struct blocks *blocks, int first)
{
    int available = blocks->used - first;
    int count = available < limit ? available : limit;
    int64_t start_ns = first > 0 ? blocks->full[first - 1].end_ns : blocks->start_ns;
    for (int i = 0; i < count; i++) {
        int from = first + (int)((int64_t)available * i / count);
        int to = first + (int)((int64_t)available * (i + 1) / count);
        out[i] = (struct stats_batch){0};
        for (int k = from; k < to; k++)
            add_share(&out[i], &blocks->full[k], 1);
        if (i == count - 1)
            add_share(&out[i], &blocks->open, 1);
        int64_t end_ns = i == count - 1 ? blocks->open.end_ns : blocks->full[to - 1].end_ns;
        out[i].span_ns = (double)(end_ns - start_ns);
        start_ns = end_ns;
    }
    return count;
}

static void share_out(struct stats_batch *out, int limit, const struct block *block,
                      double from, double to)
{
    // from and to are positions in units of batches; a block without length belongs to one batch.
    double length = to - from;
    int first = from < 0 ? 0 : (int)from;
    int last = to >= limit ? limit - 1 : (int)to;
    if (length <= 0) {
        add_share(&out[first < limit ? first : limit - 1], block, 1);
        return;
    }
    for (int i = first; i <= last; i++) {
        double low = from > i ? from : i;
        double high = to < i + 1 ? to : i + 1;
        if (high > low)
            add_share(&out[i], block, (high - low) / length);
    }
}

int blocks_batch_lanes(struct stats_batch *out, int limit, const struct blocks *const *lane,
                       int lane_count, int64_t start_ns, int64_t end_ns)
{
    double width = (double)(end_ns - start_ns) / limit;
    if (width <= 0)
        return 0;
    for (int i = 0; i < limit; i++)
        out[i] = (struct stats_batch){.span_ns = width};
    for (int l = 0; l < lane_count; l++) {
        double from = (double)(lane[l]->start_ns - start_ns) / width;
        for (int k = 0; k <= lane[l]->used; k++) {
            const struct block *block = k < lane[l]->used ? &lane[l]->full[k] : &lane[l]->open;
            if (block->count == 0)
                continue;
            double to = (double)(block->end_ns - start_ns) / width;
            share_out(out, limit, block, from, to);
            from = to;
        }
    }
    return limit;
}
