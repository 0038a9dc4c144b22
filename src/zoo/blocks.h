/**
 * blocks.h - parts that several families share, above the single layer.
 */
#ifndef ZOO_BLOCKS_H
#define ZOO_BLOCKS_H

#include "zoo/build.h"

/** Squeeze and excitation (Hu et al., arXiv:1709.01507): a gate per channel, made from the whole
 * map. */
struct squeeze {
    int64_t channels; /**< between its two 1x1 convolutions; 0: no gate */
    enum activation inner, gate;
};

/** x times its gate. */
struct graph_value *build_squeeze(struct graph *g, struct graph_value *x, const char *name,
                                  struct squeeze s);

/** A 3x3 convolution in each channel, then a 1x1 across them (MobileNet, arXiv:1704.04861), each
 * with batch norm and activation; called NAME/dw and NAME/sep. */
struct separable {
    int64_t out, stride;
    bool is_same;   /**< TensorFlow's padding; else `dilation` pixels on all sides */
    double epsilon; /**< of batch norm */
    enum activation act;
    int64_t dilation; /**< 0: 1 */
};

struct graph_value *build_separable(struct graph *g, struct graph_value *x, const char *name,
                                    struct separable s);

/** The inverted residual of MobileNetV2 (arXiv:1801.04381) and what followed from it. */
struct inverted {
    int64_t expanded; /**< channels inside; where equal to the input's there is no expansion */
    int64_t out;
    int64_t kernel, stride;
    bool is_same;        /**< TensorFlow's padding; else kernel / 2 on both sides */
    bool always_expands; /**< has a 1x1 convolution even where it adds no channels */
    bool is_fused;       /**< one kernel x kernel convolution expands, none is depthwise */
    double epsilon;      /**< of batch norm */
    double branch_scale; /**< of what is added to the identity, about 1 / sqrt(blocks): outputs stay
                            of order 1 */
    enum activation act;
    struct squeeze squeeze;
    struct graph_value **expanded_map; /**< receives what the depthwise convolution reads, for
                                          detectors; may be NULL */
};

/** Adds its input where stride is 1 and the channels stay as many. */
struct graph_value *build_inverted(struct graph *g, struct graph_value *x, const char *name,
                                   struct inverted b);

#endif
