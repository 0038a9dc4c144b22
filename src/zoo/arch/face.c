// Faces, as Open Model Zoo (github.com/openvinotoolkit/open_model_zoo, Apache-2.0) publishes the
// Caffe definitions of its own networks: age and gender, angles of the head, 35 landmarks. The
// input is a face that is cut out already; the fully connected layers fix its size.
#include "zoo/arch.h"

// Caffe's BatchNorm without a Scale layer: normalises, and trains nothing.
static const struct norm plain = {.has_no_scale = true, .has_no_shift = true};
static const struct norm scaled = {0};

typedef void build_fn(struct graph *g, struct graph_value *x);

struct config {
    build_fn *build;
};

static struct graph_value *max_pool(struct graph *g, struct graph_value *x, const char *name)
{
    return build_max_pool(g, x, name, (struct pool){.kernel = 3, .stride = 2, .ceil_mode = true});
}

static struct conv square(int64_t out, int64_t kernel, int64_t pad)
{
    return (struct conv){.out = out, .kernel = kernel, .pad = pad, .has_bias = true};
}

// Softmax over `size` values for each sample.
static struct graph_value *distribution(struct graph *g, struct graph_value *x, const char *name,
                                        int64_t size)
{
    if (!x)
        return NULL;
    const int64_t dim[2] = {x->dim[0], size};
    x = build_reshape(g, x, build_name(g, "%s/flat", name), 2, dim);
    return build_softmax(g, x, name, -1);
}

static struct graph_value *age_gender_branch(struct graph *g, struct graph_value *x,
                                             const char *name, int64_t out)
{
    x = build_conv_act(g, x, build_name(g, "%s_conv1", name), square(256, 3, 0), ACT_RELU);
    x = build_conv_act(g, x, build_name(g, "%s_conv2", name), square(512, 1, 0), ACT_RELU);
    struct conv last = square(out, 1, 0);
    last.gain = 1;
    return build_conv(g, x, build_name(g, "%s_conv3", name), last);
}

static void age_gender(struct graph *g, struct graph_value *x)
{
    static const int64_t out[3] = {48, 64, 96};
    for (int i = 0; i < 3; i++) {
        const char *name = build_name(g, "conv%d", i + 1);
        x = build_conv_bn(g, x, name, square(out[i], 3, i == 2), plain, ACT_NONE);
        x = max_pool(g, x, build_name(g, "pool%d", i + 1));
        x = build_activation(g, x, build_name(g, "relu%d", i + 1), ACT_RELU);
    }
    x = build_conv_bn(g, x, "conv4", square(192, 3, 0), plain, ACT_RELU);
    x = build_conv_act(g, x, "conv5", square(256, 3, 0), ACT_RELU);
    build_output(g, age_gender_branch(g, x, "age", 1), "fc3_a");
    struct graph_value *gender = age_gender_branch(g, x, "gender", 2);
    if (gender)
        build_output(
            g,
            build_reshape(g, distribution(g, gender, "gender", 2), "gender/prob", 4, gender->dim),
            "prob");
}

static void angle(struct graph *g, struct graph_value *x, char axis, bool is_norm_first)
{
    const char *name = build_name(g, "angle_%c", axis), *bn = build_name(g, "bn_%c", axis);
    if (is_norm_first) {
        x = build_conv_bn(g, x, name, square(128, 1, 0), plain, ACT_RELU);
    } else {
        x = build_conv_act(g, x, name, square(128, 1, 0), ACT_RELU);
        x = build_batch_norm(g, x, bn, plain);
    }
    x = build_linear(g, x, build_name(g, "angle_%c_fc", axis), 1, true, 1);
    build_output(g, x, build_name(g, "fc_%c", axis));
}

static void head_pose(struct graph *g, struct graph_value *x)
{
    static const int64_t out[5] = {32, 64, 128, 128, 256}, reduced[3] = {16, 0, 64};
    x = build_batch_norm(g, x, "bn/data", scaled);
    for (int i = 0; i < 5; i++) {
        x = build_conv_act(g, x, build_name(g, "conv%d", i + 1), square(out[i], 3, 1), ACT_RELU);
        x = build_batch_norm(g, x, build_name(g, "bn%d", i + 1), plain);
        const char *pool = build_name(g, "pool%d", i + 1);
        if (i == 1 || i == 3) {
            x = max_pool(g, x, pool);
        } else if (i < 4) {
            struct conv halve = square(reduced[i], 3, 1);
            halve.stride = 2;
            halve.gain = 1;
            x = build_conv(g, x, pool, halve);
        }
    }
    struct conv whole = square(512, 3, 0);
    whole.gain = 1;
    x = build_conv(g, x, "conv_fm", whole);
    angle(g, x, 'y', false);
    angle(g, x, 'p', false);
    angle(g, x, 'r', true);
}

