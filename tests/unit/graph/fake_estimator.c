#include "fake_estimator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_params.h"

#define BATCH 300

struct answers {
    struct matrix outs[OP_OUTPUTS_MAX];
};

/* The outputs that are not wanted stay without memory: whoever writes to them fails. */
static void answers_run(struct answers *answers, const struct op *op, const struct matrix *in,
                        uint32_t wanted)
{
    struct err err = ERR_INIT;
    struct arena scratch;
    arena_init(&scratch, 0);
    for (size_t i = 0; i < op->output_count; i++) {
        answers->outs[i] = (struct matrix){0};
        if ((wanted >> i & 1U) != 0)
            assert_true(matrix_create(&answers->outs[i], in->rows, op->outputs[i].cols));
    }
    if (!op_run(op, in, answers->outs, wanted, &scratch, &err))
        fail_msg("%s", err.text);
    arena_finish(&scratch);
}

static void answers_finish(struct answers *answers, const struct op *op)
{
    for (size_t i = 0; i < op->output_count; i++)
        matrix_free(&answers->outs[i]);
}

static void assert_rows_equal(const struct matrix *part, const struct matrix *all, size_t first)
{
    for (size_t row = 0; row < part->rows; row++)
        assert_memory_equal(matrix_row(part, row), matrix_row(all, first + row),
                            all->cols * sizeof(double));
}

static struct matrix random_rows(size_t cols)
{
    struct matrix m;
    uint64_t state = 7;
    assert_true(matrix_create(&m, BATCH, cols));
    for (size_t i = 0; i < BATCH * cols; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        m.data[i] = (double)(state >> 11) / 4503599627370496.0 * 4.0 - 2.0;
    }
    return m;
}

static void check_batches(const struct op *op, const struct matrix *in, const struct answers *all)
{
    uint32_t every = (1U << op->output_count) - 1;
    for (size_t count = 1; count <= 70; count++) {
        size_t first = BATCH - count;
        struct matrix part = matrix_rows(in, first, count);
        struct answers some;
        answers_run(&some, op, &part, every);
        for (size_t i = 0; i < op->output_count; i++)
            assert_rows_equal(&some.outs[i], &all->outs[i], first);
        answers_finish(&some, op);
    }
    for (size_t row = 0; row < BATCH; row++) {
        struct matrix part = matrix_rows(in, row, 1);
        struct answers one;
        answers_run(&one, op, &part, every);
        for (size_t i = 0; i < op->output_count; i++)
            assert_rows_equal(&one.outs[i], &all->outs[i], row);
        answers_finish(&one, op);
    }
}

static void check_outputs_alone(const struct op *op, const struct matrix *in,
                                const struct answers *all)
{
    for (size_t i = 0; i < op->output_count; i++) {
        struct answers alone;
        answers_run(&alone, op, in, 1U << i);
        assert_rows_equal(&alone.outs[i], &all->outs[i], 0);
        answers_finish(&alone, op);
    }
}

static void check_bad_cells(const struct op *op, const struct matrix *in, const char *last_name)
{
    double *cell = &matrix_row(in, 2)[in->cols - 1], good = *cell;
    *cell = NAN;
    fake_run_refused(op, 3, in->data, ERR_MISSING, 2, last_name);
    *cell = INFINITY;
    fake_run_refused(op, 3, in->data, ERR_RANGE, 2, last_name);
    *cell = -INFINITY;
    fake_run_refused(op, 3, in->data, ERR_RANGE, 2, last_name);
    *cell = good;
}

void fake_estimator_check(const char *params_text, const char *columns_text)
{
    struct op *op = fake_op(params_text, columns_text);
    struct matrix in = random_rows(op->inputs);
    struct answers all;
    answers_run(&all, op, &in, (1U << op->output_count) - 1);
    check_batches(op, &in, &all);
    check_outputs_alone(op, &in, &all);
    check_bad_cells(op, &in, strrchr(columns_text, ' ') + 1);
    answers_finish(&all, op);
    matrix_free(&in);
    op_destroy(op);

    char columns[256];
    snprintf(columns, sizeof columns, "%s:yes,no", columns_text);
    fake_op_refused(params_text, columns, "holds words; encode it first");
    snprintf(columns, sizeof columns, "%s more", columns_text);
    fake_op_refused(params_text, columns, "expected");
}
