#include "measure/scenario.h"

static int64_t due_at_once(void *state, int64_t free_ns)
{
    (void)state;
    return free_ns;
}

const struct scenario scenario_closed = {.name = "closed", .due_ns = due_at_once};
