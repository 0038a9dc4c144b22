#include "check.h"
#include "plan/command.h"
#include "plan/options.h"

struct target {
    bool is_fast;
    int count;
    double ratio;
    const char *name;
    int color;
    struct dli_list items;
};

static const char *const colors[] = {"red", "green", NULL};

#define DLI_OPT_BASE struct target
static const struct dli_option table[] = {
    {"fast", DLI_OPT_BOOL(is_fast), .help = "be fast", .letter = 'f'},
    {"count", DLI_OPT_INT(count), DLI_RANGE(1, 10), .unit = "N", .help = "how many"},
    {"ratio", DLI_OPT_DOUBLE(ratio), DLI_RANGE(0, 1), .help = "how much"},
    {"name", DLI_OPT_STRING(name),
     .help = "what it is called; a long help text that has to be wrapped somewhere"},
    {"color", DLI_OPT_CHOICE(color), .choices = colors, .help = "which one"},
    {"item", DLI_OPT_LIST(items), .unit = "X", .help = "again and again", .letter = 'i'},
    DLI_OPTIONS_END};

static int parse(struct target *target, int *arguments, const char **argv, int argc,
                 struct options_owner *owner, struct dli_error *err)
{
    const struct options_group groups[] = {{target, table}, {NULL, NULL}};
    memset(target, 0, sizeof(*target));
    return options_parse_args(arguments, argv, argc, groups, owner, err);
}

static void every_form_of_an_option_is_read(void **state)
{
    const char *argv[] = {"first", "--fast",  "--count=3", "--ratio",    "0.5", "-ia",   "-i",
                          "b",     "--color", "green",     "--name=x=y", "--",  "--last"};
    struct options_owner owner = {0};
    struct dli_error err;
    struct target target;
    int arguments = 0;
    (void)state;
    check_ok(parse(&target, &arguments, argv, 13, &owner, &err));
    assert_int_equal(arguments, 2);
    assert_string_equal(argv[1], "--last");
    assert_true(target.is_fast);
    assert_int_equal(target.count, 3);
    assert_float_equal(target.ratio, 0.5, 0);
    assert_string_equal(target.name, "x=y");
    assert_int_equal(target.color, 1);
    assert_int_equal(target.items.count, 2);
    assert_string_equal(target.items.text[1], "b");
    options_owner_release(&owner);
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *first, *second, *part;
    } cases[] = {{"--cuont", "3", "did you mean --count?"},
                 {"--count", "11", "count: 11 is not within 1..10"},
                 {"--count", "x", "count: 'x' is not a whole number"},
                 {"--color", "blue", "not one of red, green"},
                 {"--name", NULL, "--name needs a value"},
                 {"-z", NULL, "unknown option -z"},
                 {"--fast=maybe", NULL, "neither yes nor no"},
                 {"--no-count", NULL, "unknown option"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *argv[] = {cases[i].first, cases[i].second};
        struct options_owner owner = {0};
        struct dli_error err;
        struct target target;
        int arguments = 0;
        check_fails(parse(&target, &arguments, argv, cases[i].second ? 2 : 1, &owner, &err),
                    DLI_E_ARG, cases[i].part);
        options_owner_release(&owner);
    }
}

static void a_flag_can_be_taken_back(void **state)
{
    const char *argv[] = {"--fast", "--no-fast"};
    struct options_owner owner = {0};
    struct dli_error err;
    struct target target;
    int arguments = 0;
    (void)state;
    check_ok(parse(&target, &arguments, argv, 2, &owner, &err));
    assert_false(target.is_fast);
    options_owner_release(&owner);
}

static void units_are_understood(void **state)
{
    struct dli_error err;
    int64_t value = 0;
    double fraction = 0;
    (void)state;
    check_ok(options_parse_duration(&value, "1.5s", &err));
    assert_int_equal(value, INT64_C(1500000000));
    check_ok(options_parse_duration(&value, "250ms", &err));
    assert_int_equal(value, INT64_C(250000000));
    check_fails(options_parse_duration(&value, "-1s", &err), DLI_E_ARG, "not a duration");
    check_fails(options_parse_duration(&value, "99999999h", &err), DLI_E_ARG, "longer than a year");
    check_ok(options_parse_bytes(&value, "2G", &err));
    assert_int_equal(value, INT64_C(2147483648));
    check_ok(options_parse_fraction(&fraction, "1%", &err));
    assert_float_equal(fraction, 0.01, 1e-12);
    check_fails(options_parse_fraction(&fraction, "nan", &err), DLI_E_ARG, "fraction");
}

static void help_and_man_name_every_option(void **state)
{
    static const struct command_example examples[] = {{"dli demo --fast", "shows it"},
                                                      {NULL, NULL}};
    static const struct command command = {"demo",     "THING...",    "shows options",
                                           "It does.", {table, NULL}, examples};
    const struct command *const commands[] = {&command, NULL};
    void (*const writers[])(struct strbuf *, const struct command *const *) = {
        command_write_bash, command_write_zsh, command_write_fish};
    struct strbuf help = STRBUF_INIT, man = STRBUF_INIT;
    (void)state;
    command_write_help(&help, &command, 72);
    command_write_man(&man, &command, "1.0");
    for (const struct dli_option *option = table; option->name; option++) {
        check_contains(strbuf_text(&help), option->name);
        check_contains(strbuf_text(&man), option->name);
    }
    check_contains(strbuf_text(&help), "red|green");
    for (char *line = help.text, *end; (end = strchr(line, '\n')); line = end + 1)
        assert_true(end - line <= 80);
    for (int i = 0; i < 3; i++) {
        struct strbuf text = STRBUF_INIT;
        writers[i](&text, commands);
        check_contains(strbuf_text(&text), "count");
        strbuf_release(&text);
    }
    strbuf_release(&help);
    strbuf_release(&man);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_an_option_is_read), cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_flag_can_be_taken_back), cmocka_unit_test(units_are_understood),
        cmocka_unit_test(help_and_man_name_every_option)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
