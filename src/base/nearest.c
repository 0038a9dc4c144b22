#include "base/nearest.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { LIMIT = 64 };

static int min3(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

// Optimal string alignment distance with three rolling rows.
int nearest_distance(const char *a, const char *b)
{
    int row[3][LIMIT + 1];
    size_t a_length = strnlen(a, LIMIT - 1);
    size_t b_length = strnlen(b, LIMIT - 1);
    for (size_t k = 0; k <= b_length; k++)
        row[0][k] = (int)k;
    for (size_t i = 1; i <= a_length; i++) {
        int *now = row[i % 3];
        const int *before = row[(i + 2) % 3];
        const int *earlier = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t k = 1; k <= b_length; k++) {
            int replace = before[k - 1] + (a[i - 1] != b[k - 1]);
            now[k] = min3(before[k] + 1, now[k - 1] + 1, replace);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
                earlier[k - 2] + 1 < now[k])
                now[k] = earlier[k - 2] + 1;
        }
    }
    return row[a_length % 3][b_length];
}

const char *nearest_name(const char *name, const char *const *names)
{
    const char *best = NULL;
    int length = (int)strlen(name);
    int best_distance = (length / 3 > 2 ? length / 3 : 2) + 1;
    for (; *names; names++) {
        int distance = nearest_distance(name, *names);
        if (length >= 3 && strncasecmp(name, *names, (size_t)length) == 0)
            distance = 1;
        if (distance < best_distance) {
            best_distance = distance;
            best = *names;
        }
    }
    return best;
}
