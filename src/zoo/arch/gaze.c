// Where the eyes look: Open Model Zoo's gaze-estimation-adas-0002
// (github.com/openvinotoolkit/open_model_zoo, Apache-2.0), layer by layer as its published
// intermediate representation. Two eyes go through branches of their own, then together; the angles
// of the head join them before the last layers.
#include "zoo/arch.h"

static const struct norm plain = {.has_no_scale = true, .has_no_shift = true};

static struct conv square(int64_t out, int64_t kernel, int64_t stride, int64_t pad)
{
    return (struct conv){
        .out = out, .kernel = kernel, .stride = stride, .pad = pad, .has_bias = true};
}

// conv -> ReLU -> batch norm.
static struct graph_value *widen(struct graph *g, struct graph_value *x, const char *name,
                                 int64_t out)
{
    x = build_conv_act(g, x, name, square(out, 3, 1, 1), ACT_RELU);
    return build_batch_norm(g, x, build_name(g, "%s/bn", name), plain);
}

// A convolution in place of a pool: nothing follows it.
static struct graph_value *shrink(struct graph *g, struct graph_value *x, const char *name,
                                  int64_t out, int64_t pad)
{
    struct conv c = square(out, 3, 2, pad);
    c.gain = 1;
    return build_conv(g, x, name, c);
}

static struct graph_value *eye(struct graph *g, const char *side, const struct zoo_params *p)
{
    const int64_t dim[4] = {p->batch, 3, p->height, p->width};
    struct graph_value *x = build_input(g, build_name(g, "%s_eye_image", side), 4, dim);
    x = build_batch_norm(g, x, build_name(g, "%s/bn", side), plain);
    x = widen(g, x, build_name(g, "%s/conv1", side), 32);
    x = shrink(g, x, build_name(g, "%s/pool1", side), 16, 1);
    x = widen(g, x, build_name(g, "%s/conv2", side), 64);
    return shrink(g, x, build_name(g, "%s/pool2", side), 32, 1);
}

static struct graph_value *both_eyes(struct graph *g, const struct zoo_params *p)
{
    struct graph_value *each[2] = {eye(g, "left", p), eye(g, "right", p)};
    struct conv whole = square(512, 3, 1, 0);
    whole.gain = 1;
    struct graph_value *x = build_concat(g, each, 2, 1, "eyes");
    x = shrink(g, widen(g, x, "conv3", 128), "pool3", 64, 1);
    x = shrink(g, widen(g, x, "conv4", 128), "pool4", 64, 0);
    return build_conv(g, widen(g, x, "conv5", 256), "conv_fm", whole);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const int64_t angles[2] = {p->batch, 3};
    struct conv last = square(3, 1, 1, 0);
    if (p->height != variant->height || p->width != variant->height)
        build_fail(g, "takes no input but 60x60");
    if (p->classes != variant->classes)
        build_fail(g, "has no classes to choose");
    struct graph_value *x = build_flatten(g, both_eyes(g, p), "features");
    struct graph_value *both[2] = {x, build_input(g, "head_pose_angles", 2, angles)};
    x = build_concat(g, both, 2, 1, "joined");
    if (!x)
        return;
    const int64_t map[4] = {p->batch, x->dim[1], 1, 1};
    x = build_reshape(g, x, "joined/map", 4, map);
    x = build_conv_bn(g, x, "fc1", (struct conv){.out = 320, .kernel = 1}, plain, ACT_RELU);
    x = build_conv_act(g, x, "fc2", square(80, 1, 1, 0), ACT_RELU);
    last.gain = 1;
    x = build_conv(g, build_batch_norm(g, x, "fc2/bn", plain), "fc3", last);
    build_output(g, build_flatten(g, x, "gaze_vector"), "gaze_vector");
}

static const struct zoo_variant variants[] = {{"gaze-estimation-adas-0002", NULL,
                                               "two eyes and the angles of the head to a direction",
                                               60, 0, 3, false},
                                              {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_gaze;
const struct zoo_family zoo_family_gaze = {
    "gaze", "face attributes", "github.com/openvinotoolkit/open_model_zoo", false, 60, variants,
    build};
