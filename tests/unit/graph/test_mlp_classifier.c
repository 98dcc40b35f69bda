/* scikit-learn 1.2.1, MLPClassifier(max_iter=60, random_state=1) on iris (two classes: its last 100
 * rows), its answers for rows 0, 60, 70, 106 and 149. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-12

static const char IDENTITY[] =
    "{'op': 'mlp_classifier', 'activation': 'identity', 'out_activation_': 'softmax', "
    "'coefs_': [[[-0.09656159448424434, 0.4683782383775466, -0.8666325031544283], "
    "[-0.30873112309153194, -0.593404279244779, -0.695807756206412], "
    "[-0.5243764257937321, -0.2258547517185491, -0.13232648307126038], "
    "[0.12812859365878151, -0.08959382097192235, 0.40169902086953996]], "
    "[[0.28260725929630476, -0.1070362331781948, 0.059009848127013785], "
    "[-0.6458350723808933, -0.6339365240624688, 0.6004140345987634], "
    "[0.8771872941924522, -0.31398207626705366, 0.32562200483798265]]], 'intercepts_': "
    "[[-0.4900344068025508, 0.7607087507878376, -0.8160937775846091], "
    "[0.8127778249071694, 0.729229119924966, -0.7699427227834946]]}";
static const double identity_label[] = {
    1, 1, 1, 1, 1,
};
static const double identity_probability[] = {
    3.4645491781987574e-05, 0.9975455014983703,    0.002419853009847672,   0.00011335503680326241,
    0.9931354762077842,     0.006751168755412647,  1.3390308536428103e-05, 0.998990060066189,
    0.0009965496252744485,  8.004631621659215e-05, 0.9972936843539368,     0.0026262693298464675,
    1.4513056056037755e-05, 0.998872515472707,     0.0011129714712370927,
};
static const char LOGISTIC[] =
    "{'op': 'mlp_classifier', 'activation': 'logistic', 'out_activation_': 'softmax', "
    "'coefs_': [[[-0.021852941545448146, 0.2923602154396962, -0.46505203648666654], "
    "[-0.14484874074368198, -0.32334242531002066, -0.36914697727389617], "
    "[-0.399610177415218, -0.10655151843794143, -0.17326163485615864], "
    "[-0.024228889374322982, -0.027384530815632562, 0.1340076425013771]], "
    "[[0.262085840772712, -0.15756396041085477, -0.0013237575763991396], "
    "[-0.4790994479290546, -0.4051755873632581, 0.4072309578703102], "
    "[0.6098609095310189, -0.27756565698764896, 0.1500591915125542]]], 'intercepts_': "
    "[[-0.24924932768209374, 0.4593027928808729, -0.4375174955856907], "
    "[0.3807450137524622, 0.40119311441642946, -0.4249536181065415]]}";
static const double logistic_label[] = {
    0, 1, 1, 1, 1,
};
static const double logistic_probability[] = {
    0.3656746988048696,  0.3572396679526623,  0.2770856332424681, 0.35546777372822336,
    0.3587713217902005,  0.28576090448157615, 0.3553391735033784, 0.36902307984662513,
    0.27563774664999646, 0.3585091686665376,  0.3672373646138656, 0.2742534667195969,
    0.3542626597641133,  0.3687855605299847,  0.276951779705902,
};
static const char TANH[] =
    "{'op': 'mlp_classifier', 'activation': 'tanh', 'out_activation_': 'softmax', "
    "'coefs_': [[[-0.204055875915158, 0.45992802927010706, -0.8727325536609968], "
    "[-0.4161644273353531, -0.5951156644274889, -0.7029718428283892], "
    "[-0.631985631542785, -0.3483822667934157, -0.1572976978418982], "
    "[0.01856109534568479, -0.21243004194407278, 0.2975559140156129]], "
    "[[0.31664766554208823, -0.2274565777125876], [0.07007795971660274, "
    "-0.8506742384197638], [-0.718259408015069, 0.6126145892723966]], "
    "[[0.36341781746425456, 0.8833578129871612, 0.919485502554247], "
    "[-0.8545974936693769, -1.0683424126780812, -0.6500442934963874]]], 'intercepts_': "
    "[[-0.5974497677427267, 0.7615727338546668, -0.8776625428622846], [1.0827426967091, "
    "-0.3624851522173916], [0.7709634457699766, -0.8216426103946244, "
    "-0.11828992225753354]]}";
static const double tanh_label[] = {
    0, 0, 0, 0, 0,
};
static const double tanh_probability[] = {
    0.5090015743614791,  0.19752470903388886, 0.29347371660463206, 0.5089587136531964,
    0.19689083157352144, 0.29415045477328217, 0.5052955985575619,  0.1765046065495825,
    0.3181997948928556,  0.5058445437042378,  0.17867446740149623, 0.31548098889426596,
    0.5053932968041677,  0.17688091615886498, 0.31772578703696736,
};
static const char RELU[] =
    "{'op': 'mlp_classifier', 'activation': 'relu', 'out_activation_': 'softmax', "
    "'coefs_': [[[-0.11929782007765265, 0.3751190176200408, -0.8723707938115678], "
    "[-0.3204395729093158, -0.6856934911213243, -0.702907376939658], "
    "[-0.5309732786798238, -0.32002358502064626, -0.15368211855056932], "
    "[0.04874122235486466, -0.1840417015372659, 0.2981043944497481]], "
    "[[0.2961456960651789, -0.129975180132099, 0.08701874855927302], "
    "[-0.6839678454078731, -0.6424778302742168, 0.5710445114470271], "
    "[0.8832165971354897, -0.3273746640801414, 0.338546605410718]]], 'intercepts_': "
    "[[-0.5472480952822393, 0.667281497644096, -0.8751081312384833], "
    "[0.6928638000558993, 0.729438366579742, -0.7700717260258673]]}";
static const double relu_label[] = {
    1, 1, 1, 1, 1,
};
static const double relu_probability[] = {
    0.4407602404467585,  0.45717928462312507, 0.10206047493011634, 0.4407602404467585,
    0.45717928462312507, 0.10206047493011634, 0.4407602404467585,  0.45717928462312507,
    0.10206047493011634, 0.4407602404467585,  0.45717928462312507, 0.10206047493011634,
    0.4407602404467585,  0.45717928462312507, 0.10206047493011634,
};
static const char TWO[] =
    "{'op': 'mlp_classifier', 'activation': 'relu', 'out_activation_': 'logistic', "
    "'coefs_': [[[-0.11445603956705849, 0.43159618436440483, -0.8704883054568251], "
    "[-0.3169376092502507, -0.6130482453485316, -0.7007113700600723], "
    "[-0.5283317626017735, -0.29066850283438744, -0.14908290269106017], "
    "[0.043930440698881475, -0.16425330352857279, 0.29447974474533106]], "
    "[[0.36736297332963846], [-0.26779120015437663], [0.10549111908698083]]], "
    "'intercepts_': [[-0.5472480952822393, 0.7420550603640349, -0.8751081312384833], "
    "[-0.8211304155969797]]}";
static const double two_label[] = {
    0, 0, 0, 0, 0,
};
static const double two_probability[] = {
    0.7144161770452954, 0.28558382295470464, 0.7217133733219238, 0.27828662667807624,
    0.6944762432631074, 0.3055237567368926,  0.6944762432631074, 0.3055237567368926,
    0.6944762432631074, 0.3055237567368926,
};
static const double rows[] = {
    5.1, 3.5, 1.4, 0.2, 5, 2, 3.5, 1, 5.9, 3.2, 4.8, 1.8, 4.9, 2.5, 4.5, 1.7, 5.9, 3, 5.1, 1.8,
};

static void test_identity(void **state)
{
    (void)state;
    struct op *op = fake_op(IDENTITY, "sepal_length sepal_width petal_length petal_width");
    fake_run(op, 5, rows, 0, identity_label, 0);
    fake_run(op, 5, rows, 1, identity_probability, TOLERANCE);
    op_destroy(op);
}

static void test_logistic(void **state)
{
    (void)state;
    struct op *op = fake_op(LOGISTIC, "sepal_length sepal_width petal_length petal_width");
    fake_run(op, 5, rows, 0, logistic_label, 0);
    fake_run(op, 5, rows, 1, logistic_probability, TOLERANCE);
    op_destroy(op);
}

static void test_tanh(void **state)
{
    (void)state;
    struct op *op = fake_op(TANH, "sepal_length sepal_width petal_length petal_width");
    fake_run(op, 5, rows, 0, tanh_label, 0);
    fake_run(op, 5, rows, 1, tanh_probability, TOLERANCE);
    op_destroy(op);
}

static void test_relu(void **state)
{
    (void)state;
    struct op *op = fake_op(RELU, "sepal_length sepal_width petal_length petal_width");
    fake_run(op, 5, rows, 0, relu_label, 0);
    fake_run(op, 5, rows, 1, relu_probability, TOLERANCE);
    op_destroy(op);
}

static void test_two_classes(void **state)
{
    (void)state;
    struct op *op = fake_op(TWO, "sepal_length sepal_width petal_length petal_width");
    fake_run(op, 5, rows, 0, two_label, 0);
    fake_run(op, 5, rows, 1, two_probability, TOLERANCE);
    op_destroy(op);
}

static void test_a_half_is_class_0(void **state)
{
    (void)state;
    struct op *op =
        fake_op("{'op': 'mlp_classifier', 'coefs_': [[[1], [1]]], 'intercepts_': [[0]]}", "a b");
    const double in[] = {1, -1}, label[] = {0}, half[] = {0.5, 0.5};
    fake_run(op, 1, in, 0, label, 0);
    fake_run(op, 1, in, 1, half, 0);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(RELU, "sepal_length sepal_width petal_length petal_width");
    assert_int_equal(op->output_count, 2);
    assert_int_equal(op->classes, 3);
    assert_int_equal(op->outputs[0].kind, OUTPUT_LABEL);
    assert_int_equal(op->outputs[0].cols, 1);
    assert_int_equal(op->outputs[1].kind, OUTPUT_PROBABILITY);
    assert_int_equal(op->outputs[1].cols, 3);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(TANH, "sepal_length sepal_width petal_length petal_width");
    fake_estimator_check(TWO, "sepal_length sepal_width petal_length petal_width");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'mlp_classifier', 'coefs_': [[[1], [1]]], "
                    "'intercepts_': [[0]], 'out_activation_': 'softmax'}",
                    "a b", "two output units");
    fake_op_refused("{'op': 'mlp_classifier', 'coefs_': [[[1, 2], [1, 2]]], "
                    "'intercepts_': [[0, 0]], 'out_activation_': 'logistic'}",
                    "a b", "several labels");
    fake_op_refused("{'op': 'mlp_classifier', 'coefs_': [[[1, 2], [1, 2]]], "
                    "'intercepts_': [[0, 0]], 'out_activation_': 'tanh'}",
                    "a b", "expected one of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),    cmocka_unit_test(test_logistic),
        cmocka_unit_test(test_tanh),        cmocka_unit_test(test_relu),
        cmocka_unit_test(test_two_classes), cmocka_unit_test(test_a_half_is_class_0),
        cmocka_unit_test(test_outputs),     cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
