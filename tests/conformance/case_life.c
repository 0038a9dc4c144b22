// Cases about the module's table, damaged models, and the end of a context's life.
#include <ctype.h>
#include <malloc.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"

#include "cases.h"

#define CYCLES 100
#define WARM_CYCLES 30
// Allocators keep a little; a context that leaks its model or its threads leaks far more.
#define LEAK_BYTES_PER_CYCLE 32768

static int check_options(const struct dli_backend *b, struct dli_error *err)
{
    for (const struct dli_option *o = b->options; o && o->type != DLI_OPTION_END; o++) {
        bool is_plain = o->name && o->name[0];
        for (const char *c = o->name; is_plain && *c; c++)
            is_plain = islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-';
        if (!is_plain)
            return dli_fail(err, DLI_E_PROTOCOL, "option '%s': lower case, words joined by '-'",
                            o->name ? o->name : "");
        if (!o->help || !o->help[0] || o->help[strlen(o->help) - 1] == '.')
            return dli_fail(err, DLI_E_PROTOCOL, "option '%s': help without full stop", o->name);
        if (o->offset >= b->priv_size)
            return dli_fail(err, DLI_E_PROTOCOL, "option '%s' lies outside of the private state",
                            o->name);
        if (o->type == DLI_OPTION_CHOICE && (!o->choices || !o->choices[0]))
            return dli_fail(err, DLI_E_PROTOCOL, "option '%s' has no choices", o->name);
        if (o->type == DLI_OPTION_LIST)
            return dli_fail(err, DLI_E_PROTOCOL, "option '%s': lists are for the command line",
                            o->name);
    }
    return DLI_OK;
}

int case_table(const struct subject *subject, struct dli_error *err)
{
    const struct dli_backend *b = subject->backend;
    if (b->abi != DLI_ABI)
        return dli_fail(err, DLI_E_PROTOCOL, "ABI %u, not %u", (unsigned)b->abi, (unsigned)DLI_ABI);
    if (!b->name || !b->name[0] || !b->description || !b->description[0] || !b->formats ||
        !b->formats[0])
        return dli_fail(err, DLI_E_PROTOCOL, "name, description or formats are missing");
    if (!b->probe || !b->load || !b->io_describe || !b->submit || !b->unload)
        return dli_fail(err, DLI_E_PROTOCOL, "a required hook is missing");
    if (b->capabilities & DLI_CAP_RESHAPE && !b->reshape)
        return dli_fail(err, DLI_E_PROTOCOL, "can reshape, but has no such hook");
    return check_options(b, err);
}

int case_probe(const struct subject *subject, struct dli_error *err)
{
    struct dli_probe probe;
    int rc = subject->backend->probe(&probe, err);
    if (rc)
        return rc;
    if (!probe.version[0] || probe.device_count < 1 || probe.device_count > DLI_MAX_DEVICES)
        return dli_fail(err, DLI_E_PROTOCOL, "version '%s' and %d devices", probe.version,
                        probe.device_count);
    for (int i = 0; i < probe.device_count; i++) {
        if (!probe.device[i].id[0] || !probe.device[i].name[0])
            return dli_fail(err, DLI_E_PROTOCOL, "device %d has no name", i);
    }
    return DLI_OK;
}

/** Loading `data` must fail with a text, and unload must cope. */
static int expect_refusal(const struct subject *subject, const char *what, const void *data,
                          size_t bytes, struct dli_error *err)
{
    struct session s;
    struct dli_error why = {0};
    char path[600];
    snprintf(path, sizeof(path), "%s/damaged.%s", subject->folder, subject->sample->format);
    int rc = file_write_atomic(path, data, bytes, err);
    if (rc)
        return rc;
    rc = session_open(&s, subject, false, err);
    if (rc == DLI_OK)
        rc = session_load(&s, path, subject->sample->format, NULL, &why);
    session_close(&s);
    unlink(path);
    if (rc >= 0)
        return dli_fail(err, DLI_E_PROTOCOL, "a model that is %s was loaded", what);
    if (rc != why.code || !why.text[0])
        return dli_fail(err, DLI_E_PROTOCOL,
                        "a model that is %s: code %d, but the error says %d «%s»", what, rc,
                        why.code, why.text);
    return DLI_OK;
}

