/**
 * graph.h - a network as data: values, the nodes that make them, and how its weights are generated.
 *
 * Operators are those of ONNX (opset 17) with the same meaning. The graph is static: every shape is
 * known. Weights are descriptions, never data: value i of a tensor is a pure function of the graph's
 * seed, the tensor's name and i, so every format and machine sees the same bits. Nodes stand in an order
 * in which they can run. Everything belongs to the graph's arena. Not thread-safe while built; a
 * finished graph is constant.
 */
#ifndef ZOO_GRAPH_H
#define ZOO_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include <dli/backend.h>

#include "base/arena.h"

#define GRAPH_MAX_NODE_INPUTS 64
#define GRAPH_MAX_ELEMENTS (INT64_C(1) << 36)

/** X(identifier, ONNX name) */
#define GRAPH_OPERATORS(X)                                                                         \
    X(CONV, "Conv")                                                                                \
    X(BATCH_NORM, "BatchNormalization")                                                            \
    X(LAYER_NORM, "LayerNormalization")                                                            \
    X(LP_NORM, "LpNormalization")                                                                  \
    X(LRN, "LRN")                                                                                  \
    X(RELU, "Relu")                                                                                \
    X(CLIP, "Clip")                                                                                \
    X(SIGMOID, "Sigmoid")                                                                          \
    X(HARD_SIGMOID, "HardSigmoid")                                                                 \
    X(HARD_SWISH, "HardSwish")                                                                     \
    X(LEAKY_RELU, "LeakyRelu")                                                                     \
    X(PRELU, "PRelu")                                                                              \
    X(ELU, "Elu")                                                                                  \
    X(TANH, "Tanh")                                                                                \
    X(ERF, "Erf")                                                                                  \
    X(SOFTMAX, "Softmax")                                                                          \
    X(MAX_POOL, "MaxPool")                                                                         \
    X(AVERAGE_POOL, "AveragePool")                                                                 \
    X(GLOBAL_AVERAGE_POOL, "GlobalAveragePool")                                                    \
    X(ADD, "Add")                                                                                  \
    X(MUL, "Mul")                                                                                  \
    X(DIV, "Div")                                                                                  \
    X(CONCAT, "Concat")                                                                            \
    X(SLICE, "Slice")                                                                              \
    X(RESHAPE, "Reshape")                                                                          \
    X(TRANSPOSE, "Transpose")                                                                      \
    X(GATHER, "Gather")                                                                            \
    X(EXPAND, "Expand")                                                                            \
    X(GEMM, "Gemm")                                                                                \
    X(MATMUL, "MatMul")

#define GRAPH_OPERATOR_ENUM(id, name) OP_##id,
enum graph_op { GRAPH_OPERATORS(GRAPH_OPERATOR_ENUM) OP_COUNT };
#undef GRAPH_OPERATOR_ENUM

/** What a weight is for: decides which parameter count it belongs to. */
enum weight_role {
    WEIGHT_KERNEL,   /**< of convolutions and matrix products */
    WEIGHT_BIAS,     /**< added after a kernel */
    WEIGHT_SCALE,    /**< gamma of a normalisation */
    WEIGHT_SHIFT,    /**< beta of a normalisation */
    WEIGHT_MEAN,     /**< running mean */
    WEIGHT_VARIANCE, /**< running variance */
    WEIGHT_EMBEDDING,/**< trained, but no kernel: class token, position table */
    WEIGHT_CONSTANT  /**< shapes, limits: not a parameter */
};

/** How a weight's values are made: uniform in [low, high), or the `values` written out. */
struct weight {
    enum weight_role role;
    float low, high;
    const double *values; /**< as many as elements; NULL: random */
};

struct graph_value {
    const char *name;
    int index; /**< 0 … value_count-1 within the graph */
    enum dli_type type; /**< DLI_F32, or DLI_I64 for shapes and indices */
    int rank;
    int64_t dim[DLI_MAX_RANK];
    struct weight *weight; /**< NULL for inputs and results */
    int producer;          /**< index of the node, -1 for inputs and weights */
    int use_count;         /**< nodes that read it, plus one for an output of the graph */
    struct graph_value *next;
};

/** Attributes under ONNX's names; a node uses those of its operator. */
struct graph_attributes {
    int64_t kernel[2], stride[2], dilation[2]; /**< height, width */
    int64_t pad[4];                            /**< top, left, bottom, right */
    int64_t group;
    bool ceil_mode, count_include_pad;
    int64_t axis, size;                /**< size: channels summed by LRN */
    int64_t perm[DLI_MAX_RANK];
    float alpha, beta, bias, epsilon;
    bool transpose_b;
};

struct graph_node {
    enum graph_op op;
    const char *name;
    int input_count;
    struct graph_value **input;
    struct graph_value *output; /**< every operator here has one output */
    struct graph_attributes attribute;
    struct graph_node *next;
};

struct graph {
    struct arena arena;
    const char *name;
    uint64_t seed;
    int input_count, output_count, node_count, weight_count, value_count;
    struct graph_value *input[DLI_MAX_IO];
    struct graph_value *output[DLI_MAX_IO];
    struct graph_node *first_node, *last_node;
    struct graph_value *first_weight, *last_weight;
    /** Of heads that only training uses: no layer here, but in the trainable and total counts that are published. */
    int64_t training_trainable, training_total;
    struct dli_error error; /**< the first thing that went wrong; code 0: nothing */
};

void graph_init(struct graph *graph, const char *name, uint64_t seed);
void graph_release(struct graph *graph);

const char *graph_op_name(enum graph_op op);
/** Elements of a value; shapes were checked when it was made. */
int64_t graph_elements(const struct graph_value *value);
/** Multiply-adds of one node: convolutions and matrix products, else 0. */
int64_t graph_node_macs(const struct graph_node *node);
/** The network's inputs and outputs as a backend should describe them. */
void graph_describe(const struct graph *graph, struct dli_io *out);

/** `count` values of a weight from `first` on. */
void graph_fill_f32(const struct graph *graph, const struct graph_value *weight, float *out,
                    int64_t first, int64_t count);
void graph_fill_i64(const struct graph_value *weight, int64_t *out, int64_t first, int64_t count);

struct graph_counts {
    int64_t trainable; /**< weights + biases + 2 per normalised channel */
    int64_t folded;    /**< as after batch norm is folded into the convolution before it */
    int64_t total;     /**< weights + biases + 4 per batch-normalised channel */
    int64_t macs;      /**< multiply-adds of convolutions and matrix products */
    int64_t weight_bytes;
    int64_t activation_elements; /**< summed over all nodes' outputs */
};

struct graph_counts graph_count(const struct graph *graph);

#endif
