/**
 * caffe.h - a graph on its way into Caffe's two files: layers as text (prototxt) and their weights
 * (caffemodel).
 *
 * Names and fields are those of BVLC Caffe 1.0's src/caffe/proto/caffe.proto. Both files come from
 * the same lowering. Everything belongs to the arena.
 */
#ifndef ZOO_EMIT_CAFFE_H
#define ZOO_EMIT_CAFFE_H

#include "base/strbuf.h"
#include "zoo/emit.h"

/** One array of a layer with weights: a weight of the graph, or (NULL) the number 1. */
struct caffe_blob {
    const struct graph_value *weight;
    int rank;
    int64_t dim[DLI_MAX_RANK];
};

struct caffe_layer {
    const char *name, *type;
    int blob_count;
    struct caffe_blob blob[3];
    struct caffe_layer *next;
};

struct caffe {
    const struct graph *graph;
    struct arena arena;
    struct strbuf text;               /**< the prototxt so far */
    struct caffe_layer *first, *last; /**< layers with weights */
    const char **name;                /**< by index of the graph's value: the array that holds it */
    int part_count;
    int result; /**< 0, or the first failure */
    struct dli_error *err;
};

/** Keeps the first failure: DLI_E_UNSUPPORTED with the operator's name and what of it Caffe lacks.
 */
void caffe_refuse(struct caffe *c, const struct graph_node *node, const char *what);

/**
 * Begins a layer that reads `bottom` and makes `top` (NULL: none); parameters follow by
 * strbuf_addf, then caffe_end. Returns the layer's name.
 */
const char *caffe_begin(struct caffe *c, const char *name, const char *type, const char *bottom,
                        const char *top);
void caffe_end(struct caffe *c);
/** The whole of a layer whose parameters are `text`. */
void caffe_simple(struct caffe *c, const char *name, const char *type, const char *bottom,
                  const char *top, const char *text);
/** Weights of the layer that was begun last. */
struct caffe_layer *caffe_weights(struct caffe *c, const char *name, const char *type);
void caffe_add_blob(struct caffe_layer *layer, const struct graph_value *weight);

/** A name for an array in between. */
const char *caffe_part(struct caffe *c, const char *of, const char *part);
/** The array that holds a value. */
const char *caffe_name(const struct caffe *c, const struct graph_value *value);
/** The array that `output` goes to: a new one, or where it may be, that of `input` again. */
const char *caffe_place(struct caffe *c, const struct graph_value *output,
                        const struct graph_value *input);

/** caffe_ops.c: every operator. */
void caffe_node(struct caffe *c, const struct graph_node *node);

#endif
