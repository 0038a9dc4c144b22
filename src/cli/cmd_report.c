// dli report: rows of campaigns, old or foreign, to tables and pages.
#include "cli/commands.h"
#include "report/columns.h"
#include "report/report.h"

#define DLI_OPT_BASE struct report_arguments
struct report_arguments {
    const char *csv, *html, *jsonl, *dl22, *title;
    bool is_json, is_columns;
};

static const struct dli_option options[] = {
    {"csv", DLI_OPT_STRING(csv), .unit = "FILE", .help = "write CSV; - is standard output"},
    {"html", DLI_OPT_STRING(html), .unit = "FILE", .help = "write the page"},
    {"jsonl", DLI_OPT_STRING(jsonl), .unit = "FILE", .help = "write JSON lines"},
    {"dl22", DLI_OPT_STRING(dl22), .unit = "FILE",
     .help = "write the 22-column table with semicolons that the published Python tool writes"},
    {"json", DLI_OPT_BOOL(is_json), .help = "print rows as JSON lines instead of a table"},
    {"title", DLI_OPT_STRING(title), .unit = "TEXT", .help = "heading of the page"},
    {"columns", DLI_OPT_BOOL(is_columns), .help = "print what every column means, as Markdown"},
    DLI_OPTIONS_END};

static const struct command_example examples[] = {
    {"dli report results/*/journal.jsonl --html all.html", "one page of several campaigns"},
    {"dli report results.csv", "a table in the terminal"},
    {"dli report results.jsonl --csv -", "JSON lines to CSV"},
    {NULL, NULL}};

static int save_all(const struct report *report, const struct report_arguments *given,
                    struct dli_error *err)
{
    const struct {
        enum report_format format;
        const char *path;
    } wanted[] = {{REPORT_CSV, given->csv},
                  {REPORT_HTML, given->html},
                  {REPORT_JSONL, given->jsonl},
                  {REPORT_DL22, given->dl22}};
    int result = DLI_OK;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && result == DLI_OK; i++)
        if (wanted[i].path)
            result = report_save(report, wanted[i].format, wanted[i].path, err);
    return result;
}

static int print_rows(const struct report *report, bool is_json)
{
    struct strbuf text = STRBUF_INIT;
    if (is_json)
        report_write_jsonl(report, &text);
    else
        report_write_table(report, cli_is_coloured(), &text);
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

static int make_report(const struct cli_arguments *arguments, const struct report_arguments *given)
{
    struct report report;
    struct dli_error err = {0};
    int result = DLI_OK;
    bool has_file = given->csv || given->html || given->jsonl || given->dl22;
    report_init(&report);
    if (given->title)
        report_set_title(&report, given->title);
    for (int i = 0; i < arguments->count && result == DLI_OK; i++)
        result = report_read_file(&report, arguments->text[i], &err);
    if (result == DLI_OK)
        result = save_all(&report, given, &err);
    int status = result != DLI_OK ? cli_fail(&err) : CLI_OK;
    if (status == CLI_OK && (!has_file || given->is_json))
        status = print_rows(&report, given->is_json);
    report_release(&report);
    return status;
}

static int print_columns(void)
{
    struct strbuf text = STRBUF_INIT;
    report_write_column_docs(&text);
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

static int run(const struct cli_command *command, int argc, const char **argv)
{
    struct report_arguments given = {0};
    struct cli_arguments arguments;
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    if (given.is_columns)
        status = print_columns();
    else if (arguments.count == 0)
        status = cli_usage(command, "no file: name a journal.jsonl, results.csv or results.jsonl");
    else
        status = make_report(&arguments, &given);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_report = {
    .text = {.name = "report",
             .arguments = "FILE...",
             .summary = "turn journals and rows into a table, CSV, JSON lines or a page",
             .description = "Reads journals, JSON lines and CSV, told apart by their content; - is "
                            "standard input. Without an output option "
                            "it prints a table.",
             .options = {options},
             .examples = examples},
    .run = run};
