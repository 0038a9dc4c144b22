// The life of a context with a made-up backend: settings, shapes, buffers, and what is called at the end.
#include "check.h"

#include <stdlib.h>

#include "host/context.h"

struct fake {
    int depth;
};

#define DLI_OPT_BASE struct fake
static const struct dli_option fake_options[] = {
    {"depth", DLI_OPT_INT(depth), DLI_RANGE(1, 8), .help = "a number"},
    DLI_OPTIONS_END,
};

// What the fake backend says of itself, and what it was asked.
struct state {
    struct dli_io io;
    int load_result;
    int init_result_at; // this request fails to be prepared
    int inits, releases, unloads, reshapes;
};

static struct state *state_of(struct dli_context *ctx)
{
    return (struct state *)(uintptr_t)strtoull(ctx->settings->pair[0].value, NULL, 16);
}

static int fake_probe(struct dli_probe *out, struct dli_error *err)
{
    (void)err;
    memset(out, 0, sizeof(*out));
    return DLI_OK;
}

static int fake_load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    if (state_of(ctx)->load_result == DLI_OK)
        return DLI_OK;
    return dli_fail(err, state_of(ctx)->load_result, "%s: not liked", model->path);
}

static int fake_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    (void)err;
    *out = state_of(ctx)->io;
    return DLI_OK;
}

static int fake_reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    (void)err;
    state_of(ctx)->io = *io;
    state_of(ctx)->reshapes++;
    return DLI_OK;
}

static int fake_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    state_of(ctx)->inits++;
    if (request->index == state_of(ctx)->init_result_at)
        return dli_fail(err, DLI_E_RUNTIME, "no more requests");
    return DLI_OK;
}

static void fake_release(struct dli_context *ctx, struct dli_request *request)
{
    (void)request;
    state_of(ctx)->releases++;
}

static int fake_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    (void)ctx, (void)request, (void)err;
    return DLI_DONE;
}

static void fake_unload(struct dli_context *ctx)
{
    state_of(ctx)->unloads++;
}

static const char *const fake_formats[] = {"onnx", NULL};
static const struct fake fake_defaults = {.depth = 3};
static const struct dli_backend fake = {
    .abi = DLI_ABI,
    .name = "fake",
    .description = "a backend of this test",
    .formats = fake_formats,
    .capabilities = DLI_CAP_RESHAPE,
    .priv_size = sizeof(struct fake),
    .priv_defaults = &fake_defaults,
    .options = fake_options,
    .probe = fake_probe,
    .load = fake_load,
    .io_describe = fake_describe,
    .reshape = fake_reshape,
    .request_init = fake_init,
    .request_release = fake_release,
    .submit = fake_submit,
    .unload = fake_unload,
};

static void complete(struct dli_request *request, int status)
{
    (void)request, (void)status;
}

// A test of one model on the fake backend, whose state travels as the framework's own setting.
struct bench {
    struct state state;
    struct test test;
    struct test_model *model;
    struct host_context context;
    char address[32];
};

static void add_option(struct test_model *model, const char *key, const char *value)
{
    size_t count = (size_t)model->option_count++;
    model->option = realloc(model->option, (count + 1) * sizeof(*model->option));
    model->option[count].key = strdup(key);
    model->option[count].value = strdup(value);
}

static void set_up(struct bench *b, int64_t first, int64_t second)
{
    memset(b, 0, sizeof(*b));
    b->state.init_result_at = -1;
    b->state.io.input_count = b->state.io.output_count = 1;
    b->state.io.input[0] = (struct dli_tensor_desc){"data", DLI_F32, 2, {first, second}};
    b->state.io.output[0] = (struct dli_tensor_desc){"prob", DLI_F32, 2, {first, 10}};
    snprintf(b->address, sizeof(b->address), "%llx", (unsigned long long)(uintptr_t)&b->state);
    test_init(&b->test);
    b->model = test_add_model(&b->test);
    b->model->path = strdup("m.onnx");
    b->model->format = strdup("onnx");
    add_option(b->model, "fake.STATE", b->address);
}

static int open_context(struct bench *b, const struct dli_backend *backend, struct dli_error *err)
{
    return host_context_open(&b->context, backend, &b->test, b->model, complete, err);
}

static void tear_down(struct bench *b)
{
    host_context_close(&b->context);
    test_release(&b->test);
}

static void add_shape(struct test_model *model, const char *input, int64_t first, int64_t second)
{
    model->shape = calloc(1, sizeof(*model->shape));
    model->shape[0] = (struct test_shape){input ? strdup(input) : NULL, 2, {first, second}};
    model->shape_count = 1;
}

static void test_options_reach_the_private_state(void **unused)
{
    (void)unused;
    struct dli_error err;
    struct bench b;
    set_up(&b, 1, 4);
    check_ok(open_context(&b, &fake, &err));
    assert_int_equal(((struct fake *)b.context.context.priv)->depth, 3);
    host_context_close(&b.context);
    add_option(b.model, "fake.depth", "7");
    add_option(b.model, "fake.SOME_KEY", "some value");
    check_ok(open_context(&b, &fake, &err));
    assert_int_equal(((struct fake *)b.context.context.priv)->depth, 7);
    assert_int_equal(b.context.settings.pair_count, 2);
    assert_string_equal(b.context.settings.pair[1].key, "SOME_KEY");
    host_context_close(&b.context);
    add_option(b.model, "fake.depth", "9");
    check_fails(open_context(&b, &fake, &err), DLI_E_ARG, "fake");
    assert_int_equal(b.state.unloads, 0); // nothing was loaded
    tear_down(&b);
}

