#include <stdlib.h>

#include "report/assets.h"
#include "rows.h"

// The JSON text between the page's data tags.
static json_t *data_of(const char *page)
{
    static const char tag[] = "<script type=\"application/json\" id=\"data\">";
    const char *start = strstr(page, tag);
    assert_non_null(start);
    start += strlen(tag);
    const char *end = strstr(start, "</script>");
    assert_non_null(end);
    json_t *data = json_loadb(start, (size_t)(end - start), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(data);
    return data;
}

static const json_t *column_of(const json_t *data, const char *id)
{
    size_t index;
    json_t *column;
    json_array_foreach(json_object_get(data, "columns"), index, column)
    {
        if (strcmp(json_string_value(json_object_get(column, "id")), id) == 0)
            return column;
    }
    fail_msg("no column %s in the page", id);
    return NULL;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void page_of(struct strbuf *page, const char *lines, const char *title)
{
    struct report report;
    report_of(&report, lines);
    report_set_title(&report, title);
    report_write_html(&report, page);
    report_release(&report);
}

static void hostile_texts_stay_text(void **state)
{
    static const char hostile[] = "</script><script>alert(1)</script><!--\"'&\\u2028";
    struct strbuf page = STRBUF_INIT, line = STRBUF_INIT;
    (void)state;
    strbuf_addf(&line, "{\"record\":\"journal\",\"machine\":{\"</script><b>\":\"%s\"}}\n",
                "</script><b>&");
    strbuf_addf(&line,
                "{\"status\":\"ok\",\"model\":\"%s\"}\n{\"status\":\"ok\",\"model\":\"x\"}\n",
                "</script><script>alert(1)</script><!--\\\"'&\\u2028");
    page_of(&page, line.text, hostile);
    assert_int_equal(count_of(page.text, "</script>"), 2);
    assert_int_equal(count_of(page.text, "<script>"), 1);
    assert_null(strstr(page.text, "<b>"));
    assert_null(strstr(page.text, "<!--"));
    check_contains(page.text, "<title>&lt;/script&gt;");
    json_t *data = data_of(page.text);
    const json_t *texts = json_object_get(column_of(data, "model"), "texts");
    check_contains(json_string_value(json_array_get(texts, 0)),
                   "</script><script>alert(1)</script><!--\"'&\xe2\x80\xa8");
    assert_int_equal(json_array_size(json_object_get(data, "machines")), 1);
    json_decref(data);
    strbuf_release(&line);
    strbuf_release(&page);
}

static void nothing_is_loaded_and_the_policy_says_so(void **state)
{
    struct strbuf page = STRBUF_INIT;
    (void)state;
    page_of(&page, "{\"status\":\"ok\"}\n", NULL);
    check_contains(
        page.text,
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-");
    check_contains(page.text, "base-uri 'none'; form-action 'none'");
    assert_null(strstr(page.text, "unsafe-"));
    assert_null(strstr(page.text, "<link"));
    assert_null(strstr(page.text, "<img"));
    assert_null(strstr(page.text, "src=\""));
    assert_null(strstr(page.text, "@import"));
    assert_null(strstr(page.text, "url(http"));
    assert_null(strstr(page.text, "url(\"http"));
    strbuf_release(&page);
}

static void the_program_cannot_end_its_own_tag(void **state)
{
    (void)state;
    assert_null(strstr(report_page_js, "</script"));
    assert_null(strstr(report_page_js, "<!--"));
    assert_null(strstr(report_page_css, "</style"));
    assert_true(report_page_js_bytes > 10000); // not an empty bundle
    assert_int_equal(strlen(report_page_js), report_page_js_bytes);
}

static void columns_are_packed(void **state)
{
    struct strbuf page = STRBUF_INIT;
    (void)state;
    page_of(&page,
            "{\"status\":\"ok\",\"model\":\"a\",\"fps\":1.5,\"batch\":1}\n{\"status\":\"ok\","
            "\"model\":\"b\",\"batch\":1}\n"
            "{\"status\":\"ok\",\"model\":\"a\",\"fps\":2,\"batch\":1}\n{\"status\":\"ok\","
            "\"batch\":1}\n",
            "t");
    json_t *data = data_of(page.text);
    assert_int_equal(json_integer_value(json_object_get(data, "count")), 4);
    assert_string_equal(json_string_value(json_object_get(column_of(data, "status"), "constant")),
                        "ok");
    assert_int_equal(json_integer_value(json_object_get(column_of(data, "batch"), "constant")), 1);
    assert_true(json_is_null(json_object_get(column_of(data, "kernel"), "constant")));
    const json_t *values = json_object_get(column_of(data, "fps"), "values");
    assert_true(json_number_value(json_array_get(values, 0)) == 1.5 &&
                json_is_null(json_array_get(values, 1)));
    const json_t *model = column_of(data, "model");
    static const int codes[] = {0, 1, 0, -1};
    assert_int_equal(json_array_size(json_object_get(model, "texts")), 2);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(json_integer_value(json_array_get(json_object_get(model, "codes"), i)),
                         codes[i]);
    json_decref(data);
    strbuf_release(&page);
}

static void an_empty_report_is_a_page_too(void **state)
{
    struct strbuf page = STRBUF_INIT;
    (void)state;
    page_of(&page, "", NULL);
    json_t *data = data_of(page.text);
    assert_int_equal(json_integer_value(json_object_get(data, "count")), 0);
    json_decref(data);
    strbuf_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_texts_stay_text),
        cmocka_unit_test(nothing_is_loaded_and_the_policy_says_so),
        cmocka_unit_test(the_program_cannot_end_its_own_tag),
        cmocka_unit_test(columns_are_packed),
        cmocka_unit_test(an_empty_report_is_a_page_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
