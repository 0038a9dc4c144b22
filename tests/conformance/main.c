// conformance MODULE [OPTION=VALUE...]: holds one backend module, with these of its options, to the
// contract of dli/backend.h. Prints one line per case; exit status 0 when all passed, 1 otherwise,
// 77 when the framework is not on this machine.
#include <stdlib.h>

#include <unistd.h>

#include "cases.h"

#define SKIPPED 77

struct entry {
    const char *name;
    case_fn run;
    bool is_once; /**< with the format's first sample only: slow, and the model does not matter */
};

static const struct entry module_cases[] = {{"table", case_table, true},
                                            {"probe", case_probe, true}};
static const struct entry sample_cases[] = {
    {"agreement", case_agreement, false},      {"in-flight", case_in_flight, false},
    {"concurrent", case_concurrent, false},    {"reshape", case_reshape, false},
    {"damaged", case_damaged, true},           {"early-unload", case_early_unload, true},
    {"two-contexts", case_two_contexts, true}, {"memory", case_memory, true}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int run_case(const struct entry *entry, const struct subject *subject, const char *of,
                    int index)
{
    struct dli_error err = {0};
    int rc = entry->run(subject, &err);
    if (rc)
        printf("not ok - %s %s %d: %s: %s\n", entry->name, of, index, dli_code_name(rc), err.text);
    else
        printf("ok - %s %s %d\n", entry->name, of, index);
    fflush(stdout);
    return rc != DLI_OK;
}

// The first sample of a format is one that everybody can run; of the others a framework may lack an
// operator, and must say so.
static bool is_lacking(const struct subject *subject, int index)
{
    struct session s;
    struct dli_error err = {0};
    int rc = session_open(&s, subject, false, &err);
    if (rc == DLI_OK)
        rc = session_load(&s, subject->sample->path, subject->sample->format, NULL, &err);
    session_close(&s);
    if (index == 0 || rc != DLI_E_UNSUPPORTED || !err.text[0])
        return false;
    printf("# sample %s %d is left out: %s\n", subject->sample->format, index, err.text);
    return true;
}

static int run_sample(struct subject *subject, const char *format, int index)
{
    struct sample sample;
    struct dli_error err = {0};
    int failed = 0;
    int rc = sample_make(&sample, format, sample_names(format)[index], subject->folder, &err);
    if (rc == DLI_E_UNSUPPORTED && index > 0) {
        // A format may lack an operator, as a framework may.
        printf("# sample %s %d cannot be written: %s\n", format, index, err.text);
    } else if (rc) {
        printf("not ok - sample %s %d: %s\n", format, index, err.text);
        failed = 1;
    }
    subject->sample = &sample;
    bool is_left_out = !rc && is_lacking(subject, index);
    for (size_t i = 0; !rc && !is_left_out && i < COUNT(sample_cases); i++) {
        if (!sample_cases[i].is_once || index == 0)
            failed += run_case(&sample_cases[i], subject, format, index);
    }
    unlink(sample.path);
    unlink(sample.weights_path);
    sample_release(&sample);
    return failed;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/dli-conformance-XXXXXX";
    const struct dli_backend *backend = argc >= 2 ? module_open(argv[1]) : NULL;
    int failed = 0;
    if (!backend || !mkdtemp(folder)) {
        printf("usage: conformance MODULE [OPTION=VALUE...]\n");
        return 1;
    }
    struct subject subject = {
        .backend = backend, .folder = folder, .option_count = argc - 2, .option = argv + 2};
    struct dli_probe probe;
    struct dli_error err = {0};
    if (backend->probe(&probe, &err) == DLI_E_UNAVAILABLE) {
        printf("skipped: %s\n", err.text);
        rmdir(folder);
        return SKIPPED;
    }
    for (size_t i = 0; i < COUNT(module_cases); i++)
        failed += run_case(&module_cases[i], &subject, "module", 0);
    for (const char *const *format = backend->formats; *format; format++) {
        const char *const *names = sample_names(*format);
        if (!names)
            printf("# format %s: nothing here writes it\n", *format);
        for (int i = 0; names && names[i]; i++)
            failed += run_sample(&subject, *format, i);
    }
    rmdir(folder);
    printf("%s: %d failed\n", backend->name, failed);
    return failed > 0;
}
