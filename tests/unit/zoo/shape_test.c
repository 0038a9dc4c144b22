// Sizes: what layers make of theirs, and one clear error for sizes and specifications that make no
// sense.
#include <stdlib.h>

#include "check.h"
#include "zoo/build_core.h"
#include "zoo/zoo.h"

static struct graph_value *image(struct graph *g, int64_t channels, int64_t height, int64_t width)
{
    return build_image(g, 1, channels, height, width);
}

static void expect_shape(struct graph *g, const struct graph_value *y, int64_t channels,
                         int64_t height, int64_t width)
{
    if (!y)
        fail_msg("%s", g->error.text);
    assert_int_equal(y->dim[1], channels);
    assert_int_equal(y->dim[2], height);
    assert_int_equal(y->dim[3], width);
    graph_release(g);
}

static void windows_that_fit(void **state)
{
    static const struct {
        struct conv conv;
        int64_t in, out;
    } convs[] = {{{.out = 1, .kernel = 3}, 7, 5},
                 {{.out = 1, .kernel = 3, .stride = 2}, 8, 3},
                 {{.out = 1, .kernel = 3, .stride = 2, .pad = 1}, 8, 4},
                 {{.out = 1, .kernel = 3, .dilation = 3}, 7, 1},
                 {{.out = 1, .kernel = 3, .stride = 2, .is_same = true}, 7, 4},
                 {{.out = 1, .kernel = 1, .stride = 2, .is_same = true}, 8, 4}};
    static const struct {
        struct pool pool;
        int64_t in, out;
    } pools[] = {{{.kernel = 2}, 5, 2},
                 {{.kernel = 2, .ceil_mode = true}, 5, 3},
                 {{.kernel = 3, .stride = 2, .ceil_mode = true}, 112, 56},
                 // The last window would begin in the padding: it is left out.
                 {{.kernel = 2, .stride = 2, .pad = 1, .ceil_mode = true}, 3, 2},
                 {{.kernel = 3, .stride = 1, .pad = 1}, 5, 5}};
    struct graph g;
    (void)state;
    for (size_t i = 0; i < sizeof(convs) / sizeof(*convs); i++) {
        graph_init(&g, "conv", 1);
        expect_shape(&g, build_conv(&g, image(&g, 2, convs[i].in, convs[i].in), "c", convs[i].conv),
                     1, convs[i].out, convs[i].out);
    }
    for (size_t i = 0; i < sizeof(pools) / sizeof(*pools); i++) {
        graph_init(&g, "pool", 1);
        expect_shape(&g,
                     build_max_pool(&g, image(&g, 2, pools[i].in, pools[i].in), "p", pools[i].pool),
                     2, pools[i].out, pools[i].out);
    }
    graph_init(&g, "not square", 1);
    expect_shape(&g,
                 build_conv(&g, image(&g, 2, 9, 12), "c",
                            (struct conv){.out = 3, .kernel = 1, .kernel_w = 7, .pad_w = 3}),
                 3, 9, 12);
}

static void expect_error(struct graph *g, const struct graph_value *y, const char *part)
{
    struct dli_error err = {0};
    assert_null(y);
    check_fails(graph_finish(g, &err), DLI_E_ARG, part);
    assert_null(strchr(err.text, '\n'));
    graph_release(g);
}

