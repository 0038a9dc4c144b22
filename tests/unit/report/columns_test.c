#include <stdlib.h>

#include "base/file.h"
#include "report/columns.h"
#include "rows.h"

// Names that others build on; an id once published does not change.
static const char *const published[] = {
    "status",     "model",      "framework",       "device",  "precision", "mode",
    "host",       "timing",     "batch",           "threads", "streams",   "requests",
    "iterations", "latency_ms", "average_time_ms", "fps",     "p99_ms",    "verdict"};

static int place_of(const char *id)
{
    size_t count;
    const struct column *columns = report_columns(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i].id, id) == 0)
            return (int)i;
    return -1;
}

static void published_names_stand_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(place_of("status"), 0);
    assert_true(place_of("error") > 0);
    for (size_t i = 1; i < sizeof(published) / sizeof(published[0]); i++) {
        if (place_of(published[i]) <= place_of(published[i - 1]))
            fail_msg("%s does not come after %s", published[i], published[i - 1]);
    }
}

static void every_column_is_described(void **state)
{
    size_t count;
    const struct column *columns = report_columns(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct column *column = &columns[i];
        assert_ptr_equal(report_find_column(column->id), column); // no id twice
        assert_int_equal(strspn(column->id, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                         strlen(column->id));
        assert_true(strlen(column->title) > 0 && strlen(column->help) > 10);
        assert_null(strchr(column->help, '|')); // would end the cell of docs/columns.md
    }
    assert_null(report_find_column("no_such_column"));
    assert_null(report_find_column(""));
}

static void units_agree_with_names(void **state)
{
    static const char *const units[][2] = {
        {"_ms", "ms"}, {"_mib", "MiB"}, {"_mhz", "MHz"}, {"_ns", "ns"}};
    size_t count;
    const struct column *columns = report_columns(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
            size_t length = strlen(columns[i].id), ending = strlen(units[u][0]);
            if (length > ending && strcmp(columns[i].id + length - ending, units[u][0]) == 0)
                assert_string_equal(columns[i].unit, units[u][1]);
        }
    }
}

static void docs_are_what_the_table_says(void **state)
{
    struct strbuf made = STRBUF_INIT, kept = STRBUF_INIT;
    struct dli_error err = {0};
    const char *path = DLI_SOURCE_DIR "/docs/columns.md";
    (void)state;
    report_write_column_docs(&made);
    if (getenv("DLI_UPDATE"))
        check_ok(file_write_atomic(path, made.text, made.length, &err));
    check_ok(file_read(&kept, path, (size_t)1 << 20, &err));
    if (strcmp(strbuf_text(&kept), strbuf_text(&made)) != 0)
        fail_msg("docs/columns.md is stale: run dli report --columns > docs/columns.md");
    strbuf_release(&made);
    strbuf_release(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_names_stand_in_their_order),
        cmocka_unit_test(every_column_is_described),
        cmocka_unit_test(units_agree_with_names),
        cmocka_unit_test(docs_are_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
