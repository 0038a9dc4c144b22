// Cost per request: DLI's measuring core with its null backend, and MLPerf LoadGen with a null
// system under test, in turn. Prints one line of JSON; overhead.py makes the table.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "loadgen_null.h"

enum { ITERATIONS = 100000, QUERIES = 20000, WINDOW = 100000 };

static const char *const loadgen_names[] = {"loadgen-single", "loadgen-single-thread",
                                            "loadgen-server-thread"};

static int fail(const struct dli_error *err)
{
    fprintf(stderr, "bench_overhead: %s\n", err->text);
    return 1;
}

// One marked window, for a tracer.
static int run_window(const char *module, const char *model, const char *name)
{
    for (int i = 0; i < harness_case_count; i++) {
        struct harness_figures figures;
        struct dli_error err;
        if (strcmp(harness_cases[i].name, name) != 0)
            continue;
        if (harness_run(&figures, &harness_cases[i], module, model, WINDOW, true, &err) != DLI_OK)
            return fail(&err);
        printf("{\"iterations\":%lld,\"allocations\":%lld}\n", (long long)figures.iterations,
               (long long)figures.allocations);
        return 0;
    }
    fprintf(stderr, "bench_overhead: no case '%s'\n", name);
    return 2;
}

static int run_round(const char *module, const char *model, int round)
{
    struct dli_error err;
    printf("%s{", round ? "," : "");
    for (int i = 0; i < harness_case_count; i++) {
        struct harness_figures figures;
        if (harness_run(&figures, &harness_cases[i], module, model, ITERATIONS, false, &err) !=
            DLI_OK)
            return fail(&err);
        printf("\"%s\":%.2f,", harness_cases[i].name, figures.period_ns);
    }
    for (int i = 0; i < 3; i++) {
        double period_ns = loadgen_run((enum loadgen_case)i, QUERIES);
        if (period_ns < 0) {
            fprintf(stderr, "bench_overhead: %s lost a query\n", loadgen_names[i]);
            return 1;
        }
        printf("\"%s\":%.2f%s", loadgen_names[i], period_ns, i < 2 ? "," : "}");
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[3], "--window") == 0)
        return run_window(argv[1], argv[2], argv[4]);
    int rounds = argc == 5 && strcmp(argv[3], "--rounds") == 0 ? (int)strtol(argv[4], NULL, 10) : 0;
    if (rounds < 1) {
        fprintf(stderr, "usage: bench_overhead MODULE MODEL --rounds N | --window CASE\n");
        return 2;
    }
    printf("[");
    for (int round = 0; round < rounds; round++)
        if (run_round(argv[1], argv[2], round) != 0)
            return 1;
    printf("]\n");
    return 0;
}
