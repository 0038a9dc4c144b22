// The reference executor against values worked out by hand, and against plain loops where blocks
// and threads could go wrong.
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "zoo/build_core.h"
#include "zoo/reference/reference.h"
#include "zoo/zoo.h"

enum { MAX_VALUES = 64 };

// A weight takes the values given instead of random ones.
static void set_weight(struct graph *g, const char *name, const double *values)
{
    for (struct graph_value *w = g->first_weight; w; w = w->next)
        if (strcmp(w->name, name) == 0) {
            w->weight->values = values;
            return;
        }
    fail_msg("no weight '%s'", name);
}

static struct graph_value *input(struct graph *g, const char *name, int rank, int64_t a, int64_t b,
                                 int64_t c, int64_t d)
{
    const int64_t dim[4] = {a, b, c, d};
    return build_input(g, name, rank, dim);
}

// Runs the graph that ends in `y` and compares; the graph is released.
static void expect2(struct graph *g, struct graph_value *y, const float *first, const float *second,
                    const double *expected)
{
    struct dli_error err = {0};
    float result[MAX_VALUES];
    const float *in[2] = {first, second};
    float *out[1] = {result};
    build_output(g, y, "y");
    check_ok(graph_finish(g, &err));
    int64_t count = graph_elements(g->output[0]);
    assert_true(count <= MAX_VALUES);
    check_ok(reference_run(g, in, out, 2, &err));
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(result[i] - expected[i]) <= 1e-6 * fmax(1, fabs(expected[i]))))
            fail_msg("element %d is %.9g, not %.9g", (int)i, (double)result[i], expected[i]);
    graph_release(g);
}

static void expect(struct graph *g, struct graph_value *y, const float *x, const double *expected)
{
    expect2(g, y, x, NULL, expected);
}

static const float nine[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
static const double ones[64] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const double zeros[64] = {0};

static void convolution_by_hand(void **state)
{
    static const double kernel[4] = {1, 2, 3, 4}, bias[1] = {0.5};
    static const float sixteen[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct graph g;
    (void)state;
    graph_init(&g, "plain", 1);
    struct graph_value *y = build_conv(&g, input(&g, "x", 4, 1, 1, 3, 3), "c",
                                       (struct conv){.out = 1, .kernel = 2, .has_bias = true});
    set_weight(&g, "c.weight", kernel);
    set_weight(&g, "c.bias", bias);
    expect(&g, y, nine, (const double[]){37.5, 47.5, 67.5, 77.5});

    graph_init(&g, "padded, stride 2", 1);
    y = build_conv(&g, input(&g, "x", 4, 1, 1, 3, 3), "c",
                   (struct conv){.out = 1, .kernel = 3, .pad = 1, .stride = 2});
    set_weight(&g, "c.weight", ones);
    expect(&g, y, nine, (const double[]){12, 16, 24, 28});

    // TensorFlow puts the odd pixel of padding after the image.
    graph_init(&g, "SAME", 1);
    y = build_conv(&g, input(&g, "x", 4, 1, 1, 4, 4), "c",
                   (struct conv){.out = 1, .kernel = 3, .stride = 2, .is_same = true});
    set_weight(&g, "c.weight", ones);
    expect(&g, y, sixteen, (const double[]){54, 45, 72, 54});

    graph_init(&g, "dilated", 1);
    y = build_conv(&g, input(&g, "x", 4, 1, 1, 3, 3), "c",
                   (struct conv){.out = 1, .kernel = 2, .dilation = 2});
    set_weight(&g, "c.weight", kernel);
    expect(&g, y, nine, (const double[]){1 + 6 + 21 + 36});

    graph_init(&g, "1 x 3 kernel", 1);
    y = build_conv(&g, input(&g, "x", 4, 1, 1, 3, 3), "c",
                   (struct conv){.out = 1, .kernel = 1, .kernel_w = 3, .pad_w = 1});
    set_weight(&g, "c.weight", kernel);
    expect(&g, y, nine, (const double[]){8, 14, 8, 23, 32, 17, 38, 50, 26});
}

static void groups_by_hand(void **state)
{
    static const float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}; // 4 channels of 1 x 2
    static const double kernel[4] = {1, 10, 100, 1000};
    struct graph g;
    (void)state;
    graph_init(&g, "depthwise", 1);
    struct graph_value *y = build_conv(&g, input(&g, "x", 4, 1, 4, 1, 2), "c",
                                       (struct conv){.out = 4, .kernel = 1, .group = 4});
    set_weight(&g, "c.weight", kernel);
    expect(&g, y, x, (const double[]){1, 2, 30, 40, 500, 600, 7000, 8000});

    graph_init(&g, "two groups", 1);
    y = build_conv(&g, input(&g, "x", 4, 1, 4, 1, 2), "c",
                   (struct conv){.out = 2, .kernel = 1, .group = 2});
    set_weight(&g, "c.weight", kernel);
    expect(&g, y, x, (const double[]){31, 42, 7500, 8600});
}

// The same sum in the same order, without blocks.
static float plain_conv(const float *x, const float *w, float bias, int64_t channels, int64_t side,
                        int64_t row, int64_t column)
{
    double sum = 0;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < 3; i++)
            for (int64_t j = 0; j < 3; j++) {
                int64_t r = row + i - 1, k = column + j - 1;
                if (r >= 0 && r < side && k >= 0 && k < side)
                    sum += (double)x[(c * side + r) * side + k] * w[(c * 3 + i) * 3 + j];
            }
    return (float)(sum + bias);
}

