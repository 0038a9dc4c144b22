// The Caffe emitter beside the framework that judges its files in tests/conformance: two files, the
// same bytes each time, and what the format cannot express.
#include <stdlib.h>

#include "base/strbuf.h"
#include "check.h"
#include "zoo/build.h"
#include "zoo/emit.h"
#include "zoo/zoo.h"

static int keep(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    (void)err;
    strbuf_add(sink, data, bytes);
    return DLI_OK;
}

static int stop_after_the_first(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    int *calls = sink;
    (void)data;
    (void)bytes;
    return (*calls)++ ? dli_fail(err, DLI_E_IO, "full") : DLI_OK;
}

static void build_model(struct graph *g, const char *spec)
{
    struct zoo_model model;
    struct dli_error err = {0};
    check_ok(zoo_find(&model, spec, &err));
    check_ok(zoo_build(g, &model, &err));
}

static void bytes_are_the_same_each_time(void **state)
{
    static const char *const specs[] = {"squeezenet1.1?input=64", "mobilenet-v2?width=0.25"};
    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct strbuf file[4] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
        struct graph g;
        struct dli_error err = {0};
        build_model(&g, specs[i]);
        for (int k = 0; k < 4; k++)
            check_ok((k < 2 ? emitter_caffe.emit : emitter_caffe.emit_weights)(&g, keep, &file[k],
                                                                               &err));
        for (int k = 0; k < 4; k += 2) {
            assert_int_equal(file[k].length, file[k + 1].length);
            assert_memory_equal(file[k].text, file[k + 1].text, file[k].length);
        }
        check_contains(strbuf_text(&file[0]), "type: \"Convolution\"");
        // Every weight is there: 4 bytes each, and little around them.
        struct graph_counts counts = graph_count(&g);
        assert_in_range(file[2].length, counts.total * 4, counts.total * 4 + 64 * 1024);
        graph_release(&g);
        for (int k = 0; k < 4; k++)
            strbuf_release(&file[k]);
    }
}

static void a_full_disk_ends_it(void **state)
{
    struct graph g;
    struct dli_error err = {0};
    int calls = 0;
    (void)state;
    build_model(&g, "squeezenet1.1?input=64");
    assert_int_equal(emitter_caffe.emit_weights(&g, stop_after_the_first, &calls, &err), DLI_E_IO);
    assert_int_equal(calls, 2);
    graph_release(&g);
}

// A pool that rounds down: one row and column too many, sliced off and silenced.
static void a_pool_that_rounds_down_is_cut(void **state)
{
    static const int64_t dim[4] = {1, 4, 8, 8};
    struct graph g;
    struct strbuf file = STRBUF_INIT;
    struct dli_error err = {0};
    (void)state;
    graph_init(&g, "floor", 1);
    struct graph_value *x = build_input(&g, "data", 4, dim);
    build_output(&g, build_max_pool(&g, x, "pool", (struct pool){.kernel = 3, .stride = 2}), "out");
    check_ok(g.error.code);
    check_ok(emitter_caffe.emit(&g, keep, &file, &err));
    check_contains(strbuf_text(&file), "slice_param { axis: 2 slice_point: 3 }");
    check_contains(strbuf_text(&file), "slice_param { axis: 3 slice_point: 3 }");
    check_contains(strbuf_text(&file), "type: \"Silence\"");
    strbuf_release(&file);
    graph_release(&g);
}

static void what_the_format_lacks_is_named(void **state)
{
    struct graph g;
    struct strbuf file = STRBUF_INIT;
    struct dli_error err = {0};
    (void)state;
    build_model(&g, "layer-norm");
    assert_int_equal(emitter_caffe.emit(&g, keep, &file, &err), DLI_E_UNSUPPORTED);
    check_contains(err.text, "LayerNormalization 'norm'");
    assert_int_equal(file.length, 0);
    strbuf_release(&file);
    graph_release(&g);
}

static void two_files_lie_beside_each_other(void **state)
{
    (void)state;
    char *path = emit_weights_path(&emitter_caffe, "folder/model.prototxt");
    assert_string_equal(path, "folder/model.caffemodel");
    free(path);
    assert_null(emit_weights_path(&emitter_onnx, "folder/model.onnx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_the_same_each_time),
        cmocka_unit_test(a_full_disk_ends_it),
        cmocka_unit_test(a_pool_that_rounds_down_is_cut),
        cmocka_unit_test(what_the_format_lacks_is_named),
        cmocka_unit_test(two_files_lie_beside_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
