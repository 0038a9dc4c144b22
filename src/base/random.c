#include "base/random.h"

#include "base/wide.h"

uint64_t random_key(uint64_t seed, const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        hash = (hash ^ *c) * UINT64_C(0x100000001b3);
    return random_bits(hash, random_bits(seed, 0));
}

// Product and sum are rounded separately (-ffp-contract=off in this room), so a build with fused
// multiply-add gives the same bits as any other. The cast to a signed 32-bit number changes no
// value and is one that vectors can convert.
DLI_WIDE_VECTORS void random_fill_f32(float *out, size_t count, uint64_t key, uint64_t first,
                                      float low, float high)
{
    float range = high - low;
    for (size_t i = 0; i < count; i++) {
        float unit = (float)(int32_t)(random_bits(key, first + i) >> 40) * (1.0f / 16777216.0f);
        float scaled = range * unit;
        out[i] = low + scaled;
    }
}
