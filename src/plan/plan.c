#include "plan/plan.h"

#include <stdlib.h>

#include "base/file.h"

enum { MAX_PLAN_BYTES = 1 << 20 };

void plan_release(struct plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; i < plan->test_count; i++)
        test_release(&plan->test[i]);
    free(plan->test);
    free(plan->name);
    free(plan->description);
    memset(plan, 0, sizeof(*plan));
}

struct position {
    char id[TEST_ID_SIZE];
    int repeat;
    int index;
};

static int compare_positions(const void *a, const void *b)
{
    const struct position *x = a;
    const struct position *y = b;
    int order = strcmp(x->id, y->id);
    if (order == 0)
        order = (x->repeat > y->repeat) - (x->repeat < y->repeat);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

void plan_remove_duplicates(struct plan *plan)
{
    struct position *position = xcalloc((size_t)plan->test_count, sizeof(*position));
    bool *is_duplicate = xcalloc((size_t)plan->test_count, sizeof(*is_duplicate));
    int kept = 0;
    for (int i = 0; i < plan->test_count; i++) {
        test_make_id(&plan->test[i]);
        memcpy(position[i].id, plan->test[i].id, TEST_ID_SIZE);
        position[i].repeat = plan->test[i].repeat;
        position[i].index = i;
    }
    qsort(position, (size_t)plan->test_count, sizeof(*position), compare_positions);
    for (int i = 1; i < plan->test_count; i++)
        is_duplicate[position[i].index] = position[i].repeat == position[i - 1].repeat &&
                                          strcmp(position[i].id, position[i - 1].id) == 0;
    for (int i = 0; i < plan->test_count; i++) {
        if (is_duplicate[i])
            test_release(&plan->test[i]);
        else
            plan->test[kept++] = plan->test[i];
    }
    plan->test_count = kept;
    free(position);
    free(is_duplicate);
}

int plan_from_texts(struct plan *out, const struct plan_context *context, struct dli_error *err)
{
    static const struct plan_texts none;
    memset(out, 0, sizeof(*out));
    int result = plan_expand(out, &none, context, err);
    if (result == DLI_OK)
        plan_remove_duplicates(out);
    return result;
}

int plan_read(struct plan *out, const char *path, const struct plan_context *context,
              struct strbuf *problems, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    memset(out, 0, sizeof(*out));
    int result = file_read(&text, path, MAX_PLAN_BYTES, err);
    if (result == DLI_OK)
        result = plan_parse(out, strbuf_text(&text), text.length, path, context, problems, err);
    else
        strbuf_addf(problems, "%s\n", err->text);
    strbuf_release(&text);
    return result;
}

static void add_count(struct strbuf *out, int value)
{
    if (value)
        strbuf_addf(out, " %8d", value);
    else
        strbuf_addf(out, " %8s", "-");
}

void plan_print(struct strbuf *out, const struct plan *plan)
{
    strbuf_addf(out, "%-5s %-34s %-12s %-8s %-9s %-6s %-6s %8s %8s %8s %8s\n", "test", "model",
                "framework", "device", "precision", "host", "mode", "batch", "threads", "streams",
                "requests");
    for (int i = 0; i < plan->test_count; i++) {
        const struct test *test = &plan->test[i];
        const struct test_model *model = &test->model[0];
        strbuf_addf(out, "%-5d %-34s %-12s %-8s %-9s %-6s %-6s %8d", i + 1, model->model,
                    model->framework, model->device, test_precision_name(model->precision),
                    test_host_name(test->host), test_mode_name(test->mode), model->batch);
        add_count(out, model->threads);
        add_count(out, model->streams);
        add_count(out, model->requests);
        strbuf_addc(out, '\n');
    }
    strbuf_addf(out, "%d tests\n", plan->test_count);
}
