#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "sync/retry.h"

static void test_pause_doubles_up_to_a_bound(void **state)
{
    (void)state;
    for (int64_t attempt = 0; attempt < 100; attempt++) {
        int64_t most = 1000 << (attempt < 5 ? attempt : 5);
        assert_int_equal(retry_pause(1000, attempt, 0, (uint64_t)most), most);
        assert_int_equal(retry_pause(1000, attempt, 0, (uint64_t)most + 1), 0);
    }
    assert_int_equal(retry_pause(0, 3, 0, 12345), 0);
}

static void test_pause_heeds_the_server(void **state)
{
    (void)state;
    assert_int_equal(retry_pause(1000, 0, 5000, 0), 5000);
    assert_int_equal(retry_pause(1000, 0, INT64_MAX, 0), RETRY_AFTER_MAX);
}

static void test_retry_after(void **state)
{
    (void)state;
    int64_t now = INT64_C(784111777) * CLOCK_NS_PER_S; /* RFC 9110: Sun, 06 Nov 1994 08:49:37 */
    assert_int_equal(retry_after_parse(NULL, now), 0);
    assert_int_equal(retry_after_parse("7", now), 7 * CLOCK_NS_PER_S);
    assert_int_equal(retry_after_parse("99999999999", now), RETRY_AFTER_MAX);
    assert_int_equal(retry_after_parse("-3", now), 0);
    assert_int_equal(retry_after_parse("3x", now), 0);
    assert_int_equal(retry_after_parse("", now), 0);
    assert_int_equal(retry_after_parse("Sun, 06 Nov 1994 08:49:47 GMT", now), 10 * CLOCK_NS_PER_S);
    assert_int_equal(retry_after_parse("Sun, 06 Nov 1994 08:49:27 GMT", now), 0);
    assert_int_equal(retry_after_parse("Mon, 07 Nov 2094 08:49:27 GMT", now), RETRY_AFTER_MAX);
}

static void test_jitter(void **state)
{
    (void)state;
    for (uint64_t random = 0; random < 1000; random++) {
        int64_t period = retry_jitter(1000, random);
        assert_true(period >= 800 && period <= 1200);
    }
    assert_int_equal(retry_jitter(1000, 0), 800);
    assert_int_equal(retry_jitter(1000, 400), 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pause_doubles_up_to_a_bound),
        cmocka_unit_test(test_pause_heeds_the_server),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_jitter),
    };
    return cmocka_run_group_tests_name("sync/retry", tests, NULL, NULL);
}
