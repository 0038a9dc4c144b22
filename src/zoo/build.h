/**
 * build.h - the words in which an architecture is written.
 *
 * Every function appends nodes and returns the new value. Errors are sticky: a function that is given
 * NULL, or shapes that do not fit, notes the first error in the graph and returns NULL, and all that
 * follow return NULL too; graph_finish() reports it. So an architecture reads like its paper.
 *
 * Feature maps are NCHW. `name` becomes the name of the layer and, with a suffix, of its weights; names
 * are unique within a graph and, with the seed, decide the weights' values.
 */
#ifndef ZOO_BUILD_H
#define ZOO_BUILD_H

#include "zoo/graph.h"

enum activation {
    ACT_NONE,
    ACT_RELU,
    ACT_RELU6,
    ACT_SIGMOID,
    ACT_HARD_SIGMOID, /**< max(0, min(1, x/6 + 1/2)) */
    ACT_HARD_SWISH,   /**< x * hard sigmoid(x) */
    ACT_SILU,         /**< x * sigmoid(x) */
    ACT_GELU,         /**< x/2 * (1 + erf(x / sqrt 2)) */
    ACT_LEAKY_RELU,   /**< x, below zero x / 10 */
    ACT_ELU,          /**< x, below zero exp(x) - 1 */
    ACT_TANH
};

/** A convolution. Fields left 0 mean: kernel_w = kernel, stride 1, dilation 1, one group. */
struct conv {
    int64_t out;      /**< output channels */
    int64_t kernel, kernel_w;
    int64_t stride;
    int64_t pad, pad_w; /**< on both sides; pad_w follows pad unless kernel_w is given */
    int64_t dilation;
    int64_t group;
    bool is_same;  /**< TensorFlow's SAME: output = ceil(input / stride), the odd pixel at the end */
    bool has_bias;
    double gain;   /**< 0: for the activation that follows; scales the random weights */
};

struct pool {
    int64_t kernel, stride, pad;
    bool ceil_mode, excludes_pad; /**< excludes_pad: averages divide by the pixels inside only */
    bool is_same;
    int64_t stride_w; /**< 0: as stride */
};

/** How batch norm's epsilon and the residual scale are set. */
struct norm {
    double epsilon; /**< 0: 1e-5 */
    double scale;   /**< of gamma; 0: 1. The last one of a residual branch takes a small one */
    bool has_no_scale; /**< gamma is fixed at 1 and no parameter, as in TensorFlow's Inception */
    bool has_no_shift; /**< beta is fixed at 0: Caffe's BatchNorm without a Scale layer after it */
};

struct graph_value *build_input(struct graph *g, const char *name, int rank, const int64_t *dim);
struct graph_value *build_image(struct graph *g, int64_t batch, int64_t channels, int64_t height, int64_t width);
void build_output(struct graph *g, struct graph_value *x, const char *name);

struct graph_value *build_conv(struct graph *g, struct graph_value *x, const char *name, struct conv c);
struct graph_value *build_batch_norm(struct graph *g, struct graph_value *x, const char *name, struct norm n);
/** conv -> batch norm -> activation, named NAME, NAME/bn, NAME/act. */
struct graph_value *build_conv_bn(struct graph *g, struct graph_value *x, const char *name, struct conv c,
                                  struct norm n, enum activation act);
/** conv -> activation. */
struct graph_value *build_conv_act(struct graph *g, struct graph_value *x, const char *name, struct conv c,
                                   enum activation act);
struct graph_value *build_activation(struct graph *g, struct graph_value *x, const char *name, enum activation act);

/** Below zero times a trained slope: one per channel, or one for all (He et al., arXiv:1502.01852). */
struct graph_value *build_prelu(struct graph *g, struct graph_value *x, const char *name, bool is_per_channel);

