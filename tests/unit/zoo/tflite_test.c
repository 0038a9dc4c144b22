// The .tflite emitter beside the frameworks that judge its files in tests/conformance: the same
// bytes each time, and what the format cannot express.
#include "base/strbuf.h"
#include "check.h"
#include "zoo/build.h"
#include "zoo/emit.h"
#include "zoo/emit/flatbuffer.h"
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
    static const char *const specs[] = {"squeezenet1.1?input=64", "mobilenet-v2?width=0.25",
                                        "attention"};
    (void)state;
    for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
        struct strbuf file[2] = {STRBUF_INIT, STRBUF_INIT};
        struct graph g;
        struct dli_error err = {0};
        build_model(&g, specs[i]);
        for (int k = 0; k < 2; k++)
            check_ok(emitter_tflite.emit(&g, keep, &file[k], &err));
        assert_int_equal(file[0].length, file[1].length);
        assert_memory_equal(file[0].text, file[1].text, file[0].length);
        assert_memory_equal(file[0].text + 4, "TFL3", 4);
        graph_release(&g);
        strbuf_release(&file[0]);
        strbuf_release(&file[1]);
    }
}

static void a_full_disk_ends_it(void **state)
{
    struct graph g;
    struct dli_error err = {0};
    int calls = 0;
    (void)state;
    build_model(&g, "gemm");
    assert_int_equal(emitter_tflite.emit(&g, stop_after_the_first, &calls, &err), DLI_E_IO);
    assert_int_equal(calls, 2);
    graph_release(&g);
}

// An average that leaves out padding of two pixels on one side, none on the other.
static void what_the_format_lacks_is_named(void **state)
{
    static const int64_t dim[4] = {1, 4, 8, 8};
    struct graph g;
    struct strbuf file = STRBUF_INIT;
    struct dli_error err = {0};
    (void)state;
    graph_init(&g, "odd", 1);
    struct graph_value *x = build_input(&g, "data", 4, dim);
    struct pool pool = {.kernel = 5, .stride = 1, .pad = 1, .excludes_pad = true};
    build_output(&g, build_average_pool(&g, x, "pool", pool), "out");
    check_ok(g.error.code);
    assert_int_equal(emitter_tflite.emit(&g, keep, &file, &err), DLI_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "AveragePool 'pool'"));
    assert_int_equal(file.length, 0);
    strbuf_release(&file);
    graph_release(&g);
}

static void flatbuffers_are_laid_out_as_specified(void **state)
{
    static const struct flatbuffer_field field[] = {FLATBUFFER_CHILD(2), {0, 1, 7}};
    struct strbuf out = STRBUF_INIT;
    (void)state;
    flatbuffer_start(&out, "TEST");
    size_t table = flatbuffer_table(&out, field, 2);
    flatbuffer_link(&out, 0, table);
    flatbuffer_string(&out, flatbuffer_slot(&out, table, 2), "hi");
    // By hand: root at 20; padding; vtable of 10 bytes (fields at 8, none, 4) for a table of 9;
    // table; string.
    static const unsigned char expected[] = {20, 0, 0, 0, 'T', 'E', 'S', 'T', 0, 0, 10,  0,   9,
                                             0,  8, 0, 0, 0,   4,   0,   10,  0, 0, 0,   8,   0,
                                             0,  0, 7, 0, 0,   0,   2,   0,   0, 0, 'h', 'i', 0};
    assert_int_equal(out.length, sizeof(expected));
    assert_memory_equal(out.text, expected, sizeof(expected));
    assert_int_equal(flatbuffer_vector_place(1, 16), 12);
    assert_int_equal(flatbuffer_vector_place(13, 16), 28);
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_the_same_each_time),
        cmocka_unit_test(a_full_disk_ends_it),
        cmocka_unit_test(what_the_format_lacks_is_named),
        cmocka_unit_test(flatbuffers_are_laid_out_as_specified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
