/**
 * branches.h - the Inception networks' way of building: chains of small layers side by side, joined
 * by channels.
 *
 * A network is a few tables of `struct unit`; how its framework normalises and pools is a `struct
 * style`.
 */
#ifndef ZOO_BRANCHES_H
#define ZOO_BRANCHES_H

#include "zoo/build.h"

enum { BRANCHES_MAX = 6 };

enum unit_kind {
    UNIT_SAME,     /**< convolution with padding kernel / 2 */
    UNIT_VALID,    /**< convolution without padding */
    UNIT_MAX,      /**< pools; padding kernel / 2 where the stride is 1, else none */
    UNIT_MAX_SAME, /**< maximum with TensorFlow's SAME padding: ceil(input / stride) */
    UNIT_AVERAGE
};

struct unit {
    const char *name;
    int64_t out;              /**< channels; 0 for pools */
    int64_t kernel, kernel_w; /**< kernel 0 ends a chain */
    int64_t stride;
    enum unit_kind kind;
};

#define UNIT_END                                                                                   \
    {                                                                                              \
        NULL, 0, 0, 0, 0, UNIT_SAME                                                                \
    }

struct style {
    bool is_plain; /**< convolutions with bias instead of batch norm */
    struct norm norm;
    bool ceil_mode;    /**< pools round up, as Caffe does */
    bool excludes_pad; /**< averages leave padding out, as TensorFlow does */
};

/** conv [-> batch norm] -> ReLU, or a pool; the layer is called PREFIX/unit->name. */
struct graph_value *build_unit(struct graph *g, struct graph_value *x, const char *prefix,
                               const struct unit *unit, const struct style *style);

/** One unit after the other. */
struct graph_value *build_chain(struct graph *g, struct graph_value *x, const char *prefix,
                                const struct unit *chain, const struct style *style);

/** Up to BRANCHES_MAX chains on the same input, the list ended by NULL; their results joined as
 * PREFIX/concat. */
struct graph_value *build_branches(struct graph *g, struct graph_value *x, const char *prefix,
                                   const struct unit *const *chain, const struct style *style);

#endif
