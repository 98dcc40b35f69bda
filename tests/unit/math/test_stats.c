/* Expected values: numpy 1.24 and scipy 1.10. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "math/init.h"
#include "math/stats.h"

#define NUMBERS 4097

/* Values in [-1000, 1000) from a linear congruential generator that the expectations used too. */
static void fill(double *values, size_t count)
{
    uint64_t state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        values[i] = ((double)(state >> 11) / 9007199254740992.0 * 2.0 - 1.0) * 1e3;
    }
}

static void test_sum_has_numpys_last_bit(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        double sum;
    } cases[] = {
        {1, -0x1.3329cf1c59aeep+7},    {7, 0x1.39bbd9c3fe82ep+9},     {8, -0x1.e36338d1c5454p+7},
        {9, 0x1.b5c2283be9a1ep+8},     {15, 0x1.5941b8f0d7698p+6},    {128, -0x1.03b1424b212fcp+9},
        {129, -0x1.2c8c8bc40558cp+10}, {137, 0x1.9bd9fbc94efc8p+8},   {200, -0x1.c3f2430b4674ep+11},
        {1000, 0x1.f09ec5a5d5e36p+13}, {4097, 0x1.c17260df09e00p+13},
    };
    static double values[NUMBERS];
    fill(values, NUMBERS);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_true(stats_sum(values, cases[i].count) == cases[i].sum);
}

static void test_sum_of_nothing(void **state)
{
    (void)state;
    assert_true(stats_sum(NULL, 0) == 0.0);
}

static void assert_close(double got, double expected)
{
    assert_true(fabs(got - expected) <= 1e-13 * fabs(expected));
}

static void test_normal_cumulative(void **state)
{
    (void)state;
    assert_close(stats_normal_cumulative(-1.5), 0.06680720126885807);
    assert_close(stats_normal_cumulative(0.3), 0.6179114221889526);
    assert_close(stats_normal_cumulative(2.0), 0.9772498680518208);
    assert_true(stats_normal_cumulative(0.0) == 0.5);
    assert_true(stats_normal_cumulative(-800.0) == 0.0);
    assert_true(stats_normal_cumulative(800.0) == 1.0);
    assert_true(isnan(stats_normal_cumulative(NAN)));
}

static void test_normal_quantile(void **state)
{
    (void)state;
    assert_close(stats_normal_quantile(1e-300), -37.0470962993612);
    assert_close(stats_normal_quantile(1e-10), -6.361340902404056);
    assert_close(stats_normal_quantile(0.025), -1.9599639845400545);
    assert_close(stats_normal_quantile(0.9), 1.2815515655446004);
    assert_close(stats_normal_quantile(0.975), 1.959963984540054);
    assert_close(stats_normal_quantile(0.999999999999), 7.0344869100478356);
    assert_true(stats_normal_quantile(0.5) == 0.0);
}

static void test_normal_quantile_outside(void **state)
{
    (void)state;
    assert_true(stats_normal_quantile(0.0) == -INFINITY);
    assert_true(stats_normal_quantile(1.0) == INFINITY);
    assert_true(isnan(stats_normal_quantile(-0.1)));
    assert_true(isnan(stats_normal_quantile(1.1)));
    assert_true(isnan(stats_normal_quantile(NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_has_numpys_last_bit), cmocka_unit_test(test_sum_of_nothing),
        cmocka_unit_test(test_normal_cumulative),       cmocka_unit_test(test_normal_quantile),
        cmocka_unit_test(test_normal_quantile_outside),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
