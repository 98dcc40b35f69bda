/* The reference is the C library's expl, whose 64 bits of mantissa stand in for the exact value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "math/exponential.h"

enum { COUNT = 100003 };

static float singles[COUNT];
static double doubles[COUNT];

static double argument(size_t i, double low, double high)
{
    return low + (high - low) * (double)i / (COUNT - 1);
}

static void test_single_is_the_nearest_float(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        singles[i] = (float)argument(i, -104.5, 89.0);
    exponential_single(singles, COUNT);
    size_t off = 0;
    for (size_t i = 0; i < COUNT; i++) {
        float nearest = (float)expl((long double)(float)argument(i, -104.5, 89.0));
        if (singles[i] == nearest)
            continue;
        off++;
        assert_true(singles[i] == nextafterf(nearest, 0.0F) ||
                    singles[i] == nextafterf(nearest, INFINITY));
    }
    assert_true(off < COUNT / 1000);
}

static void test_double_within_one_unit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        doubles[i] = argument(i, -700.0, 709.7);
    exponential_double(doubles, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        long double exact = expl((long double)argument(i, -700.0, 709.7));
        double unit = nextafter((double)exact, INFINITY) - (double)exact;
        assert_true(fabsl((long double)doubles[i] - exact) < (long double)unit);
    }
}

static void test_ends_of_the_range(void **state)
{
    (void)state;
    double x[] = {0.0,   -0.0,   INFINITY, -INFINITY, 709.9,  -745.2,
                  746.0, -1e300, 1e300,    -745.0,    -720.0, 1.0};
    exponential_double(x, 12);
    assert_true(x[0] == 1.0 && x[1] == 1.0);
    assert_true(x[2] == INFINITY && x[3] == 0.0);
    assert_true(x[4] == INFINITY && x[5] == 0.0 && x[6] == INFINITY);
    assert_true(x[7] == 0.0 && x[8] == INFINITY);
    assert_true(x[9] == exp(-745.0) && fabs(x[10] / exp(-720.0) - 1.0) < 1e-9);
    assert_true(fabs(x[11] - exp(1.0)) <= 0x1p-51);
    float s[] = {0.0F, INFINITY, -INFINITY, 88.8F, -104.0F, 1.0F, -103.0F};
    exponential_single(s, 7);
    assert_true(s[0] == 1.0F && s[1] == INFINITY && s[2] == 0.0F);
    assert_true(s[3] == INFINITY && s[4] == 0.0F && s[5] == expf(1.0F) && s[6] == expf(-103.0F));
}

static void test_nan_stays_and_harms_nobody(void **state)
{
    (void)state;
    double x[40];
    float s[40];
    for (size_t i = 0; i < 40; i++) {
        x[i] = i % 3 == 0 ? NAN : -0.37 * (double)i;
        s[i] = i % 3 == 0 ? NAN : -0.37F * (float)i;
    }
    exponential_double(x, 40);
    exponential_single(s, 40);
    for (size_t i = 0; i < 40; i++) {
        double alone = -0.37 * (double)i;
        float single_alone = -0.37F * (float)i;
        exponential_double(&alone, 1);
        exponential_single(&single_alone, 1);
        assert_true(i % 3 == 0 ? isnan(x[i]) : x[i] == alone);
        assert_true(i % 3 == 0 ? isnan(s[i]) : s[i] == single_alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_is_the_nearest_float),
        cmocka_unit_test(test_double_within_one_unit),
        cmocka_unit_test(test_ends_of_the_range),
        cmocka_unit_test(test_nan_stays_and_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
