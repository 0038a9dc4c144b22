#include "base/random.h"

uint64_t random_key(uint64_t seed, const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        hash = (hash ^ *c) * UINT64_C(0x100000001b3);
    return random_bits(hash, random_bits(seed, 0));
}

void random_fill_f32(float *out, size_t count, uint64_t key, uint64_t first, float low, float high)
{
    // volatile-free and contraction-free on purpose: product and sum are rounded separately, so an
    // FMA-capable build gives the same bits as any other (-ffp-contract=off in this room).
    float range = high - low;
    for (size_t i = 0; i < count; i++) {
        float scaled = range * random_unit(key, first + i);
        out[i] = low + scaled;
    }
}