static void sizes_that_make_no_sense(void **state)
{
    static const int64_t zero[3] = {1, 0, 3}, negative[2] = {1, -5},
                         huge[3] = {1 << 20, 1 << 20, 1 << 20};
    static const int64_t overflow[4] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
                         fifteen[2] = {3, 5};
    static const int64_t deep[DLI_MAX_RANK + 1] = {1};
    struct graph g;
    (void)state;
    graph_init(&g, "m", 1);
    expect_error(&g, build_input(&g, "x", 3, zero),
                 "m: layer 'x' would have size 0 in dimension 1");
    graph_init(&g, "m", 1);
    expect_error(&g, build_input(&g, "x", 2, negative), "size -5");
    graph_init(&g, "m", 1);
    expect_error(&g, build_input(&g, "x", 3, huge), "larger than any machine's memory");
    graph_init(&g, "m", 1);
    expect_error(&g, build_input(&g, "x", 4, overflow), "larger than any machine's memory");
    graph_init(&g, "m", 1);
    expect_error(&g, build_input(&g, "x", DLI_MAX_RANK + 1, deep), "dimensions");
    graph_init(&g, "m", 1);
    expect_error(&g, build_conv(&g, image(&g, 3, 4, 4), "c", (struct conv){.out = 1, .kernel = 5}),
                 "the input is too small");
    graph_init(&g, "m", 1);
    expect_error(
        &g,
        build_conv(&g, image(&g, 3, 4, 4), "c", (struct conv){.out = INT64_MAX / 4, .kernel = 1}),
        "memory");
    graph_init(&g, "m", 1);
    expect_error(
        &g,
        build_conv(&g, image(&g, 3, 4, 4), "c", (struct conv){.out = 4, .kernel = 1, .group = 2}),
        "does not fit");
    graph_init(&g, "m", 1);
    expect_error(&g, build_max_pool(&g, image(&g, 3, 2, 2), "p", (struct pool){.kernel = 3}),
                 "too small");
    graph_init(&g, "m", 1);
    expect_error(&g, build_reshape(&g, image(&g, 3, 2, 2), "r", 2, fifteen), "number of elements");
    graph_init(&g, "m", 1);
    expect_error(&g, build_slice(&g, image(&g, 3, 2, 2), "s", 1, 2, 5), "outside");
    graph_init(&g, "m", 1);
    expect_error(&g, build_slice(&g, image(&g, 3, 2, 2), "s", 1, 2, 2), "size 0");
    graph_init(&g, "m", 1);
    expect_error(&g,
                 build_attention(
                     &g, build_reshape(&g, image(&g, 1, 3, 4), "t", 3, (const int64_t[]){1, 3, 4}),
                     "a", 3, 1),
                 "heads");
}

static void shapes_that_do_not_fit(void **state)
{
    struct graph g;
    (void)state;
    graph_init(&g, "m", 1);
    struct graph_value *a = build_input(&g, "a", 2, (const int64_t[]){2, 3});
    struct graph_value *b = build_input(&g, "b", 2, (const int64_t[]){4, 5});
    struct graph_value *pair[2] = {a, b};
    assert_null(build_add(&g, a, b, "add"));
    // The first error stays; everything after it is NULL.
    assert_null(build_concat(&g, pair, 2, 0, "concat"));
    assert_null(build_activation(&g, a, "relu", ACT_RELU));
    build_output(&g, a, "y");
    expect_error(&g, NULL, "layer 'add': shapes do not fit");

    graph_init(&g, "m", 1);
    pair[0] = build_input(&g, "a", 2, (const int64_t[]){2, 3});
    pair[1] = build_input(&g, "b", 2, (const int64_t[]){4, 5});
    expect_error(&g, build_concat(&g, pair, 2, 0, "concat"), "input 1 does not fit");
    graph_init(&g, "m", 1);
    a = build_input(&g, "a", 2, (const int64_t[]){2, 3});
    b = build_input(&g, "b", 2, (const int64_t[]){2, 3});
    expect_error(&g, build_matmul(&g, a, b, "product"), "matrices do not fit");
    graph_init(&g, "m", 1);
    build_image(&g, 1, 3, 4, 4);
    expect_error(&g, NULL, "no output");
    graph_init(&g, "m", 1);
    a = build_image(&g, 1, 3, 4, 4);
    build_output(&g, a, "y");
    expect_error(&g, NULL, "no result of a layer");
}