static int expect_no_file(const struct subject *subject, struct dli_error *err)
{
    struct session s;
    struct dli_error why = {0};
    int rc = session_open(&s, subject, false, err);
    if (rc == DLI_OK)
        rc = session_load(&s, "/nonexistent/model.onnx", subject->sample->format, NULL, &why);
    session_close(&s);
    return rc == DLI_E_NOTFOUND ? DLI_OK
                                : dli_fail(err, DLI_E_PROTOCOL, "a missing file: %s, not NOTFOUND",
                                           dli_code_name(rc));
}

int case_damaged(const struct subject *subject, struct dli_error *err)
{
    struct strbuf whole = STRBUF_INIT;
    float garbage[1024];
    int rc = file_read(&whole, subject->sample->path, (size_t)1 << 30, err);
    random_fill_f32(garbage, 1024, random_key(1, "garbage"), 0, -1e9F, 1e9F);
    if (rc == DLI_OK)
        rc = expect_refusal(subject, "empty", "", 0, err);
    if (rc == DLI_OK)
        rc = expect_refusal(subject, "garbage", garbage, sizeof(garbage), err);
    // At several places: in the header, in the middle of weights, just before the end.
    static const int percents[] = {1, 30, 70, 90};
    for (size_t i = 0; rc == DLI_OK && i < sizeof(percents) / sizeof(percents[0]); i++)
        rc = expect_refusal(subject, "cut", whole.text, whole.length * (size_t)percents[i] / 100,
                            err);
    if (rc == DLI_OK)
        rc = expect_no_file(subject, err);
    strbuf_release(&whole);
    return rc;
}

int case_early_unload(const struct subject *subject, struct dli_error *err)
{
    struct session s;
    int rc = session_open(&s, subject, false, err);
    if (rc == DLI_OK)
        rc = session_read(&s, subject->sample->path, subject->sample->format, err);
    session_close(&s);
    if (rc)
        return rc;
    rc = session_open(&s, subject, true, err);
    if (rc == DLI_OK)
        rc = session_load(&s, subject->sample->path, subject->sample->format, NULL, err);
    if (rc == DLI_OK)
        rc = session_make_requests(&s, SESSION_REQUESTS, err);
    session_close(&s);
    return rc;
}

static long resident_bytes(void)
{
    char line[128];
    long pages = 0;
    malloc_trim(0);
    if (!file_read_line(line, sizeof(line), "/proc/self/statm") ||
        sscanf(line, "%*d %ld", &pages) != 1)
        return -1;
    return pages * sysconf(_SC_PAGESIZE);
}

int case_memory(const struct subject *subject, struct dli_error *err)
{
    long before = 0;
    for (int cycle = 0; cycle < CYCLES; cycle++) {
        struct session s;
        if (cycle == WARM_CYCLES)
            before = resident_bytes();
        int rc = session_open(&s, subject, false, err);
        if (rc == DLI_OK)
            rc = session_load(&s, subject->sample->path, subject->sample->format, NULL, err);
        if (rc == DLI_OK)
            rc = session_make_requests(&s, 1, err);
        if (rc == DLI_OK)
            rc = session_run(&s, 0, err);
        session_close(&s);
        if (rc)
            return rc;
    }
    long slope = (resident_bytes() - before) / (CYCLES - WARM_CYCLES);
    printf("# memory grows by %ld bytes a cycle of load and unload\n", slope);
    return slope <= LEAK_BYTES_PER_CYCLE
               ? DLI_OK
               : dli_fail(err, DLI_E_PROTOCOL,
                          "%d cycles of load and unload grow memory by %ld bytes each", CYCLES,
                          slope);
}