struct graph_value *build_max_pool(struct graph *g, struct graph_value *x, const char *name, struct pool p);
struct graph_value *build_average_pool(struct graph *g, struct graph_value *x, const char *name, struct pool p);
/** NCHW -> NC11. */
struct graph_value *build_global_pool(struct graph *g, struct graph_value *x, const char *name);
/** torch's AdaptiveAvgPool2d to size x size: one pooling layer where its windows are regular, else as many as it takes. */
struct graph_value *build_adaptive_pool(struct graph *g, struct graph_value *x, const char *name, int64_t size);
/** Local response normalisation across `size` channels. */
struct graph_value *build_lrn(struct graph *g, struct graph_value *x, const char *name, int64_t size, double alpha,
                              double beta, double k);

/** Each pixel's channels divided by their Euclidean norm, times a trained factor per channel near `scale`
 * (ParseNet, arXiv:1506.04579). */
struct graph_value *build_normalise(struct graph *g, struct graph_value *x, const char *name, double scale);

/** Fully connected: flattens to N x features first; `gain` as in struct conv. */
struct graph_value *build_linear(struct graph *g, struct graph_value *x, const char *name, int64_t out, bool has_bias,
                                 double gain);
/** Over the last dimension of a tensor of any rank: MatMul with a weight, then bias. */
struct graph_value *build_project(struct graph *g, struct graph_value *x, const char *name, int64_t out, bool has_bias,
                                  double gain);
struct graph_value *build_layer_norm(struct graph *g, struct graph_value *x, const char *name, double epsilon,
                                     double scale);
/** Multi-head self-attention of N x tokens x features, with a joint projection to queries, keys, values. */
struct graph_value *build_attention(struct graph *g, struct graph_value *x, const char *name, int64_t heads,
                                    double out_gain);

struct graph_value *build_add(struct graph *g, struct graph_value *a, struct graph_value *b, const char *name);
struct graph_value *build_mul(struct graph *g, struct graph_value *a, struct graph_value *b, const char *name);
struct graph_value *build_concat(struct graph *g, struct graph_value *const *x, int count, int64_t axis,
                                 const char *name);
struct graph_value *build_slice(struct graph *g, struct graph_value *x, const char *name, int64_t axis, int64_t start,
                                int64_t end);
struct graph_value *build_reshape(struct graph *g, struct graph_value *x, const char *name, int rank,
                                  const int64_t *dim);
/** N x everything else. */
struct graph_value *build_flatten(struct graph *g, struct graph_value *x, const char *name);
struct graph_value *build_transpose(struct graph *g, struct graph_value *x, const char *name, const int64_t *perm);
struct graph_value *build_matmul(struct graph *g, struct graph_value *a, struct graph_value *b, const char *name);
struct graph_value *build_softmax(struct graph *g, struct graph_value *x, const char *name, int64_t axis);
struct graph_value *build_gather(struct graph *g, struct graph_value *x, const char *name, int64_t axis, int64_t index);
struct graph_value *build_expand(struct graph *g, struct graph_value *x, const char *name, int rank, const int64_t *dim);

/** A trained tensor that is no kernel: uniform in [-bound, bound). */
struct graph_value *build_embedding(struct graph *g, const char *name, int rank, const int64_t *dim, double bound);
/** The same factor for every element. */
struct graph_value *build_scale(struct graph *g, struct graph_value *x, const char *name, double factor);

/** «format» in the graph's arena, for names made of a prefix and a number. */
const char *build_name(struct graph *g, const char *format, ...) DLI_PRINTF(2, 3);
/** Adds the parameters of `head`, a finished graph, to those that only training uses. */
void build_training_head(struct graph *g, const struct graph *head);
/** Notes an error of the architecture itself, e.g. a parameter that it cannot take. */
void build_fail(struct graph *g, const char *format, ...) DLI_PRINTF(2, 3);

/** DLI_OK, or the first error. */
DLI_MUST_CHECK int graph_finish(struct graph *g, struct dli_error *err);

#endif