static void specifications_that_make_no_sense(void **state)
{
    static const struct {
        const char *spec;
        int code;
        const char *text;
    } cases[] = {{"resnet-51", DLI_E_NOTFOUND, "did you mean 'resnet-50'?"},
                 {"", DLI_E_NOTFOUND, "dli zoo list"},
                 {"zoo:nothing-like-any-of-them", DLI_E_NOTFOUND, "the zoo has no"},
                 {"resnet-50?batch=0", DLI_E_ARG, "within 1..65536"},
                 {"resnet-50?batch=-1", DLI_E_ARG, "batch"},
                 {"resnet-50?batch=99999999999999999999", DLI_E_ARG, "batch"},
                 {"resnet-50?batch=", DLI_E_ARG, "batch"},
                 {"resnet-50?batch=1 ", DLI_E_ARG, "batch"},
                 {"resnet-50?input=31", DLI_E_ARG, "within 32"},
                 {"resnet-50?input=224x", DLI_E_ARG, "input"},
                 {"resnet-50?input=224x999999", DLI_E_ARG, "input"},
                 {"resnet-50?classes=0", DLI_E_ARG, "classes"},
                 {"resnet-50?width=nan", DLI_E_ARG, "width"},
                 {"resnet-50?width=1e9", DLI_E_ARG, "width"},
                 {"alexnet?width=0.5", DLI_E_ARG, "no width multiplier"},
                 {"resnet-50?bacth=2", DLI_E_ARG, "did you mean batch"},
                 {"resnet-50?batch", DLI_E_ARG, "batch"},
                 {"resnet-50?", DLI_E_ARG, "unknown key ''"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct zoo_model model;
        struct dli_error err;
        check_fails(zoo_find(&model, cases[i].spec, &err), cases[i].code, cases[i].text);
    }
}

static void same_model_same_text(void **state)
{
    static const struct {
        const char *spec, *canonical;
    } cases[] = {
        {"ResNet50", "resnet-50"},
        {"zoo:resnet_50?batch=1&input=224", "resnet-50"},
        {"resnet-50?width=0.5&batch=8&input=320", "resnet-50?batch=8&input=320x320&width=0.5"},
        {"torchvision/vit_b_16?seed=7&classes=2", "torchvision/vit_b_16?classes=2&seed=7"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct zoo_model model;
        struct dli_error err = {0};
        struct strbuf text = STRBUF_INIT;
        check_ok(zoo_find(&model, cases[i].spec, &err));
        zoo_canonical(&text, &model);
        assert_string_equal(strbuf_text(&text), cases[i].canonical);
        strbuf_release(&text);
    }
}

// The graph, or one line that says why not.
static int try_build(const char *spec)
{
    struct zoo_model model;
    struct graph g;
    struct dli_error err = {0};
    check_ok(zoo_find(&model, spec, &err));
    int result = zoo_build(&g, &model, &err);
    if (result != DLI_OK &&
        (result != DLI_E_ARG || !strstr(err.text, model.variant->name) || strchr(err.text, '\n')))
        fail_msg("%s: code %d, '%s'", spec, result, err.text);
    if (result == DLI_OK && graph_count(&g).macs < 0)
        fail_msg("%s: multiply-adds overflow", spec);
    graph_release(&g);
    return result;
}

static void try_sizes(const struct zoo_family *family, const struct zoo_variant *variant,
                      void *data)
{
    char spec[160];
    int *models = data;
    (*models)++;
    if (try_build(variant->name) != DLI_OK)
        fail_msg("%s cannot be built as it stands", variant->name);
    snprintf(spec, sizeof(spec), "%s?batch=65536&input=8192x8191&classes=1000000", variant->name);
    (void)try_build(spec);
    snprintf(spec, sizeof(spec), "%s?input=%lld", variant->name, (long long)family->min_input);
    (void)try_build(spec);
    snprintf(spec, sizeof(spec), "%s?input=%lldx8192", variant->name,
             (long long)family->min_input + 1);
    (void)try_build(spec);
}

static void every_model_at_any_size(void **state)
{
    int models = 0;
    (void)state;
    zoo_each(try_sizes, &models);
    assert_true(models >= 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows_that_fit),
                                       cmocka_unit_test(sizes_that_make_no_sense),
                                       cmocka_unit_test(shapes_that_do_not_fit),
                                       cmocka_unit_test(specifications_that_make_no_sense),
                                       cmocka_unit_test(same_model_same_text),
                                       cmocka_unit_test(every_model_at_any_size)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
