// Completions from many threads: none lost, none twice, stamps and statuses intact, sleepers woken.
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "check.h"
#include "measure/ring.h"

enum { CELLS = 12, PRODUCERS = 3, ROUNDS = 20000 };

struct bench {
    struct ring ring;
    struct cell cell[CELLS];
    struct cell *table[CELLS];
    struct dli_request request[CELLS];
    _Atomic int order[CELLS]; /**< 1: this request is the producer's to complete */
    _Atomic bool is_over;
    int64_t pause_ns;
};

static struct bench *bench_new(void)
{
    size_t bytes = (sizeof(struct bench) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct bench *b = aligned_alloc(CACHE_LINE, bytes);
    assert_non_null(b);
    memset(b, 0, bytes);
    for (int i = 0; i < CELLS; i++) {
        b->table[i] = &b->cell[i];
        b->request[i].core = &b->cell[i];
        b->request[i].index = i;
    }
    ring_init(&b->ring, b->table, CELLS);
    return b;
}

static void bench_free(struct bench *b)
{
    ring_release(&b->ring);
    free(b);
}

static void issue(struct bench *b, int i)
{
    b->cell[i].state = CELL_ISSUED;
    atomic_store(&b->order[i], 1);
}

/** A producer and the requests that are its own: every PRODUCERS-th. */
struct producer {
    struct bench *bench;
    int number;
    pthread_t thread;
};

static void *produce(void *data)
{
    struct producer *p = data;
    struct bench *b = p->bench;
    while (!atomic_load(&b->is_over))
        for (int i = p->number; i < CELLS; i += PRODUCERS)
            if (atomic_exchange(&b->order[i], 0)) {
                struct timespec pause = {0, b->pause_ns};
                if (b->pause_ns > 0)
                    nanosleep(&pause, NULL);
                ring_complete(&b->request[i], -i);
            }
    return NULL;
}

static void run_bench(struct bench *b, int rounds)
{
    struct producer producer[PRODUCERS];
    int taken[CELLS] = {0};
    int untaken = CELLS;
    int64_t start_ns = clock_now_ns();
    for (int p = 0; p < PRODUCERS; p++) {
        producer[p] = (struct producer){.bench = b, .number = p};
        assert_int_equal(pthread_create(&producer[p].thread, NULL, produce, &producer[p]), 0);
    }
    for (int i = 0; i < CELLS; i++)
        issue(b, i);
    for (int k = 0; k < rounds || untaken > 0; k++) { // until every producer had a turn
        int index = ring_wait(&b->ring, -1);
        assert_in_range(index, 0, CELLS - 1);
        struct cell *cell = &b->cell[index];
        assert_int_equal(cell->state, CELL_COMPLETED);
        assert_int_equal(cell->status, -index);
        assert_true(cell->done_ns >= start_ns && cell->done_ns <= clock_now_ns());
        cell->state = CELL_IDLE;
        untaken -= taken[index]++ == 0;
        issue(b, index);
    }
    atomic_store(&b->is_over, true);
    for (int p = 0; p < PRODUCERS; p++)
        pthread_join(producer[p].thread, NULL);
    // What was ordered before the end may have been completed or not; nothing else is in the ring.
    int rest = 0;
    while (ring_take(&b->ring) >= 0)
        rest++;
    assert_true(rest <= CELLS);
    assert_int_equal(ring_take(&b->ring), RING_EMPTY);
}

static void test_many_threads_complete(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    run_bench(b, ROUNDS);
    bench_free(b);
}

static void test_sleepers_are_woken(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->pause_ns = 300000; // longer than any spinning
    run_bench(b, 300);
    assert_true(b->ring.sleep_count > 0);
    bench_free(b);
}

static void test_first_in_first_out(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < CELLS; i++) {
            int index = (i * 5 + round) % CELLS;
            b->cell[index].state = CELL_ISSUED;
            ring_complete(&b->request[index], DLI_OK);
        }
        for (int i = 0; i < CELLS; i++) {
            int index = ring_take(&b->ring);
            assert_int_equal(index, (i * 5 + round) % CELLS);
            b->cell[index].state = CELL_IDLE;
        }
        assert_int_equal(ring_take(&b->ring), RING_EMPTY);
    }
    bench_free(b);
}

static void test_waiting_ends_in_time(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    assert_int_equal(ring_wait(&b->ring, 0), RING_EMPTY);
    int64_t start_ns = clock_now_ns();
    assert_int_equal(ring_wait(&b->ring, 3000000), RING_EMPTY);
    assert_true(clock_now_ns() - start_ns >= 3000000);
    // The flag is down again: a completion finds nobody to wake and is taken at once.
    b->cell[0].state = CELL_ISSUED;
    ring_complete(&b->request[0], DLI_OK);
    assert_int_equal(ring_wait(&b->ring, -1), 0);
    bench_free(b);
}

static void *complete_idle(void *data)
{
    struct bench *b = data;
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
    ring_complete(&b->request[3], DLI_OK);
    return NULL;
}

static void test_a_breach_wakes_the_sleeper(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, complete_idle, b), 0);
    assert_int_equal(ring_wait(&b->ring, -1), RING_BREACH);
    pthread_join(thread, NULL);
    assert_int_equal(ring_take(&b->ring), RING_BREACH);
    bench_free(b);
}

static void test_more_completions_than_places(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    for (int extra = 0; extra < 40; extra++) // the ring has 16 places
        ring_complete(&b->request[extra % CELLS], DLI_OK);
    for (int i = 0; i < CELLS; i++)
        b->cell[i].state = CELL_ISSUED;
    assert_int_equal(ring_take(&b->ring), RING_BREACH);
    bench_free(b);
}

static void test_tickets_wrap_around(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->ring.head = 0x7ffffffa;
    atomic_store(&b->ring.tail, b->ring.head * 2);
    for (int i = 0; i < 100; i++) {
        issue(b, i % CELLS);
        ring_complete(&b->request[i % CELLS], -i);
        assert_int_equal(ring_wait(&b->ring, -1), i % CELLS);
        assert_int_equal(b->cell[i % CELLS].status, -i);
        assert_int_equal(ring_wait(&b->ring, i % 20 == 0 ? 1000000 : 0), RING_EMPTY);
    }
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_threads_complete),
        cmocka_unit_test(test_sleepers_are_woken),
        cmocka_unit_test(test_first_in_first_out),
        cmocka_unit_test(test_waiting_ends_in_time),
        cmocka_unit_test(test_a_breach_wakes_the_sleeper),
        cmocka_unit_test(test_more_completions_than_places),
        cmocka_unit_test(test_tickets_wrap_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
