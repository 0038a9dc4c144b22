/**
 * openvino.h - a graph on its way into OpenVINO's two files: layers as XML, version 11, and
 * constants (.bin).
 *
 * Layers, attributes and the numbering of ports are those of OpenVINO's operation sets 1 to 8
 * (docs.openvino.ai, «Available Operation Sets»). Both files come from the same lowering.
 * Everything belongs to the arena.
 */
#ifndef ZOO_EMIT_OPENVINO_H
#define ZOO_EMIT_OPENVINO_H

#include "base/strbuf.h"
#include "zoo/emit.h"

/** A result of a layer. */
struct ir_value {
    int layer, port;
    enum dli_type type;
    int rank;
    int64_t dim[DLI_MAX_RANK];
};

/** What the .bin holds: a weight of the graph, or numbers written out. */
struct ir_constant {
    const struct graph_value *weight;
    const void *values;
    uint64_t offset_bytes, bytes;
    struct ir_constant *next;
};

struct ir {
    const struct graph *graph;
    struct arena arena;
    struct strbuf layers, edges; /**< of the XML so far */
    int layer_count;
    uint64_t data_bytes;
    struct ir_constant *first, *last;
    struct ir_value *value; /**< by index of the graph's value; of weights: when first asked for */
    bool *is_placed;
    int result; /**< 0, or the first failure */
    struct dli_error *err;
};

/** Keeps the first failure: DLI_E_UNSUPPORTED with the operator's name and what of it OpenVINO
 * lacks. */
void ir_refuse(struct ir *ir, const struct graph_node *node, const char *what);

/** A value of the graph; a weight becomes a constant. */
struct ir_value ir_get(struct ir *ir, const struct graph_value *value);
/** A weight in another shape with as many elements. */
struct ir_value ir_weight(struct ir *ir, const struct graph_value *weight, int rank,
                          const int64_t *dim);
/** Integers; rank 0 or 1. */
struct ir_value ir_integers(struct ir *ir, int rank, int count, const int64_t *values);
/** A number of rank 0. */
struct ir_value ir_scalar(struct ir *ir, float value);

/** Which operator of which operation set; `attributes` are those of its <data> element, NULL: none.
 */
struct ir_kind {
    const char *type;
    int set;
    const char *attributes;
};

/** A layer with one result in the shape of `like`. */
struct ir_value ir_layer(struct ir *ir, const char *name, struct ir_kind kind, int input_count,
                         const struct ir_value *input, const struct graph_value *like);

/** openvino_ops.c: every operator. */
void ir_node(struct ir *ir, const struct graph_node *node);

#endif