static void blocks_and_threads_change_no_bit(void **state)
{
    enum { IN = 19, OUT = 261, SIDE = 11, PIXELS = SIDE * SIDE };
    struct graph g;
    struct dli_error err = {0};
    (void)state;
    graph_init(&g, "blocks", 7);
    struct graph_value *y =
        build_conv(&g, input(&g, "x", 4, 1, IN, SIDE, SIDE), "c",
                   (struct conv){.out = OUT, .kernel = 3, .pad = 1, .has_bias = true});
    build_output(&g, y, "y");
    check_ok(graph_finish(&g, &err));
    float *x = malloc(IN * PIXELS * sizeof(float)), *w = malloc(OUT * IN * 9 * sizeof(float)),
          *bias = malloc(OUT * sizeof(float));
    float *out[2] = {malloc(OUT * PIXELS * sizeof(float)), malloc(OUT * PIXELS * sizeof(float))};
    zoo_fill_input(x, IN * PIXELS, "x", 3);
    graph_fill_f32(&g, g.first_weight, w, 0, OUT * IN * 9);
    graph_fill_f32(&g, g.last_weight, bias, 0, OUT);
    for (int i = 0; i < 2; i++)
        check_ok(reference_run(&g, (const float *const[]){x}, &out[i], i ? 3 : 1, &err));
    assert_memory_equal(out[0], out[1], OUT * PIXELS * sizeof(float));
    for (int64_t o = 0; o < OUT; o++)
        for (int64_t p = 0; p < PIXELS; p++) {
            float expected = plain_conv(x, w + o * IN * 9, bias[o], IN, SIDE, p / SIDE, p % SIDE);
            if (out[0][o * PIXELS + p] != expected)
                fail_msg("channel %d pixel %d: %.9g, not %.9g", (int)o, (int)p,
                         (double)out[0][o * PIXELS + p], (double)expected);
        }
    free(x);
    free(w);
    free(bias);
    free(out[0]);
    free(out[1]);
    graph_release(&g);
}

