#include "report/notes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static char *kind_of(const char *text, size_t bytes)
{
    struct strbuf kind = STRBUF_INIT;
    for (size_t i = 0; i < bytes; i++) {
        bool is_number = isdigit((unsigned char)text[i]) ||
                         (text[i] == '.' && i + 1 < bytes && isdigit((unsigned char)text[i + 1]));
        if (!is_number)
            strbuf_addc(&kind, text[i]);
        else if (kind.length == 0 || kind.text[kind.length - 1] != '#')
            strbuf_addc(&kind, '#');
    }
    strbuf_adds(&kind, "");
    return strbuf_detach(&kind);
}

int notes_add(struct notes *notes, const char *text, size_t bytes)
{
    char *kind = kind_of(text, bytes);
    for (int i = 0; i < notes->count; i++) {
        struct note *note = &notes->item[i];
        if (strcmp(note->kind, kind) != 0)
            continue;
        bool is_same = strlen(note->text) == bytes && memcmp(note->text, text, bytes) == 0;
        note->is_varying = note->is_varying || !is_same;
        note->row_count++;
        free(kind);
        return i + 1;
    }
    notes->item = xrealloc(notes->item, (size_t)notes->count + 1, sizeof(*notes->item));
    notes->item[notes->count++] =
        (struct note){kind, xasprintf("%.*s", (int)bytes, text), 1, false};
    return notes->count;
}

void notes_write(struct strbuf *out, const struct notes *notes)
{
    if (notes->count)
        strbuf_addc(out, '\n');
    for (int i = 0; i < notes->count; i++) {
        const struct note *note = &notes->item[i];
        strbuf_addf(out, "[%d] ", i + 1);
        // Texts come from frameworks: no control sequence reaches the terminal.
        for (const char *c = note->text; *c; c++)
            strbuf_addc(out, (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
        if (note->row_count > 1)
            strbuf_addf(out, " (%d rows%s)", note->row_count,
                        note->is_varying ? ", each with its own figures" : "");
        strbuf_addc(out, '\n');
    }
}

void notes_release(struct notes *notes)
{
    for (int i = 0; i < notes->count; i++) {
        free(notes->item[i].kind);
        free(notes->item[i].text);
    }
    free(notes->item);
    memset(notes, 0, sizeof(*notes));
}