// One part of the face: for each of its points a distribution over 60 columns and one over 60 rows.
static struct graph_value *points(struct graph *g, struct graph_value *x, const char *part,
                                  int count)
{
    enum { BINS = 60, MOST = 17 };
    struct graph_value *each[2 * MOST];
    struct conv position = square(BINS, 1, 0);
    position.gain = 1;
    x = build_conv_bn(g, x, build_name(g, "landmarks_conv_%s", part), square(256, 1, 0), plain,
                      ACT_RELU);
    for (int i = 0; i < 2 * count; i++) {
        const char *name = build_name(g, "landmarks_%s_%d_%c", part, i / 2 + 1, i % 2 ? 'y' : 'x');
        each[i] = build_conv(g, x, build_name(g, "%s/fc", name), position);
        each[i] = distribution(g, each[i], name, BINS);
    }
    return build_concat(g, each, 2 * count, 1, build_name(g, "raw_%s", part));
}

static struct graph_value *align(struct graph *g, struct graph_value *x)
{
    struct conv last = square(70, 1, 0);
    last.gain = 1;
    if (!x)
        return NULL;
    const int64_t map[4] = {x->dim[0], x->dim[1], 1, 1};
    x = build_reshape(g, x, "raw_predicts/map", 4, map);
    x = build_conv_act(g, x, "align_fc1", square(256, 1, 0), ACT_RELU);
    x = build_conv_act(g, build_batch_norm(g, x, "bn/align_fc1", plain), "align_fc2",
                       square(128, 1, 0), ACT_RELU);
    x = build_conv(g, build_batch_norm(g, x, "bn/align_fc2", plain), "align_fc3/map", last);
    return build_flatten(g, x, "align_fc3");
}

static void landmarks(struct graph *g, struct graph_value *x)
{
    enum { PARTS = 7 };
    static const struct {
        const char *name;
        int points;
    } part[PARTS] = {{"leye_corner", 2},   {"reye", 2},           {"lnose", 4},
                     {"rmouth_corner", 4}, {"leyebrow_right", 3}, {"reyebrow_center", 3},
                     {"edge_61", 17}};
    static const int64_t out[5] = {16, 32, 64, 128, 256}, halved[4] = {16, 16, 32, 64};
    struct graph_value *found[PARTS];
    x = build_batch_norm(g, x, "bn/data", scaled);
    for (int i = 0; i < 5; i++) {
        x = build_conv_bn(g, x, build_name(g, "conv%d", i + 1), square(out[i], 3, 1), plain,
                          ACT_RELU);
        if (i == 4)
            break;
        struct conv halve = square(halved[i], 3, i < 3);
        halve.stride = 2;
        halve.gain = 1;
        x = build_conv(g, x, build_name(g, "pool%d", i + 1), halve);
    }
    struct conv whole = square(512, 3, 0);
    whole.gain = 1;
    x = build_conv(g, x, "conv_fm", whole);
    for (int i = 0; i < PARTS; i++)
        found[i] = points(g, x, part[i].name, part[i].points);
    x = build_concat(g, found, PARTS, 1, "raw_predicts");
    build_output(g, align(g, x), "align_fc3");
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    if (p->height != variant->height || p->width != variant->height)
        build_fail(g, "takes no input but %lldx%lld", (long long)variant->height,
                   (long long)variant->height);
    if (p->classes != variant->classes)
        build_fail(g, "has no classes to choose");
    config->build(g, build_image(g, p->batch, 3, p->height, p->width));
}

static const struct config age_gender_config = {age_gender}, head_pose_config = {head_pose},
                           landmarks_config = {landmarks};

static const struct zoo_variant variants[] = {
    {"age-gender-recognition-retail-0013", &age_gender_config,
     "age in hundreds of years; probabilities of female, male", 62, 0, 2, false},
    {"head-pose-estimation-adas-0001", &head_pose_config, "yaw, pitch, roll in degrees", 60, 0, 1,
     false},
    {"facial-landmarks-35-adas-0002", &landmarks_config,
     "x and y of 35 points; the points of one part of the face stand together", 60, 0, 70, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_face;
const struct zoo_family zoo_family_face = {
    "face", "face attributes", "github.com/openvinotoolkit/open_model_zoo", false, 60, variants,
    build};
