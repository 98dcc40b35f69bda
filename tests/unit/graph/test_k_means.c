/* scikit-learn 1.9.1: KMeans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char CLUSTERS[] =
    "{'op': 'k_means', 'cluster_centers_': [[2.06, 0.7399999999999999], [0.15000000000000002,"
    " 3.1499999999999995], [1.1102230246251565e-16, -0.6499999999999999]]}";
static const double clusters_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double clusters_label[] = {2, 1, 1, 1};
static const double clusters_value[] = {1.7550498568416797, 3.7694031357762725, 0.8757282683572569,
                                        2.9298464123567984, 2.209660607423683,  4.885294259305165,
                                        2.4634325645326687, 1.0060318086422517, 2.8002856997099417,
                                        2.5190871362459855, 0.5560575509783143, 3.3955411939777727};

static void test_clusters(void **state)
{
    (void)state;
    struct op *op = fake_op(CLUSTERS, "a b");
    fake_run(op, 4, clusters_rows, 0, clusters_label, 0);
    fake_run(op, 4, clusters_rows, 1, clusters_value, TOLERANCE);
    op_destroy(op);
}

static void test_clusters_common(void **state)
{
    (void)state;
    fake_estimator_check(CLUSTERS, "a b");
}

static const char DISTANCES[] =
    "{'op': 'center_distances', 'cluster_centers_': [[2.06, 0.7399999999999999], "
    "[0.15000000000000002, 3.1499999999999995], [1.1102230246251565e-16, "
    "-0.6499999999999999]]}";
static const double distances_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double distances_value[] = {
    1.7550498568416797, 3.7694031357762725, 0.8757282683572569, 2.9298464123567984,
    2.209660607423683,  4.885294259305165,  2.4634325645326687, 1.0060318086422517,
    2.8002856997099417, 2.5190871362459855, 0.5560575509783143, 3.3955411939777727};

static void test_distances(void **state)
{
    (void)state;
    struct op *op = fake_op(DISTANCES, "a b");
    fake_run(op, 4, distances_rows, 0, distances_value, TOLERANCE);
    op_destroy(op);
}

static void test_distances_common(void **state)
{
    (void)state;
    fake_estimator_check(DISTANCES, "a b");
}

static void test_clusters_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'k_means', 'cluster_centers_': [[1]]}", "a b", "expected");
    fake_op_refused("{'op': 'k_means'}", "a b", "cluster_centers_");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clusters),         cmocka_unit_test(test_clusters_common),
        cmocka_unit_test(test_distances),        cmocka_unit_test(test_distances_common),
        cmocka_unit_test(test_clusters_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
