// Tests of an earlier campaign: the cache may have been emptied since, or the folder be another
// machine's.
#include <stdlib.h>

#include "base/file.h"
#include "catalog/entry.h"

static bool is_missing(const struct test_model *model)
{
    // Only the reference executor's outputs: those of a user's model are stored by a test when
    // there are none.
    const char *reference = model->reference_path;
    if (model->refusal)
        return false;
    bool is_zoo = reference && strncmp(file_name(reference), "zoo-", 4) == 0;
    return !model->path || !file_exists(model->path) || (is_zoo && !file_exists(reference));
}

static int fail_gone(const struct test_model *model, struct dli_error *err)
{
    return dli_fail(err, DLI_E_NOTFOUND, "the model file %.180s is gone: put it back to go on",
                    model->path ? model->path : model->model);
}

static int restore_one(struct test *test, const struct catalog_options *options,
                       struct dli_error *err)
{
    struct test made;
    struct test_model *model = &test->model[0];
    const char *const formats[] = {model->format, NULL};
    const struct catalog_framework framework[] = {{model->framework, formats}, {NULL, NULL}};
    struct catalog_options own = *options;
    own.framework = framework;
    own.has_no_reference = model->reference_path == NULL;
    test_copy(&made, test);
    int result = catalog_resolve(&made, 1, &own, err);
    if (result == DLI_OK && (!model->sha256 || strcmp(made.model[0].sha256, model->sha256) != 0))
        result = dli_fail(err, DLI_E_MISMATCH,
                          "%.80s is not what it was when the campaign began: its SHA-256 differs",
                          model->model);
    if (result == DLI_OK) {
        struct test kept = *test;
        *test = made;
        made = kept;
    } else if (result == DLI_E_NOTFOUND) {
        result = fail_gone(model, err);
    }
    test_release(&made);
    return result;
}

int catalog_restore(struct test *test, int test_count, const struct catalog_options *options,
                    struct dli_error *err)
{
    int result = DLI_OK;
    for (int i = 0; i < test_count && result == DLI_OK; i++)
        if (test[i].model_count == 1 && is_missing(&test[i].model[0]))
            result = restore_one(&test[i], options, err);
    return result;
}
