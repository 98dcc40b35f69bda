#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/ring.h"

static void test_order_and_wrap(void **state)
{
    (void)state;
    struct ring *ring = ring_create(4);
    struct ring_job job;
    assert_false(ring_pop(ring, &job));
    for (int round = 0; round < 10; round++) {
        const struct ring_job jobs[3] = {{.fd = round, .queued = 10 + round},
                                         {.fd = round + 100, .queued = 20 + round},
                                         {.fd = round + 200, .queued = 30 + round}};
        assert_true(ring_push(ring, jobs, 3));
        assert_int_equal(ring_length(ring), 3);
        assert_int_equal(ring_status(ring).oldest, 10 + round);
        for (int i = 0; i < 3; i++) {
            assert_true(ring_pop(ring, &job));
            assert_int_equal(job.fd, round + 100 * i);
        }
    }
    assert_int_equal(ring_status(ring).oldest, 0);
    assert_int_equal(ring_status(ring).peak, 3);
    ring_destroy(ring);
}

static void test_all_or_none(void **state)
{
    (void)state;
    struct ring *ring = ring_create(2);
    const struct ring_job jobs[3] = {{.fd = 1}, {.fd = 2}, {.fd = 3}};
    assert_false(ring_push(ring, jobs, 3));
    assert_int_equal(ring_length(ring), 0);
    assert_true(ring_push(ring, jobs, 2));
    assert_false(ring_push(ring, jobs, 1));
    assert_int_equal(ring_length(ring), 2);
    ring_destroy(ring);
    ring_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_wrap),
        cmocka_unit_test(test_all_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
