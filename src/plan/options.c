#include "plan/options.h"

#include <stdlib.h>

#include "base/nearest.h"
#include "base/strbuf.h"

enum { MAX_OPTIONS = 256 };

static void *own(struct options_owner *owner, void *memory)
{
    owner->memory = xrealloc(owner->memory, (size_t)owner->count + 1, sizeof(*owner->memory));
    owner->memory[owner->count++] = memory;
    return memory;
}

void options_owner_release(struct options_owner *owner)
{
    for (int i = 0; i < owner->count; i++)
        free(owner->memory[i]);
    free(owner->memory);
    memset(owner, 0, sizeof(*owner));
}

const struct dli_option *options_find(const struct dli_option *table, const char *name)
{
    for (; table && table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

const char *options_nearest(const struct dli_option *table, const char *name)
{
    const char *names[MAX_OPTIONS + 1];
    int count = 0;
    for (; table && table->name && count < MAX_OPTIONS; table++)
        names[count++] = table->name;
    names[count] = NULL;
    return nearest_name(name, names);
}

static bool has_range(const struct dli_option *option)
{
    return option->min < option->max;
}

static int check_range(const struct dli_option *option, double value, struct dli_error *err)
{
    if (has_range(option) && (value < option->min || value > option->max))
        return dli_fail(err, DLI_E_ARG, "%g is not within %g..%g", value, option->min, option->max);
    return DLI_OK;
}

static int set_number(void *field, const struct dli_option *option, const char *text,
                      struct dli_error *err)
{
    int64_t whole = 0;
    double real = 0;
    bool is_int = option->type == DLI_OPTION_INT;
    int result = is_int ? options_parse_int(&whole, text, INT32_MIN, INT32_MAX, err)
                        : options_parse_double(&real, text, err);
    if (result == DLI_OK)
        result = check_range(option, is_int ? (double)whole : real, err);
    if (result != DLI_OK)
        return result;
    if (is_int)
        *(int *)field = (int)whole;
    else
        *(double *)field = real;
    return DLI_OK;
}

static int set_choice(int *field, const struct dli_option *option, const char *text,
                      struct dli_error *err)
{
    struct strbuf allowed = STRBUF_INIT;
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            strbuf_release(&allowed);
            *field = i;
            return DLI_OK;
        }
        strbuf_addf(&allowed, "%s%s", i ? ", " : "", option->choices[i]);
    }
    int result = dli_fail(err, DLI_E_ARG, "'%.60s' is not one of %s", text, strbuf_text(&allowed));
    strbuf_release(&allowed);
    return result;
}

static void append(struct dli_list *list, const char *text, struct options_owner *owner)
{
    // The old array stays with the owner: lists are short and live as long as the command.
    const char **longer = own(owner, xcalloc((size_t)list->count + 1, sizeof(*longer)));
    for (int i = 0; i < list->count; i++)
        longer[i] = list->text[i];
    longer[list->count++] = own(owner, xstrdup(text));
    list->text = longer;
}

int options_set(void *base, const struct dli_option *option, const char *text,
                struct options_owner *owner, struct dli_error *err)
{
    void *field = (char *)base + option->offset;
    int result = DLI_OK;
    switch (option->type) {
    case DLI_OPTION_BOOL:
        result = options_parse_bool(field, text, err);
        break;
    case DLI_OPTION_INT:
    case DLI_OPTION_DOUBLE:
        result = set_number(field, option, text, err);
        break;
    case DLI_OPTION_STRING:
        *(const char **)field = own(owner, xstrdup(text));
        break;
    case DLI_OPTION_CHOICE:
        result = set_choice(field, option, text, err);
        break;
    case DLI_OPTION_LIST:
        append(field, text, owner);
        break;
    case DLI_OPTION_END:
        break;
    }
    if (result != DLI_OK)
        dli_error_prepend(err, "%s", option->name);
    return result;
}

struct found {
    const struct dli_option *option;
    void *base;
};

static struct found find_in(const struct options_group *groups, const char *name)
{
    for (; groups->table; groups++) {
        const struct dli_option *option = options_find(groups->table, name);
        if (option)
            return (struct found){option, groups->base};
    }
    return (struct found){NULL, NULL};
}

static struct found find_letter(const struct options_group *groups, char letter)
{
    for (; groups->table; groups++)
        for (const struct dli_option *option = groups->table; option->name; option++)
            if (option->letter == letter)
                return (struct found){option, groups->base};
    return (struct found){NULL, NULL};
}

static int fail_unknown(const struct options_group *groups, const char *name, struct dli_error *err)
{
    const char *names[MAX_OPTIONS + 1];
    int count = 0;
    for (; groups->table; groups++)
        for (const struct dli_option *option = groups->table; option->name; option++)
            if (count < MAX_OPTIONS)
                names[count++] = option->name;
    names[count] = NULL;
    const char *nearest = nearest_name(name, names);
    if (nearest)
        return dli_fail(err, DLI_E_ARG, "unknown option --%.60s; did you mean --%s?", name,
                        nearest);
    return dli_fail(err, DLI_E_ARG, "unknown option --%.60s; --help lists the options", name);
}

// One option at argv[*next]; moves *next past it and its value.
static int parse_option(const char **argv, int argc, int *next, const struct options_group *groups,
                        struct options_owner *owner, struct dli_error *err)
{
    char name[64];
    const char *word = argv[(*next)++];
    bool is_long = word[1] == '-';
    const char *equals = is_long ? strchr(word, '=') : NULL;
    const char *value = equals ? equals + 1 : !is_long && word[2] ? word + 2 : NULL;
    struct found found;
    if (is_long) {
        snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - word - 2) : 63, word + 2);
        found = find_in(groups, name);
        if (!found.option && !equals && strncmp(name, "no-", 3) == 0) {
            found = find_in(groups, name + 3);
            if (found.option && found.option->type == DLI_OPTION_BOOL)
                return options_set(found.base, found.option, "no", owner, err);
            found.option = NULL;
        }
        if (!found.option)
            return fail_unknown(groups, name, err);
    } else {
        found = find_letter(groups, word[1]);
        if (!found.option)
            return dli_fail(err, DLI_E_ARG, "unknown option -%c; --help lists the options",
                            word[1]);
    }
    if (!value && found.option->type == DLI_OPTION_BOOL)
        value = "yes";
    if (!value && *next >= argc)
        return dli_fail(err, DLI_E_ARG, "--%s needs a value", found.option->name);
    if (!value)
        value = argv[(*next)++];
    return options_set(found.base, found.option, value, owner, err);
}

int options_parse_args(int *argument_count, const char **argv, int argc,
                       const struct options_group *groups, struct options_owner *owner,
                       struct dli_error *err)
{
    bool are_options_over = false;
    int next = 0;
    *argument_count = 0;
    while (next < argc) {
        const char *word = argv[next];
        if (!are_options_over && strcmp(word, "--") == 0) {
            are_options_over = true;
            next++;
        } else if (are_options_over || word[0] != '-' || !word[1]) {
            argv[(*argument_count)++] = word;
            next++;
        } else {
            int result = parse_option(argv, argc, &next, groups, owner, err);
            if (result != DLI_OK)
                return result;
        }
    }
    return DLI_OK;
}
