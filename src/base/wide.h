/**
 * wide.h - DLI_WIDE_VECTORS: a function that is compiled twice, for AVX2 machines and for all
 * others.
 *
 * Only for loops whose result does not depend on the width of vectors or on fused multiply-add.
 * Empty where the compiler or a sanitizer has no such dispatch.
 */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define DLI_WIDE_VECTORS __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define DLI_WIDE_VECTORS
#endif

#endif
