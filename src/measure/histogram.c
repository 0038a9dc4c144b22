#include "measure/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1 };

void histogram_init(struct histogram *h)
{
    h->bucket = xmalloc(HISTOGRAM_BUCKETS * sizeof(h->bucket[0]));
    histogram_reset(h);
}

void histogram_release(struct histogram *h)
{
    free(h->bucket);
    *h = (struct histogram){0};
}

void histogram_reset(struct histogram *h)
{
    uint64_t *bucket = h->bucket;
    memset(bucket, 0, HISTOGRAM_BUCKETS * sizeof(bucket[0]));
    *h = (struct histogram){.bucket = bucket, .min_ns = INT64_MAX, .max_ns = -1};
}

int64_t histogram_low_ns(unsigned index)
{
    if (index < 2048)
        return (int64_t)index;
    unsigned shift = index / 1024 - 1;
    return (int64_t)(index - shift * 1024) << shift;
}

int64_t histogram_high_ns(unsigned index)
{
    return histogram_low_ns(index + 1) - 1;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    into->squares += from->squares;
    for (unsigned i = histogram_index(from->min_ns); i <= histogram_index(from->max_ns); i++)
        into->bucket[i] += from->bucket[i];
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    if (from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
}

void histogram_settle(struct histogram *h)
{
    h->count = 0;
    h->squares = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (h->bucket[i] == 0)
            continue;
        int64_t low_ns = histogram_low_ns(i);
        int64_t high_ns = histogram_high_ns(i);
        uint64_t middle = (uint64_t)(low_ns + (high_ns - low_ns) / 2);
        h->min_ns = h->count == 0 ? low_ns : h->min_ns;
        h->max_ns = high_ns;
        h->count += h->bucket[i];
        h->squares += (unsigned __int128)middle * middle * h->bucket[i];
    }
}

static unsigned index_of_quantile(const struct histogram *h, double q)
{
    double rank = ceil(fmin(fmax(q, 0.0), 1.0) * (double)h->count);
    uint64_t wanted = rank < 1 ? 1 : (uint64_t)rank;
    unsigned last = histogram_index(h->max_ns);
    uint64_t seen = 0;
    for (unsigned i = histogram_index(h->min_ns); i < last; i++) {
        seen += h->bucket[i];
        if (seen >= wanted)
            return i;
    }
    return last;
}

static int64_t within(const struct histogram *h, int64_t value_ns)
{
    if (value_ns < h->min_ns)
        return h->min_ns;
    return value_ns > h->max_ns ? h->max_ns : value_ns;
}

int64_t histogram_quantile(const struct histogram *h, double q)
{
    if (h->count == 0)
        return 0;
    unsigned index = index_of_quantile(h, q);
    int64_t low = histogram_low_ns(index);
    return within(h, low + (histogram_high_ns(index) - low) / 2);
}

int64_t histogram_quantile_edge(const struct histogram *h, double q, bool is_upper)
{
    if (h->count == 0)
        return 0;
    unsigned index = index_of_quantile(h, q);
    return within(h, is_upper ? histogram_high_ns(index) : histogram_low_ns(index));
}

// Part of bucket `index` that lies below `x` when it is spread as histogram_smooth_quantile says.
static double share_below(unsigned index, double x, double step_ns)
{
    double low = (double)histogram_low_ns(index);
    double high = (double)histogram_high_ns(index);
    double width = fmax(high - low + 1, step_ns);
    return fmin(fmax((x - (low + high) / 2) / width + 0.5, 0), 1);
}

double histogram_smooth_quantile(const struct histogram *h, double q, double step_ns)
{
    if (h->count == 0)
        return 0;
    // Only buckets within `reach` of the plain quantile can be on both sides of the smooth one.
    unsigned centre = index_of_quantile(h, q);
    int64_t reach =
        (int64_t)step_ns + 2 * (histogram_high_ns(centre) - histogram_low_ns(centre) + 1);
    int64_t low_ns = histogram_low_ns(centre) - reach;
    unsigned first = histogram_index(low_ns > h->min_ns ? low_ns : h->min_ns);
    unsigned last = histogram_index(within(h, histogram_high_ns(centre) + reach));
    uint64_t before = 0;
    for (unsigned i = histogram_index(h->min_ns); i < first; i++)
        before += h->bucket[i];
    double low = (double)low_ns;
    double high = (double)(histogram_high_ns(centre) + reach);
    for (int step = 0; step < 40; step++) {
        double middle = (low + high) / 2;
        double below = (double)before;
        for (unsigned i = first; i <= last; i++)
            if (h->bucket[i] > 0)
                below += (double)h->bucket[i] * share_below(i, middle, step_ns);
        if (below < q * (double)h->count)
            low = middle;
        else
            high = middle;
    }
    return fmin(fmax(high, (double)h->min_ns), (double)h->max_ns);
}

