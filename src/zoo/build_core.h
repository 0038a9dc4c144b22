/**
 * build_core.h - what the builder's files share: values, weights and nodes with shapes checked.
 */
#ifndef ZOO_BUILD_CORE_H
#define ZOO_BUILD_CORE_H

#include "zoo/build.h"

/** A new value; NULL and an error if a dimension is below 1 or there are too many elements. */
struct graph_value *core_value(struct graph *g, const char *name, enum dli_type type, int rank,
                               const int64_t *dim);
/** How a random weight is made: uniform in [low, high). */
static inline struct weight core_uniform(enum weight_role role, double low, double high)
{
    return (struct weight){.role = role, .low = (float)low, .high = (float)high};
}

/** A weight called `NAME.suffix`. */
struct graph_value *core_weight(struct graph *g, const char *name, const char *suffix, int rank,
                                const int64_t *dim, struct weight kind);
/** A 1-D constant, or a scalar for count 0. `values` are copied. */
struct graph_value *core_constant(struct graph *g, const char *name, const char *suffix,
                                  enum dli_type type, int count, const double *values);
/** Appends a node named like its output; inputs from the first NULL on are left out. NULL after an
 * error. */
struct graph_value *core_node(struct graph *g, enum graph_op op,
                              const struct graph_attributes *attribute, struct graph_value *output,
                              struct graph_value *const *input, int input_count);
/** A node with one input and an output of the same shape. */
struct graph_value *core_unary(struct graph *g, enum graph_op op,
                               const struct graph_attributes *attribute, struct graph_value *x,
                               const char *name);

#endif
