// The zoo's parameter and multiply-add counts against the figures that others publish for the same
// networks.
#include <math.h>
#include <stdlib.h>

#include "table.h"
#include "zoo/zoo.h"

struct tally {
    int covered, wrong;
};

// True when the zoo has the model; then `counts` and the sizes of its first input are set.
static bool count_model(const char *spec, struct graph_counts *counts, int64_t dim[4])
{
    struct zoo_model model;
    struct graph graph;
    struct dli_error err;
    int result = zoo_find(&model, spec, &err);
    if (result == DLI_E_NOTFOUND)
        return false;
    check_ok(result);
    check_ok(zoo_build(&graph, &model, &err));
    *counts = graph_count(&graph);
    memcpy(dim, graph.input[0]->dim, 4 * sizeof(*dim));
    graph_release(&graph);
    return true;
}

static void check_torchvision(const char *const *cell, void *data)
{
    struct tally *tally = data;
    struct graph_counts counts;
    char spec[128];
    int64_t dim[4];
    bool has_input = cell[1][0] != '-';
    snprintf(spec, sizeof(spec), "torchvision/%s%s%s", cell[0], has_input ? "?input=" : "",
             has_input ? cell[1] : "");
    if (!count_model(spec, &counts, dim))
        return;
    tally->covered++;
    // Multiply-adds are published to three decimals of 10^9.
    if (counts.trainable == strtoll(cell[2], NULL, 10) &&
        fabs((double)counts.macs - strtod(cell[3], NULL) * 1e9) <= 500001)
        return;
    tally->wrong++;
    print_error("%s: %lld parameters, %.4f GMACs; published %s, %s\n", spec,
                (long long)counts.trainable, (double)counts.macs / 1e9, cell[2], cell[3]);
}

static void counts_equal_torchvision(void **state)
{
    struct tally tally = {0, 0};
    (void)state;
    int rows = table_each("torchvision.tsv", check_torchvision, &tally);
    print_message("torchvision.tsv: %d of %d rows\n", tally.covered, rows);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.covered >= 49);
}

static void check_omz(const char *const *cell, void *data)
{
    struct tally *tally = data;
    struct graph_counts counts;
    int64_t dim[4];
    char input[96];
    if (!count_model(cell[0], &counts, dim))
        return;
    tally->covered++;
    snprintf(input, sizeof(input), "%lldx%lldx%lldx%lld", (long long)dim[0], (long long)dim[1],
             (long long)dim[2], (long long)dim[3]);
    double gflops = strtod(cell[2], NULL), mparams = strtod(cell[3], NULL);
    double tolerance = cell[4][0] ? strtod(cell[4], NULL) : 0.015;
    // Three decimals, some of them cut off and some rounded in print.
    double over = (double)counts.folded / 1e6 - mparams;
    bool is_right = over >= -0.0006 && over < 0.001 &&
                    fabs(2 * (double)counts.macs / 1e9 / gflops - 1) <= tolerance &&
                    (strchr(cell[1], ',') || strcmp(input, cell[1]) == 0);
    tally->wrong += !is_right;
    if (!is_right)
        print_error("%s: input %s, %.4f million parameters, 2 x %.4f GMACs (%+.2f %%); published "
                    "%s, %s, %s\n",
                    cell[0], input, (double)counts.folded / 1e6, (double)counts.macs / 1e9,
                    200 * (double)counts.macs / 1e9 / gflops - 100, cell[1], cell[3], cell[2]);
}

static void counts_agree_with_open_model_zoo(void **state)
{
    struct tally tally = {0, 0};
    (void)state;
    int rows = table_each("dli63.tsv", check_omz, &tally);
    print_message("dli63.tsv: %d of %d rows\n", tally.covered, rows);
    assert_int_equal(rows, 63);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.covered >= 50);
}

static void check_keras(const char *const *cell, void *data)
{
    struct tally *tally = data;
    struct graph_counts counts;
    int64_t dim[4];
    if (!count_model(cell[0], &counts, dim))
        fail_msg("the zoo has no %s", cell[0]);
    bool is_right = counts.macs == strtoll(cell[2], NULL, 10);
    if (cell[1][0])
        is_right = is_right && counts.trainable == strtoll(cell[1], NULL, 10);
    tally->covered++;
    tally->wrong += !is_right;
    if (!is_right)
        print_error("%s: %lld parameters, %lld multiply-adds; published %s, %s\n", cell[0],
                    (long long)counts.trainable, (long long)counts.macs, cell[1], cell[2]);
}

static void counts_equal_keras(void **state)
{
    struct tally tally = {0, 0};
    (void)state;
    table_each("keras.tsv", check_keras, &tally);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.covered > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_equal_torchvision),
        cmocka_unit_test(counts_agree_with_open_model_zoo),
        cmocka_unit_test(counts_equal_keras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
