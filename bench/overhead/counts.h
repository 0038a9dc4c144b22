/**
 * counts.h - counts calls of the allocator, by every thread of the process, while it is asked to.
 *
 * The program defines malloc and its relatives itself and hands on to the C library's; modules that
 * it loads use them too. Marks are system calls without effect that a tracer sees.
 */
#ifndef OVERHEAD_COUNTS_H
#define OVERHEAD_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

/** Counts from 0. `is_marked`: also tells a tracer, by write(-1, "window opens"). */
void counts_begin(bool is_marked);

/** Allocations, resizings and frees since counts_begin; marks with "window closes". */
int64_t counts_end(bool is_marked);

#endif
