// Adaptive average pooling by torch's definition, for maps that divide evenly and maps that do not.
#include <math.h>

#include "check.h"
#include "zoo/build.h"
#include "zoo/reference/reference.h"

enum { MAX_SIDE = 16 };

// Mean over rows [floor(r h/size), ceil((r+1) h/size)) and columns likewise.
static double expected_at(const float *x, int64_t height, int64_t width, int64_t size, int64_t r,
                          int64_t c)
{
    int64_t top = r * height / size, bottom = ((r + 1) * height + size - 1) / size;
    int64_t left = c * width / size, right = ((c + 1) * width + size - 1) / size;
    double sum = 0;
    for (int64_t i = top; i < bottom; i++)
        for (int64_t k = left; k < right; k++)
            sum += x[i * width + k];
    return sum / (double)((bottom - top) * (right - left));
}

static int check_pool(int64_t height, int64_t width, int64_t size)
{
    struct graph graph;
    struct dli_error err;
    float in[MAX_SIDE * MAX_SIDE], out[MAX_SIDE * MAX_SIDE];
    graph_init(&graph, "pool", 1);
    struct graph_value *x = build_image(&graph, 1, 1, height, width);
    build_output(&graph, build_adaptive_pool(&graph, x, "pool", size), "output");
    check_ok(graph_finish(&graph, &err));
    for (int64_t i = 0; i < height * width; i++)
        in[i] = (float)(i * i % 97);
    check_ok(reference_run(&graph, (const float *const[]){in}, (float *const[]){out}, 1, &err));
    assert_int_equal(graph_elements(graph.output[0]), size * size);
    for (int64_t i = 0; i < size * size; i++)
        if (fabs(out[i] - expected_at(in, height, width, size, i / size, i % size)) > 1e-4)
            fail_msg("%lldx%lld to %lld: element %lld is %g", (long long)height, (long long)width,
                     (long long)size, (long long)i, (double)out[i]);
    int node_count = graph.node_count;
    graph_release(&graph);
    return node_count;
}

static void windows_are_those_of_torch(void **state)
{
    (void)state;
    check_pool(10, 10, 7); // windows of two sizes
    check_pool(1, 1, 7);   // every output is the one pixel
    check_pool(3, 16, 7);
    check_pool(7, 9, 7);
    check_pool(5, 5, 1);
}

static void regular_windows_take_one_layer(void **state)
{
    (void)state;
    assert_int_equal(check_pool(14, 14, 7), 1);
    assert_int_equal(check_pool(14, 7, 7), 1);
    assert_int_equal(check_pool(13, 13, 6), 1); // overlapping, but all alike
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_those_of_torch),
        cmocka_unit_test(regular_windows_take_one_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
