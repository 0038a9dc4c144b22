#include "catalog/catalog.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "catalog/entry.h"
#include "zoo/zoo.h"

// What was resolved before, by everything that decides it.
struct memory {
    int count;
    struct {
        char *key;
        struct catalog_entry entry;
        char *reference;
    } * item;
};

struct resolver {
    const struct catalog_options *options;
    const char *cache;
    struct memory memory;
};

void catalog_entry_release(struct catalog_entry *entry)
{
    free(entry->name);
    free(entry->path);
    free(entry->weights_path);
    free(entry->refusal);
    memset(entry, 0, sizeof(*entry));
}

void catalog_say(const struct catalog_options *options, const char *format, ...)
{
    char text[256];
    va_list args;
    if (!options->on_step)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    options->on_step(text, options->data);
}

static const char *const *formats_of(const struct catalog_options *options,
                                     const struct test_model *model)
{
    for (const struct catalog_framework *f = options->framework; f && f->name; f++)
        if (model->framework && strcmp(f->name, model->framework) == 0)
            return f->formats;
    return NULL;
}

static bool is_random(const struct test_model *model)
{
    for (int i = 0; i < model->input_count; i++)
        if (model->input[i].source != TEST_INPUT_RANDOM || model->input[i].low != 0 ||
            model->input[i].high != 0)
            return false;
    return model->shape_count == 0;
}

char *catalog_stored_reference(const struct test *test, const struct test_model *model,
                               const char *cache)
{
    struct strbuf text = STRBUF_INIT;
    char key[SHA256_HEX_SIZE];
    strbuf_addf(&text, "%s %llu %d", model->sha256, (unsigned long long)test->seed, model->batch);
    for (int i = 0; i < model->shape_count; i++) {
        strbuf_addf(&text, " shape %s", model->shape[i].input ? model->shape[i].input : "");
        for (int d = 0; d < model->shape[i].rank; d++)
            strbuf_addf(&text, ",%lld", (long long)model->shape[i].dim[d]);
    }
    for (int i = 0; i < model->input_count; i++) {
        const struct test_input *input = &model->input[i];
        struct stat status = {0};
        if (input->path && stat(input->path, &status) != 0)
            memset(&status, 0, sizeof(status)); // the test will say that it is missing
        strbuf_addf(&text, " input %s %d %s %lld %lld %a %a %d%d", input->input ? input->input : "",
                    (int)input->source, input->path ? input->path : "", (long long)status.st_size,
                    (long long)status.st_mtime, input->low, input->high, input->is_bgr,
                    input->is_nhwc);
        for (int c = 0; c < 4; c++)
            strbuf_addf(&text, " %a %a", input->mean[c], input->scale[c]);
    }
    sha256_memory(key, strbuf_text(&text), text.length);
    strbuf_release(&text);
    return xasprintf("%s/reference/%.32s.ref", cache, key);
}

static struct zoo_request make_request(const struct resolver *resolver, const struct test *test,
                                       const struct test_model *model)
{
    return (struct zoo_request){.spec = model->model,
                                .batch = model->batch,
                                .seed = test->seed,
                                .formats = formats_of(resolver->options, model),
                                .cache = resolver->cache,
                                .options = resolver->options};
}

static int resolve_entry(struct catalog_entry *out, const struct resolver *resolver,
                         const struct test *test, const struct test_model *model,
                         struct dli_error *err)
{
    memset(out, 0, sizeof(*out));
    out->parameter_count = out->mac_count = -1;
    if (!zoo_is_spec(model->model) && file_exists(model->model))
        return catalog_file(out, model->model, formats_of(resolver->options, model), err);
    if (strncmp(model->model, "null:", 5) == 0)
        return catalog_null(out, model->model, resolver->cache, err);
    if (!zoo_is_spec(model->model) && catalog_format_of(model->model))
        return dli_fail(err, DLI_E_NOTFOUND, "%.200s: no such file", model->model);
    struct zoo_request request = make_request(resolver, test, model);
    return catalog_zoo(out, &request, err);
}