static void products_by_hand(void **state)
{
    static const double weight[6] = {1, 2, 3, 4, 5, 6}, bias[2] = {0.5, -0.5};
    static const float x[6] = {1, 2, 3, 4, 5, 6}, other[6] = {1, 0, 0, 1, 1, 1};
    struct graph g;
    (void)state;
    graph_init(&g, "linear", 1); // weight is out x in
    struct graph_value *y = build_linear(&g, input(&g, "x", 2, 2, 3, 0, 0), "f", 2, true, 1);
    set_weight(&g, "f.weight", weight);
    set_weight(&g, "f.bias", bias);
    expect(&g, y, x, (const double[]){14.5, 31.5, 32.5, 76.5});

    graph_init(&g, "project", 1); // weight is in x out
    y = build_project(&g, input(&g, "x", 3, 1, 2, 3, 0), "f", 2, true, 1);
    set_weight(&g, "f.weight", weight);
    set_weight(&g, "f.bias", bias);
    expect(&g, y, x, (const double[]){22.5, 27.5, 49.5, 63.5});

    graph_init(&g, "matmul", 1);
    struct graph_value *a = input(&g, "a", 3, 1, 2, 3, 0);
    expect2(&g, build_matmul(&g, a, input(&g, "b", 3, 1, 3, 2, 0), "m"), x, other,
            (const double[]){4, 5, 10, 11});
}

static void pools_by_hand(void **state)
{
    struct pool ceil_mode = {.kernel = 2, .stride = 2, .ceil_mode = true},
                padded = {.kernel = 3, .stride = 2, .pad = 1};
    struct graph g;
    (void)state;
    graph_init(&g, "max, floor", 1);
    expect(&g, build_max_pool(&g, input(&g, "x", 4, 1, 1, 3, 3), "p", (struct pool){.kernel = 2}),
           nine, (const double[]){5});
    graph_init(&g, "max, ceil", 1);
    expect(&g, build_max_pool(&g, input(&g, "x", 4, 1, 1, 3, 3), "p", ceil_mode), nine,
           (const double[]){5, 6, 8, 9});
    graph_init(&g, "average, padding counts", 1);
    expect(&g, build_average_pool(&g, input(&g, "x", 4, 1, 1, 3, 3), "p", padded), nine,
           (const double[]){12 / 9.0, 16 / 9.0, 24 / 9.0, 28 / 9.0});
    padded.excludes_pad = true;
    graph_init(&g, "average, padding left out", 1);
    expect(&g, build_average_pool(&g, input(&g, "x", 4, 1, 1, 3, 3), "p", padded), nine,
           (const double[]){3, 4, 6, 7});
    graph_init(&g, "average, a window hangs over", 1);
    expect(&g, build_average_pool(&g, input(&g, "x", 4, 1, 1, 3, 3), "p", ceil_mode), nine,
           (const double[]){3, 4.5, 7.5, 9});
    graph_init(&g, "every second row", 1);
    struct pool rows = {.kernel = 1, .stride = 2, .stride_w = 1};
    expect(&g, build_max_pool(&g, input(&g, "x", 4, 1, 1, 3, 3), "p", rows), nine,
           (const double[]){1, 2, 3, 7, 8, 9});
    graph_init(&g, "global", 1);
    expect(&g, build_global_pool(&g, input(&g, "x", 4, 1, 1, 3, 3), "p"), nine,
           (const double[]){5});
}

static void norms_by_hand(void **state)
{
    static const double gamma[2] = {2, 3}, beta[2] = {1, -1}, mean[2] = {0.5, 1},
                        variance[2] = {4 - 1e-5, 1 - 1e-5};
    static const float x[4] = {1, 2, 3, 4};
    struct graph g;
    (void)state;
    graph_init(&g, "batch norm", 1);
    struct graph_value *y =
        build_batch_norm(&g, input(&g, "x", 4, 1, 2, 1, 2), "n", (struct norm){0});
    set_weight(&g, "n.weight", gamma);
    set_weight(&g, "n.bias", beta);
    set_weight(&g, "n.running_mean", mean);
    set_weight(&g, "n.running_var", variance);
    expect(&g, y, x, (const double[]){1.5, 2.5, 5, 8});

    graph_init(&g, "batch norm that trains nothing", 1);
    y = build_batch_norm(&g, input(&g, "x", 4, 1, 2, 1, 2), "n",
                         (struct norm){.has_no_scale = true, .has_no_shift = true});
    set_weight(&g, "n.running_mean", mean);
    set_weight(&g, "n.running_var", variance);
    assert_int_equal(graph_count(&g).trainable, 0);
    expect(&g, y, x, (const double[]){0.25, 0.75, 2, 3});

    graph_init(&g, "layer norm", 1); // rows of mean 1.5 and 3.5, variance 1/4
    y = build_layer_norm(&g, input(&g, "x", 2, 2, 2, 0, 0), "n", 1e-12, 1);
    set_weight(&g, "n.weight", gamma);
    set_weight(&g, "n.bias", beta);
    expect(&g, y, x, (const double[]){-1, 2, -1, 2});

    graph_init(&g, "lrn", 1); // three neighbours, alpha 3, beta 1: x / (1 + sum of squares)
    expect(&g, build_lrn(&g, input(&g, "x", 4, 1, 4, 1, 1), "n", 3, 3, 1, 1), x,
           (const double[]){1 / 6.0, 2 / 15.0, 3 / 30.0, 4 / 26.0});

    graph_init(&g, "unit length", 1); // pixels (3, 4) and (0, 0)
    y = build_normalise(&g, input(&g, "x", 4, 1, 2, 1, 2), "n", 1);
    set_weight(&g, "n.weight", gamma);
    expect(&g, y, (const float[]){3, 0, 4, 0}, (const double[]){1.2, 0, 2.4, 0});

    graph_init(&g, "softmax", 1);
    expect(&g, build_softmax(&g, input(&g, "x", 2, 2, 2, 0, 0), "s", -1), x,
           (const double[]){0.26894142137, 0.73105857863, 0.26894142137, 0.73105857863});
}

