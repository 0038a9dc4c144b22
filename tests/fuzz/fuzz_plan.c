// Plan files, whatever is in them, become tests or one clear error.
#include <stdlib.h>

#include "plan/plan.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes)
{
    static const char *const frameworks[] = {"null", "openvino", NULL};
    const struct plan_context context = {.frameworks = frameworks};
    struct plan plan = {0};
    struct strbuf problems = STRBUF_INIT;
    struct dli_error err = {0};
    int result =
        plan_parse(&plan, (const char *)data, bytes, "fuzz.yaml", &context, &problems, &err);
    if (result != DLI_OK && (err.text[0] == '\0' || err.code == DLI_OK))
        abort(); // an error without a reason
    for (int i = 0; i < plan.test_count && i < 4; i++) {
        json_t *object = test_to_json(&plan.test[i]);
        struct test back;
        if (test_from_json(&back, object, &err) != DLI_OK)
            abort(); // what a plan gives, a worker must take
        test_release(&back);
        json_decref(object);
    }
    plan_release(&plan);
    strbuf_release(&problems);
    return 0;
}