static char *memory_key(const struct test *test, const struct test_model *model,
                        const struct resolver *resolver)
{
    const char *const *formats = formats_of(resolver->options, model);
    struct strbuf key = STRBUF_INIT;
    strbuf_addf(&key, "%d %llu %d %s", model->batch, (unsigned long long)test->seed,
                is_random(model), model->model);
    for (; formats && *formats; formats++)
        strbuf_addf(&key, " %s", *formats);
    return strbuf_detach(&key);
}

static int find_or_resolve(int *out, struct resolver *resolver, const struct test *test,
                           const struct test_model *model, struct dli_error *err)
{
    struct memory *memory = &resolver->memory;
    char *key = memory_key(test, model, resolver);
    for (*out = 0; *out < memory->count; (*out)++)
        if (strcmp(memory->item[*out].key, key) == 0) {
            free(key);
            return DLI_OK;
        }
    memory->item = xrealloc(memory->item, (size_t)memory->count + 1, sizeof(*memory->item));
    memory->item[memory->count].key = key;
    memory->item[memory->count].reference = NULL;
    struct catalog_entry *entry = &memory->item[memory->count++].entry;
    int result = resolve_entry(entry, resolver, test, model, err);
    bool has_reference = result == DLI_OK && entry->is_zoo && entry->has_outputs &&
                         !entry->refusal && is_random(model);
    if (has_reference && !resolver->options->has_no_reference) {
        struct zoo_request request = make_request(resolver, test, model);
        request.batch = entry->batch;
        result = catalog_zoo_reference(&memory->item[*out].reference, &request, err);
    }
    return result;
}

static void replace(char **field, const char *text)
{
    char *copy = text ? xstrdup(text) : NULL;
    free(*field);
    *field = copy;
}

static void apply(const struct test *test, struct test_model *model,
                  const struct catalog_entry *entry, const char *reference,
                  const struct resolver *resolver)
{
    replace(&model->model, entry->name);
    replace(&model->path, entry->path);
    replace(&model->weights_path, entry->weights_path);
    replace(&model->format, entry->format);
    replace(&model->sha256, entry->refusal ? NULL : entry->sha256);
    replace(&model->refusal, entry->refusal);
    model->parameter_count = entry->parameter_count;
    model->mac_count = entry->mac_count;
    model->is_approximate = entry->is_approximate;
    if (entry->batch)
        model->batch = entry->batch;
    replace(&model->reference_path, reference);
    if (!reference && entry->has_outputs && !entry->refusal && !resolver->options->has_no_reference)
        model->reference_path = catalog_stored_reference(test, model, resolver->cache);
}

static void memory_release(struct memory *memory)
{
    for (int i = 0; i < memory->count; i++) {
        free(memory->item[i].key);
        free(memory->item[i].reference);
        catalog_entry_release(&memory->item[i].entry);
    }
    free(memory->item);
}

static int resolve_all(struct resolver *resolver, struct test *test, int test_count,
                       struct dli_error *err)
{
    for (int t = 0; t < test_count; t++) {
        for (int m = 0; m < test[t].model_count; m++) {
            struct test_model *model = &test[t].model[m];
            int index = 0;
            int result = find_or_resolve(&index, resolver, &test[t], model, err);
            if (result != DLI_OK)
                return result;
            apply(&test[t], model, &resolver->memory.item[index].entry,
                  resolver->memory.item[index].reference, resolver);
        }
        test_make_id(&test[t]);
    }
    return DLI_OK;
}

int catalog_resolve(struct test *test, int test_count, const struct catalog_options *options,
                    struct dli_error *err)
{
    struct strbuf cache = STRBUF_INIT;
    struct strbuf references = STRBUF_INIT;
    struct resolver resolver = {.options = options};
    int result = DLI_OK;
    if (options->cache)
        strbuf_adds(&cache, options->cache);
    else
        result = file_cache_folder(&cache, "", err);
    strbuf_addf(&references, "%s/reference", strbuf_text(&cache));
    if (result == DLI_OK)
        result = file_make_folders(strbuf_text(&references), err);
    resolver.cache = strbuf_text(&cache);
    if (result == DLI_OK)
        result = resolve_all(&resolver, test, test_count, err);
    memory_release(&resolver.memory);
    strbuf_release(&references);
    strbuf_release(&cache);
    return result;
}
