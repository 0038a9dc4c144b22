// The short table at the end of a campaign, for a terminal.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/columns.h"
#include "report/notes.h"
#include "report/report.h"
#include "report/value.h"

struct field {
    const char *id;
    const char *head;
    bool is_right;   // numbers end in line
    bool is_varying; // left out when all rows agree
};

static const struct field fields[] = {
    {"model", "model", false, false},      {"framework", "framework", false, false},
    {"device", "device", false, true},     {"precision", "precision", false, true},
    {"host", "host", false, true},         {"timing", "timing", false, true},
    {"mode", "mode", false, false},        {"batch", "batch", true, false},
    {"threads", "threads", true, false},   {"streams", "streams", true, true},
    {"requests", "requests", true, false}, {"latency_ms", "latency ms", true, false},
    {"interval", "+/- %", true, false},    {"fps", "fps", true, false},
    {"p99_ms", "p99 ms", true, false},     {"verdict", "verdict", false, false},
};
#define CELL_WIDTH 48
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

// Four significant digits, never an exponent.
static void add_number(struct strbuf *out, double number)
{
    if (!isfinite(number))
        return;
    int decimals = number <= 0 ? 0 : 3 - (int)floor(log10(number));
    strbuf_addf(out, "%.*f", decimals < 0 ? 0 : decimals > 6 ? 6 : decimals, number);
}

static void add_interval(struct strbuf *out, const json_t *row)
{
    bool is_async = strcmp(row_text(row, "mode"), "async") == 0;
    double value = row_number(row, is_async ? "fps" : "latency_ms");
    double low = row_number(row, is_async ? "fps_low" : "latency_low_ms");
    double high = row_number(row, is_async ? "fps_high" : "latency_high_ms");
    double percent = 50 * (high - low) / value;
    if (isfinite(percent))
        strbuf_addf(out, "%.1f", percent);
}

// The word, and the numbers of the notes below the table that say why.
static void add_verdict(struct strbuf *out, const json_t *row, struct notes *notes)
{
    const char *status = row_text(row, "status");
    bool is_ok = strcmp(status, "ok") == 0;
    const char *reasons = row_text(row, is_ok ? "verdict_reasons" : "error");
    strbuf_adds(out, is_ok ? row_text(row, "verdict") : status);
    while (*reasons) {
        // Reasons of a verdict are a list; an error is one text.
        const char *end = is_ok ? strstr(reasons, "; ") : NULL;
        size_t bytes = end ? (size_t)(end - reasons) : strlen(reasons);
        strbuf_addf(out, " [%d]", notes_add(notes, reasons, bytes));
        reasons += bytes + (end ? 2 : 0);
    }
}

// A long name must not push everything else off the screen; the last field tells by numbers.
static void shorten(struct strbuf *out)
{
    size_t width = 0;
    for (size_t i = 0; i < out->length; i++) {
        width += ((unsigned char)out->text[i] & 0xc0) != 0x80;
        if (width == CELL_WIDTH && out->length - i > strlen("…")) {
            out->length = i;
            strbuf_adds(out, "…");
            return;
        }
    }
}

static char *make_cell(const struct field *field, const json_t *row, struct notes *notes)
{
    struct strbuf out = STRBUF_INIT;
    const json_t *value = json_object_get(row, field->id);
    if (strcmp(field->id, "interval") == 0)
        add_interval(&out, row);
    else if (strcmp(field->id, "verdict") == 0)
        add_verdict(&out, row, notes);
    else if (json_is_real(value) || strstr(field->id, "_ms") || strcmp(field->id, "fps") == 0)
        add_number(&out, row_number(row, field->id));
    else
        value_add_text(&out, value);
    if (strcmp(field->id, "verdict") != 0)
        shorten(&out);
    // Names and errors come from models and frameworks: no control sequence reaches the terminal.
    for (size_t i = 0; i < out.length; i++)
        if ((unsigned char)out.text[i] < 0x20 || out.text[i] == 0x7f)
            out.text[i] = '?';
    return out.text ? strbuf_detach(&out) : xstrdup("");
}

static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void pad(struct strbuf *out, size_t count)
{
    while (count-- > 0)
        strbuf_addc(out, ' ');
}

static const char *colour_of(const json_t *row)
{
    if (strcmp(row_text(row, "status"), "ok") != 0)
        return "\033[31m";
    return strcmp(row_text(row, "verdict"), "valid") == 0 ? "\033[32m" : "\033[33m";
}

struct table {
    size_t row_count;
    char **cell; // row_count x FIELD_COUNT
    size_t width[FIELD_COUNT];
    bool is_shown[FIELD_COUNT];
    struct notes notes;
};

static void table_fill(struct table *table, const struct report *report)
{
    size_t index;
    json_t *row;
    table->row_count = json_array_size(report->rows);
    table->cell = xcalloc(table->row_count * FIELD_COUNT + 1, sizeof(*table->cell));
    json_array_foreach(report->rows, index, row)
    {
        for (size_t f = 0; f < FIELD_COUNT; f++)
            table->cell[index * FIELD_COUNT + f] = make_cell(&fields[f], row, &table->notes);
    }
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        table->width[f] = width_of(fields[f].head);
        table->is_shown[f] = !fields[f].is_varying;
        for (size_t r = 0; r < table->row_count; r++) {
            const char *cell = table->cell[r * FIELD_COUNT + f];
            size_t width = width_of(cell);
            table->width[f] = width > table->width[f] ? width : table->width[f];
            table->is_shown[f] = table->is_shown[f] || strcmp(cell, table->cell[f]) != 0;
        }
    }
}

static void add_line(struct strbuf *out, const struct table *table, char *const *cells,
                     const char *colour)
{
    const char *gap = "";
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        const char *cell = cells ? cells[f] : fields[f].head;
        size_t space = table->width[f] - width_of(cell);
        bool is_last = f + 1 == FIELD_COUNT;
        if (!table->is_shown[f])
            continue;
        strbuf_adds(out, gap);
        gap = "  ";
        if (fields[f].is_right)
            pad(out, space);
        if (is_last && colour)
            strbuf_addf(out, "%s%s\033[0m", colour, cell);
        else
            strbuf_adds(out, cell);
        if (!fields[f].is_right && !is_last)
            pad(out, space);
    }
    while (out->length > 0 && out->text[out->length - 1] == ' ')
        out->text[--out->length] = '\0';
    strbuf_addc(out, '\n');
}

void report_write_table(const struct report *report, bool is_coloured, struct strbuf *out)
{
    struct table table = {0};
    table_fill(&table, report);
    add_line(out, &table, NULL, NULL);
    for (size_t r = 0; r < table.row_count; r++) {
        const char *colour = is_coloured ? colour_of(json_array_get(report->rows, r)) : NULL;
        add_line(out, &table, table.cell + r * FIELD_COUNT, colour);
    }
    notes_write(out, &table.notes);
    notes_release(&table.notes);
    for (size_t i = 0; i < table.row_count * FIELD_COUNT; i++)
        free(table.cell[i]);
    free(table.cell);
}

void report_print_table(FILE *file, const struct report *report, bool is_coloured)
{
    struct strbuf out = STRBUF_INIT;
    report_write_table(report, is_coloured, &out);
    fwrite(strbuf_text(&out), 1, out.length, file);
    strbuf_release(&out);
}