static void test_a_failed_load_is_unloaded_once(void **unused)
{
    (void)unused;
    struct dli_error err;
    struct bench b;
    set_up(&b, 1, 4);
    b.state.load_result = DLI_E_PARSE;
    check_ok(open_context(&b, &fake, &err));
    check_fails(host_context_load(&b.context, b.model, &err), DLI_E_PARSE, "m.onnx: not liked");
    host_context_close(&b.context);
    host_context_close(&b.context);
    assert_int_equal(b.state.unloads, 1);
    free(b.model->format);
    b.model->format = strdup("caffe");
    check_ok(open_context(&b, &fake, &err));
    check_fails(host_context_load(&b.context, b.model, &err), DLI_E_UNSUPPORTED, "format 'caffe'");
    tear_down(&b);
    assert_int_equal(b.state.unloads, 1); // a format that it does not read never got to it
}

static void test_a_description_out_of_bounds_is_refused(void **unused)
{
    (void)unused;
    struct dli_error err;
    static const struct {
        int inputs, outputs;
    } bad[] = {{-1, 1}, {DLI_MAX_IO + 1, 1}, {1, 0}, {1, DLI_MAX_IO + 1}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bench b;
        set_up(&b, 1, 4);
        b.state.io.input_count = bad[i].inputs;
        b.state.io.output_count = bad[i].outputs;
        check_ok(open_context(&b, &fake, &err));
        check_fails(host_context_load(&b.context, b.model, &err), DLI_E_PROTOCOL, "describes");
        tear_down(&b);
    }
}

struct shape_row {
    int64_t model_first;
    int batch;
    const char *input; // of --shape; NULL and no dimensions: none
    int64_t shape_first;
    bool can_reshape;
    int expected;
    const char *text;
    int64_t run_first;
};

static const struct shape_row shape_rows[] = {
    {1, 1, NULL, 0, false, DLI_OK, "", 1},
    {1, 8, NULL, 0, true, DLI_OK, "", 8},
    {DLI_DYNAMIC, 4, NULL, 0, true, DLI_OK, "", 4},
    {1, 8, NULL, 0, false, DLI_E_UNSUPPORTED, "made for batch 1", 1},
    {1, 8, "data", 1, true, DLI_OK, "", 8},
    {1, 8, "data", 8, true, DLI_OK, "", 8},
    {1, 8, "data", 3, true, DLI_E_ARG, "say --batch 3", 1},
    {1, 1, "date", 1, true, DLI_E_ARG, "no input 'date'", 1},
    {DLI_DYNAMIC, 2, NULL, 0, false, DLI_E_UNSUPPORTED, "cannot change the shape", DLI_DYNAMIC},
};

static void test_shapes_and_batches(void **unused)
{
    (void)unused;
    struct dli_error err;
    for (size_t i = 0; i < sizeof(shape_rows) / sizeof(shape_rows[0]); i++) {
        const struct shape_row *row = &shape_rows[i];
        struct dli_backend backend = fake;
        struct bench b;
        backend.reshape = row->can_reshape ? fake_reshape : NULL;
        set_up(&b, row->model_first, 4);
        b.model->batch = row->batch;
        if (row->shape_first)
            add_shape(b.model, row->input, row->shape_first, 4);
        check_ok(open_context(&b, &backend, &err));
        check_ok(host_context_load(&b.context, b.model, &err));
        if (row->expected == DLI_OK)
            check_ok(host_context_shape(&b.context, b.model, &err));
        else
            check_fails(host_context_shape(&b.context, b.model, &err), row->expected, row->text);
        assert_int_equal(b.state.io.input[0].dim[0], row->run_first);
        tear_down(&b);
    }
}

static void test_buffers_are_aligned_and_given_back(void **unused)
{
    (void)unused;
    struct dli_error err;
    struct bench b;
    struct host_requests requests;
    set_up(&b, 1, 4);
    check_ok(open_context(&b, &fake, &err));
    check_ok(host_context_load(&b.context, b.model, &err));
    check_ok(host_context_compile(&b.context, &err));
    check_ok(host_requests_open(&requests, &b.context, 3, &err));
    for (int i = 0; i < 3; i++) {
        assert_int_equal((uintptr_t)requests.request[i].input[0].data % 64, 0);
        assert_int_equal(requests.request[i].input[0].bytes, 16);
        assert_int_equal(requests.request[i].output[0].bytes, 40);
    }
    host_requests_close(&requests);
    assert_int_equal(b.state.releases, 3);
    b.state.inits = b.state.releases = 0;
    b.state.init_result_at = 1;
    check_fails(host_requests_open(&requests, &b.context, 3, &err), DLI_E_RUNTIME, "no more");
    host_requests_close(&requests);
    assert_int_equal(b.state.inits, 2);
    assert_int_equal(b.state.releases, 2); // the failed one too, not the one never begun
    tear_down(&b);
}

static void test_an_open_dimension_is_not_compiled(void **unused)
{
    (void)unused;
    struct dli_error err;
    struct bench b;
    set_up(&b, 1, DLI_DYNAMIC);
    check_ok(open_context(&b, &fake, &err));
    check_ok(host_context_load(&b.context, b.model, &err));
    check_fails(host_context_shape(&b.context, b.model, &err), DLI_E_ARG, "--shape");
    check_fails(host_context_compile(&b.context, &err), DLI_E_ARG, "--shape");
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_reach_the_private_state),
        cmocka_unit_test(test_a_failed_load_is_unloaded_once),
        cmocka_unit_test(test_a_description_out_of_bounds_is_refused),
        cmocka_unit_test(test_shapes_and_batches),
        cmocka_unit_test(test_buffers_are_aligned_and_given_back),
        cmocka_unit_test(test_an_open_dimension_is_not_compiled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
