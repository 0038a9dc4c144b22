/**
 * loadgen_null.h - a null system under test behind MLPerf LoadGen, which does as much per query as
 * null does.
 */
#ifndef OVERHEAD_LOADGEN_NULL_H
#define OVERHEAD_LOADGEN_NULL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How queries are issued and completed. */
enum loadgen_case {
    LOADGEN_SINGLE,        /**< SingleStream, completed inside IssueQuery */
    LOADGEN_SINGLE_THREAD, /**< SingleStream, completed by a thread that waits busily */
    LOADGEN_SERVER_THREAD  /**< Server far above its pace, so many in flight; completed by that
                              thread */
};

/** Time per query in ns from the first one issued to the last one completed; -1 if LoadGen lost
 * one. */
double loadgen_run(enum loadgen_case what, int64_t queries);

#ifdef __cplusplus
}
#endif
#endif
