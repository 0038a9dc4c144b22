/**
 * random.h - counter-based random numbers: value i of a stream is a pure function of (key, i).
 *
 * The same on every machine, in every order and on any number of threads, so weights and inputs are
 * identical in every format and process. The mixer is the finaliser of SplitMix64 (Steele, Lea,
 * Flood, OOPSLA 2014) over key + (i+1) * 0x9E3779B97F4A7C15, i.e. SplitMix64 seeded with `key` read
 * at position i.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/** Key of the stream that belongs to `seed` and `name` (FNV-1a of the name, mixed with the seed).
 */
uint64_t random_key(uint64_t seed, const char *name);

/** 64 uniform bits at `index`. */
static inline uint64_t random_bits(uint64_t key, uint64_t index)
{
    uint64_t z = key + (index + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/** Uniform in [0, 1), exact in float: the upper 24 bits divided by 2^24. */
static inline float random_unit(uint64_t key, uint64_t index)
{
    return (float)(random_bits(key, index) >> 40) * (1.0f / 16777216.0f);
}

/** out[i] = low + (high - low) * random_unit(key, first + i) for i < count, in float arithmetic. */
void random_fill_f32(float *out, size_t count, uint64_t key, uint64_t first, float low, float high);

#endif
