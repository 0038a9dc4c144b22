/**
 * table.h - reads the tables of published figures in tests/data: tab-separated, '#' comments, one
 * header line.
 */
#ifndef TESTS_ZOO_TABLE_H
#define TESTS_ZOO_TABLE_H

#include <stdio.h>
#include <string.h>

#include "check.h"

enum { TABLE_MAX_COLUMNS = 6 };

/** Calls `visit` with the cells of each row (missing ones are empty); returns the number of rows.
 */
static inline int table_each(const char *name, void (*visit)(const char *const *cell, void *data),
                             void *data)
{
    char path[512], line[512];
    int rows = -1; // the header
    snprintf(path, sizeof(path), "%s/tests/data/%s", DLI_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    while (fgets(line, sizeof(line), file)) {
        const char *cell[TABLE_MAX_COLUMNS];
        char *rest = line;
        if (line[0] == '#')
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (int i = 0; i < TABLE_MAX_COLUMNS; i++) {
            const char *next = strsep(&rest, "\t");
            cell[i] = next ? next : "";
        }
        if (++rows > 0)
            visit(cell, data);
    }
    fclose(file);
    return rows;
}

#endif