double histogram_mean(const struct histogram *h)
{
    return h->count == 0 ? 0 : (double)h->sum_ns / (double)h->count;
}

double histogram_sd(const struct histogram *h)
{
    if (h->count < 2)
        return 0;
    // Squares about the whole number below the mean, without rounding; the rest of the mean is less
    // than 1 ns.
    __int128 count = h->count;
    __int128 centre = h->sum_ns / count;
    __int128 rest = h->sum_ns - centre * count;
    double squares = (double)((__int128)h->squares - centre * (h->sum_ns + rest));
    double excess = (double)rest * (double)rest / (double)h->count;
    return sqrt(fmax(squares - excess, 0) / ((double)h->count - 1));
}

static void add_leb128(struct strbuf *out, uint64_t value)
{
    unsigned char byte[10];
    size_t length = 0;
    do {
        byte[length++] = (unsigned char)((value & 127) | (value > 127 ? 128 : 0));
        value >>= 7;
    } while (value > 0);
    strbuf_add(out, byte, length);
}

void histogram_encode(struct strbuf *out, const struct histogram *h)
{
    bool is_empty = h->count == 0;
    add_leb128(out, FORMAT);
    add_leb128(out, h->count);
    add_leb128(out, is_empty ? 0 : (uint64_t)h->min_ns);
    add_leb128(out, is_empty ? 0 : (uint64_t)h->max_ns);
    add_leb128(out, (uint64_t)h->sum_ns);
    uint64_t skipped = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (h->bucket[i] == 0) {
            skipped++;
            continue;
        }
        add_leb128(out, skipped);
        add_leb128(out, h->bucket[i]);
        skipped = 0;
    }
}

struct reader {
    const unsigned char *at;
    const unsigned char *end;
};

static bool read_leb128(struct reader *reader, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 63 && reader->at < reader->end; shift += 7) {
        unsigned char byte = *reader->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool read_buckets(struct histogram *h, struct reader *reader)
{
    uint64_t index = 0;
    uint64_t seen = 0;
    while (reader->at < reader->end) {
        uint64_t skipped = 0;
        uint64_t count = 0;
        if (!read_leb128(reader, &skipped) || !read_leb128(reader, &count))
            return false;
        if (skipped >= HISTOGRAM_BUCKETS - index || count == 0 || count > h->count - seen)
            return false;
        index += skipped;
        h->bucket[index++] = count;
        seen += count;
        if (index == HISTOGRAM_BUCKETS && reader->at < reader->end)
            return false;
    }
    return seen == h->count;
}

int histogram_decode(struct histogram *h, const void *data, size_t bytes, struct dli_error *err)
{
    struct reader reader = {data, (const unsigned char *)data + bytes};
    uint64_t format = 0;
    uint64_t head[4] = {0}; // count, min, max, sum
    bool is_ok = read_leb128(&reader, &format) && format == FORMAT;
    for (int i = 0; i < 4; i++)
        is_ok = is_ok && read_leb128(&reader, &head[i]);
    histogram_reset(h);
    if (is_ok) {
        h->count = head[0];
        is_ok = head[1] <= head[2] && read_buckets(h, &reader);
    }
    if (is_ok && h->count > 0) {
        h->min_ns = (int64_t)head[1];
        h->max_ns = (int64_t)head[2];
        h->sum_ns = (int64_t)head[3];
        // Minimum and maximum must lie in the outermost buckets, else quantiles would miss counts.
        is_ok =
            h->bucket[histogram_index(h->min_ns)] > 0 && h->bucket[histogram_index(h->max_ns)] > 0;
        for (unsigned i = 0; is_ok && i < histogram_index(h->min_ns); i++)
            is_ok = h->bucket[i] == 0;
        for (unsigned i = histogram_index(h->max_ns) + 1; is_ok && i < HISTOGRAM_BUCKETS; i++)
            is_ok = h->bucket[i] == 0;
    }
    if (is_ok)
        return DLI_OK;
    histogram_reset(h);
    return dli_fail(err, DLI_E_PARSE, "histogram: malformed or cut short (%zu bytes)", bytes);
}
