// The journal: whatever is cut off at its end, everything before it is read, and appending goes on.
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "runner/journal.h"

struct place {
    char folder[64];
    char path[96];
};

static void open_place(struct place *place)
{
    snprintf(place->folder, sizeof(place->folder), "/tmp/dli-journal-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof(place->path), "%s/journal.jsonl", place->folder);
}

static void close_place(struct place *place)
{
    unlink(place->path);
    rmdir(place->folder);
}

// A header and two tests as the runner writes them.
static void begin_text(struct strbuf *text)
{
    strbuf_adds(text, "{\"record\":\"journal\",\"schema\":1,\"test_count\":2}\n");
    for (int i = 0; i < 2; i++) {
        struct test test;
        test_init(&test);
        struct test_model *model = test_add_model(&test);
        model->model = strdup(i ? "b" : "a");
        model->framework = strdup("null");
        test_make_id(&test);
        json_t *record = json_pack("{s:s,s:s,s:i,s:i,s:o}", "record", "test", "id", test.id,
                                   "repeat", 0, "index", i, "test", test_to_json(&test));
        char *line = json_to_line(record);
        strbuf_addf(text, "%s\n", line);
        free(line);
        json_decref(record);
        test_release(&test);
    }
}

static void append_row(struct journal *journal, const char *id)
{
    struct dli_error err;
    json_t *record = json_pack("{s:s,s:s,s:i,s:{s:s,s:s}}", "record", "row", "id", id, "repeat", 0,
                               "row", "status", "ok", "test_id", id);
    assert_int_equal(journal_append(journal, record, &err), DLI_OK);
}

static void read_whole(struct journal_content *content, const char *path)
{
    struct dli_error err = {0};
    if (journal_read(content, path, &err) != DLI_OK)
        fail_msg("%s", err.text);
}

static void torn_at_every_byte(void **state)
{
    (void)state;
    struct place place;
    struct strbuf text = STRBUF_INIT, whole = STRBUF_INIT;
    struct journal *journal = NULL;
    struct journal_content content;
    struct dli_error err = {0};
    open_place(&place);
    begin_text(&text);
    assert_int_equal(journal_create(&journal, place.path, text.text, text.length, &err), DLI_OK);
    read_whole(&content, place.path);
    char id[2][TEST_ID_SIZE];
    memcpy(id[0], content.test[0].id, TEST_ID_SIZE);
    memcpy(id[1], content.test[1].id, TEST_ID_SIZE);
    journal_content_release(&content);
    append_row(journal, id[0]);
    int64_t first_end = file_bytes(place.path);
    append_row(journal, id[1]);
    journal_close(journal);
    assert_int_equal(file_read(&whole, place.path, 1 << 20, &err), DLI_OK);
    for (size_t cut = (size_t)first_end; cut < whole.length; cut++) {
        assert_int_equal(file_write_atomic(place.path, whole.text, cut, &err), DLI_OK);
        read_whole(&content, place.path);
        assert_int_equal(content.test_count, 2);
        assert_int_equal(content.row_count, 1);
        assert_int_equal(content.has_torn_tail, cut > (size_t)first_end);
        journal_content_release(&content);
        assert_int_equal(journal_open(&journal, place.path, &err), DLI_OK);
        append_row(journal, id[1]);
        journal_close(journal);
        read_whole(&content, place.path);
        assert_int_equal(content.row_count, 2);
        assert_false(content.has_torn_tail);
        journal_content_release(&content);
    }
    strbuf_release(&text);
    strbuf_release(&whole);
    close_place(&place);
}

static void broken_in_the_middle(void **state)
{
    (void)state;
    struct place place;
    struct strbuf text = STRBUF_INIT;
    struct journal_content content;
    struct dli_error err = {0};
    open_place(&place);
    begin_text(&text);
    strbuf_adds(&text, "{\"record\":\"row\",\"id\":\n{\"record\":\"close\",\"reason\":\"done\"}\n");
    assert_int_equal(file_write_atomic(place.path, text.text, text.length, &err), DLI_OK);
    assert_int_equal(journal_read(&content, place.path, &err), DLI_E_PARSE);
    assert_non_null(strstr(err.text, "journal.jsonl:4"));
    journal_content_release(&content);
    strbuf_release(&text);
    close_place(&place);
}

static void one_writer(void **state)
{
    (void)state;
    struct place place;
    struct strbuf text = STRBUF_INIT;
    struct journal *first = NULL, *second = NULL;
    struct dli_error err = {0};
    open_place(&place);
    begin_text(&text);
    assert_int_equal(journal_create(&first, place.path, text.text, text.length, &err), DLI_OK);
    assert_int_equal(journal_open(&second, place.path, &err), DLI_E_ARG);
    assert_int_equal(journal_create(&second, place.path, text.text, text.length, &err), DLI_E_ARG);
    journal_close(first);
    assert_int_equal(journal_open(&second, place.path, &err), DLI_OK);
    journal_close(second);
    strbuf_release(&text);
    close_place(&place);
    assert_int_equal(journal_open(&second, place.path, &err), DLI_E_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(torn_at_every_byte),
                                       cmocka_unit_test(broken_in_the_middle),
                                       cmocka_unit_test(one_writer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