static void activations_by_hand(void **state)
{
    static const float x[5] = {-4, -1, 0, 2, 8};
    static const struct {
        enum activation act;
        double y[5];
    } cases[] = {{ACT_RELU, {0, 0, 0, 2, 8}},
                 {ACT_RELU6, {0, 0, 0, 2, 6}},
                 {ACT_SIGMOID, {0.01798620996, 0.26894142137, 0.5, 0.88079707798, 0.99966464987}},
                 {ACT_HARD_SIGMOID, {0, 1 / 3.0, 0.5, 5 / 6.0, 1}},
                 {ACT_HARD_SWISH, {0, -1 / 3.0, 0, 5 / 3.0, 8}},
                 {ACT_SILU, {-0.07194483984, -0.26894142137, 0, 1.76159415596, 7.99731719896}},
                 {ACT_GELU, {-0.00012668496, -0.15865525393, 0, 1.95449973610, 8}},
                 {ACT_LEAKY_RELU, {-0.4, -0.1, 0, 2, 8}},
                 {ACT_ELU, {-0.98168436111, -0.63212055883, 0, 2, 8}},
                 {ACT_TANH, {-0.99932929974, -0.76159415596, 0, 0.96402758008, 0.99999977493}}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct graph g;
        graph_init(&g, "activation", 1);
        expect(&g, build_activation(&g, input(&g, "x", 1, 5, 0, 0, 0), "a", cases[i].act), x,
               cases[i].y);
    }
}

static void broadcasting_by_hand(void **state)
{
    static const float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, row[2] = {10, 20}, gate[2] = {2, -1};
    struct graph g;
    struct graph_value *a;
    (void)state;
    graph_init(&g, "a row for every row", 1);
    a = input(&g, "a", 2, 4, 2, 0, 0);
    expect2(&g, build_add(&g, a, input(&g, "b", 1, 2, 0, 0, 0), "s"), x, row,
            (const double[]){11, 22, 13, 24, 15, 26, 17, 28});
    graph_init(&g, "a factor per channel", 1);
    a = input(&g, "a", 4, 1, 2, 2, 2);
    expect2(&g, build_mul(&g, a, input(&g, "b", 4, 1, 2, 1, 1), "m"), x, gate,
            (const double[]){2, 4, 6, 8, -5, -6, -7, -8});
    graph_init(&g, "both stretched", 1);
    a = input(&g, "a", 2, 2, 1, 0, 0);
    expect2(&g, build_add(&g, a, input(&g, "b", 2, 1, 2, 0, 0), "s"), gate, row,
            (const double[]){12, 22, 9, 19});
}

