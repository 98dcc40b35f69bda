#include "math/neighbors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define COUNT 45
#define FEATURES 3

static double points[COUNT * FEATURES];

static void points_fill(void)
{
    uint64_t state = 3;
    for (size_t i = 0; i < COUNT * FEATURES; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        points[i] = (double)(state >> 11) / 4503599627370496.0 - 1.0;
    }
}

static struct neighbors made(enum neighbors_metric metric, double p, size_t count)
{
    struct neighbors neighbors;
    struct err err = ERR_INIT;
    struct matrix m = {.data = points, .rows = count, .cols = FEATURES, .stride = FEATURES};
    assert_true(neighbors_init(&neighbors, metric, p, &m, &err));
    return neighbors;
}

/* As the definitions say it. */
static double expected(enum neighbors_metric metric, double p, const double *a, const double *b)
{
    double sum = 0, dot = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < FEATURES; i++) {
        double difference = fabs(a[i] - b[i]);
        if (metric == NEIGHBORS_CHEBYSHEV)
            sum = fmax(sum, difference);
        else
            sum += pow(difference, p);
        dot += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    if (metric == NEIGHBORS_COSINE)
        return 1 - dot / sqrt(aa * bb);
    return metric == NEIGHBORS_CHEBYSHEV ? sum : pow(sum, 1 / p);
}

static void test_distances(void **state)
{
    (void)state;
    static const double powers[] = {2, 1, 0, 3, 0};
    for (int metric = NEIGHBORS_EUCLIDEAN; metric <= NEIGHBORS_COSINE; metric++) {
        struct neighbors neighbors = made((enum neighbors_metric)metric, powers[metric], COUNT);
        double distances[COUNT + 8], x[FEATURES] = {0.25, -0.5, 0.125};
        assert_true(neighbors_work(&neighbors) <= COUNT + 8);
        neighbors_distances(&neighbors, x, distances);
        for (size_t i = 0; i < COUNT; i++)
            assert_true(fabs(distances[i] - expected((enum neighbors_metric)metric, powers[metric],
                                                     x, points + i * FEATURES)) < 1e-14);
        neighbors_finish(&neighbors);
    }
}

static void test_nearest(void **state)
{
    (void)state;
    for (size_t count = 1; count <= COUNT; count++) {
        struct neighbors neighbors = made(NEIGHBORS_EUCLIDEAN, 2, count);
        double distances[COUNT + 8], x[FEATURES] = {0.1, 0.2, 0.3};
        for (size_t k = 1; k <= count; k++) {
            struct neighbor nearest[COUNT];
            size_t nearer = 0;
            neighbors_nearest(&neighbors, x, k, nearest, distances);
            neighbors_distances(&neighbors, x, distances);
            for (size_t i = 0; i < k; i++) {
                assert_true(nearest[i].distance == distances[nearest[i].index]);
                assert_true(i == 0 || nearest[i - 1].distance <= nearest[i].distance);
            }
            for (size_t i = 0; i < count; i++)
                nearer += distances[i] < nearest[k - 1].distance;
            assert_int_equal(nearer, k - 1);
        }
        neighbors_finish(&neighbors);
    }
}

static void test_within(void **state)
{
    (void)state;
    struct neighbors neighbors = made(NEIGHBORS_MANHATTAN, 1, COUNT);
    double distances[COUNT + 8], x[FEATURES] = {0, 0, 0};
    struct neighbor within[COUNT];
    neighbors_distances(&neighbors, x, distances);
    double radius = distances[7]; /* the border counts */
    double work[COUNT + 8];
    size_t found = neighbors_within(&neighbors, x, radius, within, work), next = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (distances[i] > radius)
            continue;
        assert_true(next < found);
        assert_int_equal(within[next].index, i);
        assert_true(within[next++].distance == distances[i]);
    }
    assert_int_equal(next, found);
    assert_int_equal(neighbors_within(&neighbors, x, -1, within, work), 0);
    neighbors_finish(&neighbors);
}

static void test_far_beyond_all_numbers(void **state)
{
    (void)state;
    struct neighbors neighbors = made(NEIGHBORS_EUCLIDEAN, 2, COUNT);
    struct neighbor nearest[COUNT];
    double work[COUNT + 8], x[FEATURES] = {1e300, -1e300, 1e300};
    neighbors_nearest(&neighbors, x, 5, nearest, work);
    for (size_t i = 0; i < 5; i++)
        assert_true(nearest[i].index < COUNT);
    neighbors_finish(&neighbors);
}

static void test_a_row_of_zeros_has_no_direction(void **state)
{
    (void)state;
    struct neighbors neighbors = made(NEIGHBORS_COSINE, 2, COUNT);
    double distances[COUNT + 8], x[FEATURES] = {0, 0, 0};
    neighbors_distances(&neighbors, x, distances);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(distances[i] == 1);
    assert_true(neighbors_bytes(&neighbors) >= sizeof points);
    neighbors_finish(&neighbors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distances),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_far_beyond_all_numbers),
        cmocka_unit_test(test_a_row_of_zeros_has_no_direction),
    };
    points_fill();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
