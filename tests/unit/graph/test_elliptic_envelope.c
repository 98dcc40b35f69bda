/* scikit-learn 1.9.1: EllipticEnvelope. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char ENVELOPE[] =
    "{'op': 'elliptic_envelope', 'location_': [1.0181818181818183, 2.0545454545454542], "
    "'precision_': [[2.1075557143317334, 1.4555104323830992], [1.455510432383099, "
    "1.5480331934027165]], 'offset_': -16.240748501291783}";
static const double envelope_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double envelope_label[] = {1, 1, 1, 1};
static const double envelope_score[] = {4.569647182751629, 2.797289046493008, 14.481858126604083,
                                        15.995516942196105};

static void test_envelope(void **state)
{
    (void)state;
    struct op *op = fake_op(ENVELOPE, "a b");
    fake_run(op, 4, envelope_rows, 0, envelope_label, 0);
    fake_run(op, 4, envelope_rows, 1, envelope_score, TOLERANCE);
    op_destroy(op);
}

static void test_envelope_common(void **state)
{
    (void)state;
    fake_estimator_check(ENVELOPE, "a b");
}

static void test_envelope_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'elliptic_envelope', 'location_': [1], 'precision_': [[2.1075557143317334, "
        "1.4555104323830992], [1.455510432383099, 1.5480331934027165]], 'offset_': "
        "-16.240748501291783}",
        "a b", "expected 2");
    fake_op_refused(
        "{'op': 'elliptic_envelope', 'location_': [1.0181818181818183, 2.0545454545454542], "
        "'precision_': [[1, 0]], 'offset_': -16.240748501291783}",
        "a b", "expected 2 x 2");
    fake_op_refused(
        "{'op': 'elliptic_envelope', 'location_': [1.0181818181818183, 2.0545454545454542], "
        "'precision_': [[2.1075557143317334, 1.4555104323830992], [1.455510432383099, "
        "1.5480331934027165]], 'offset_': 'NaN'}",
        "a b", "finite");
    fake_op_refused(
        "{'op': 'elliptic_envelope', 'location_': [1.0181818181818183, 2.0545454545454542], "
        "'precision_': [[2.1075557143317334, 1.4555104323830992], [1.455510432383099, "
        "1.5480331934027165]]}",
        "a b", "offset_");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_envelope_common),
        cmocka_unit_test(test_envelope_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
