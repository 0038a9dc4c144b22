// Units with a trained slope below zero, in the reference executor.
#include "check.h"
#include "zoo/build.h"
#include "zoo/reference/reference.h"

static void run(struct graph *g, struct graph_value *y, const double *slope, const double *expected)
{
    static const float x[4] = {-2, 3, -4, 5};
    const float *in[1] = {x};
    float out[4], *to[1] = {out};
    struct dli_error err;
    g->first_weight->weight->values = slope;
    build_output(g, y, "y");
    check_ok(graph_finish(g, &err));
    check_ok(reference_run(g, in, to, 1, &err));
    for (int i = 0; i < 4; i++)
        assert_float_equal(out[i], expected[i], 1e-6);
    graph_release(g);
}

static void slope_of_each_channel(void **state)
{
    const int64_t dim[4] = {1, 2, 1, 2};
    struct graph g;
    (void)state;
    graph_init(&g, "two slopes", 1);
    struct graph_value *y = build_prelu(&g, build_input(&g, "x", 4, dim), "p", true);
    assert_int_equal(graph_count(&g).trainable, 2);
    run(&g, y, (const double[]){0.5, 0.25}, (const double[]){-1, 3, -1, 5});
}

static void one_slope(void **state)
{
    const int64_t dim[4] = {1, 2, 1, 2};
    struct graph g;
    (void)state;
    graph_init(&g, "one slope", 1);
    struct graph_value *y = build_prelu(&g, build_input(&g, "x", 4, dim), "p", false);
    assert_int_equal(graph_count(&g).trainable, 1);
    run(&g, y, (const double[]){0.5}, (const double[]){-1, 3, -2, 5});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slope_of_each_channel),
                                       cmocka_unit_test(one_slope)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