static void moves_by_hand(void **state)
{
    static const float x[6] = {1, 2, 3, 4, 5, 6}, other[2] = {7, 8};
    static const int64_t swap[2] = {1, 0}, wide[2] = {2, 3};
    struct graph g;
    (void)state;
    graph_init(&g, "concat", 1);
    struct graph_value *pair[2] = {input(&g, "a", 2, 2, 3, 0, 0), input(&g, "b", 2, 2, 1, 0, 0)};
    expect2(&g, build_concat(&g, pair, 2, 1, "c"), x, other,
            (const double[]){1, 2, 3, 7, 4, 5, 6, 8});
    graph_init(&g, "slice", 1);
    expect(&g, build_slice(&g, input(&g, "x", 2, 2, 3, 0, 0), "s", 1, 1, 3), x,
           (const double[]){2, 3, 5, 6});
    graph_init(&g, "transpose", 1);
    expect(&g, build_transpose(&g, input(&g, "x", 2, 2, 3, 0, 0), "t", swap), x,
           (const double[]){1, 4, 2, 5, 3, 6});
    graph_init(&g, "gather", 1);
    expect(&g, build_gather(&g, input(&g, "x", 2, 2, 3, 0, 0), "g", 1, 2), x,
           (const double[]){3, 6});
    graph_init(&g, "expand", 1);
    expect(&g, build_expand(&g, input(&g, "x", 2, 1, 3, 0, 0), "e", 2, wide), x,
           (const double[]){1, 2, 3, 1, 2, 3});
}

// With queries and keys of zero every token looks at all alike: the mean of the values, through an
// output of ones.
static void attention_by_hand(void **state)
{
    static const double qkv[12] = {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1};
    static const float x[4] = {1, 2, 3, 6};
    struct graph g;
    (void)state;
    graph_init(&g, "attention", 1);
    struct graph_value *y = build_attention(&g, input(&g, "x", 3, 1, 2, 2, 0), "a", 2, 1);
    set_weight(&g, "a/qkv.weight", qkv);
    set_weight(&g, "a/qkv.bias", zeros);
    set_weight(&g, "a/out.weight", ones);
    set_weight(&g, "a/out.bias", zeros);
    expect(&g, y, x, (const double[]){6, 6, 6, 6});
}

// Random networks neither die out nor explode, however deep.
static void outputs_are_of_order_one(void **state)
{
    static const char *const specs[] = {"resnet-152?input=32",          "googlenet-v1?input=48",
                                        "googlenet-v2?input=40",        "se-inception?input=40",
                                        "googlenet-v3?input=75",        "googlenet-v4?input=75",
                                        "inception-resnet-v2?input=75", "vit-b-32?input=32"};
    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct zoo_model model;
        struct graph g;
        struct dli_error err = {0};
        double sum = 0;
        check_ok(zoo_find(&model, specs[i], &err));
        check_ok(zoo_build(&g, &model, &err));
        int64_t inputs = graph_elements(g.input[0]), outputs = graph_elements(g.output[0]);
        float *x = malloc((size_t)inputs * sizeof(float)),
              *y = malloc((size_t)outputs * sizeof(float));
        zoo_fill_input(x, (size_t)inputs, g.input[0]->name, 1);
        check_ok(reference_run(&g, (const float *const[]){x}, &y, 2, &err));
        for (int64_t k = 0; k < outputs; k++)
            sum += (double)y[k] * y[k];
        double size = sqrt(sum / (double)outputs);
        if (!(size > 0.05 && size < 20))
            fail_msg("%s: root mean square of the outputs is %g", specs[i], size);
        free(x);
        free(y);
        graph_release(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(convolution_by_hand),
                                       cmocka_unit_test(groups_by_hand),
                                       cmocka_unit_test(blocks_and_threads_change_no_bit),
                                       cmocka_unit_test(products_by_hand),
                                       cmocka_unit_test(pools_by_hand),
                                       cmocka_unit_test(norms_by_hand),
                                       cmocka_unit_test(activations_by_hand),
                                       cmocka_unit_test(broadcasting_by_hand),
                                       cmocka_unit_test(moves_by_hand),
                                       cmocka_unit_test(attention_by_hand),
                                       cmocka_unit_test(outputs_are_of_order_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
