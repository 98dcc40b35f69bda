/* Products, sums and rectifiers that become one node at load: the same answers as node by node, to
 * the last bit, and left alone where somebody else reads what lies between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tensor/program.h"

#define INPUTS 7
#define OUTPUTS 37
#define ROWS 21
#define VALUES 8

struct network {
    enum value_type type;
    struct program *program;
    struct arena arena;
    struct err err;
    uint64_t state; /* of the random numbers */
};

static void *numbers(struct network *network, size_t count)
{
    size_t size = value_type_size(network->type);
    void *made = arena_array(&network->arena, count + 1, size);
    assert_non_null(made);
    for (size_t i = 0; i < count; i++) {
        network->state =
            network->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double number = (double)(int64_t)network->state / 9007199254740992.0;
        if (network->type == VALUE_FLOAT)
            ((float *)made)[i] = (float)number;
        else
            ((double *)made)[i] = number;
    }
    return made;
}

static void begin(struct network *network, enum value_type type)
{
    *network = (struct network){.type = type, .err = ERR_INIT, .state = 7};
    arena_init(&network->arena, 0);
    network->program = program_create(false, 0, &network->err);
    assert_non_null(network->program);
    struct value x;
    assert_true(value_describe(&x, type, (int64_t[]){VALUE_ANY, INPUTS}, 2, &network->err) &&
                program_add_input(network->program, "x", &x, &network->err));
}

static void finish(struct network *network)
{
    program_destroy(network->program);
    arena_finish(&network->arena);
}

static void constant(struct network *network, const char *name, int64_t rows, int64_t columns)
{
    struct value value;
    int rank = rows > 0 ? 2 : 1; /* 0: a list */
    int64_t dims[2] = {rows > 0 ? rows : columns, columns};
    assert_true(value_describe(&value, network->type, dims, rank, &network->err));
    value.data = numbers(network, value.count);
    assert_true(program_add_constant(network->program, name, &value, &network->err));
}

static void node_with(struct network *network, const char *type, const char *inputs,
                      const char *output, struct attribute *attributes, size_t attribute_count)
{
    char text[64], *names[4], *rest = NULL;
    size_t count = 0;
    strcpy(text, inputs);
    for (char *name = strtok_r(text, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
        names[count++] = name;
    const struct program_node described = {
        .domain = "",
        .type = type,
        .name = output,
        .version = 13,
        .inputs = (const char *const *)names,
        .input_count = count,
        .outputs = &output,
        .output_count = 1,
        .attributes = {attributes, attribute_count},
    };
    assert_true(program_add_node(network->program, &described, &network->err));
}

static void node(struct network *network, const char *type, const char *inputs, const char *output)
{
    node_with(network, type, inputs, output, NULL, 0);
}

/* outputs: names; the first is what is compared. */
static void seal(struct network *network, const char *outputs)
{
    char text[64], *rest = NULL;
    const struct value anything = {0};
    strcpy(text, outputs);
    for (char *name = strtok_r(text, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
        assert_true(program_add_output(network->program, name, &anything, &network->err));
    assert_true(program_seal(network->program, &network->err));
}

/* The answers for so many rows, in the network's arena. */
static struct value run(struct network *network, int64_t rows)
{
    struct value x, results[VALUES];
    struct memory memory;
    network->state = 99;
    assert_true(value_describe(&x, network->type, (int64_t[]){rows, INPUTS}, 2, &network->err));
    x.data = numbers(network, x.count);
    memory_init(&memory, &network->arena, 0);
    assert_true(program_run(network->program, &x, results, &memory, &network->err));
    return results[0];
}

/* make adds nodes; `between`: outputs that keep the nodes apart, beside y. */
static void compare(void (*make)(struct network *network), enum value_type type, size_t nodes,
                    const char *between, size_t nodes_apart)
{
    struct network fused, apart;
    begin(&fused, type);
    begin(&apart, type);
    make(&fused);
    make(&apart);
    seal(&fused, "y");
    seal(&apart, between);
    assert_int_equal(program_node_count(fused.program), nodes);
    assert_int_equal(program_node_count(apart.program), nodes_apart);
    for (int64_t rows = 0; rows <= ROWS; rows++) {
        struct value y = run(&fused, rows), expected = run(&apart, rows);
        assert_int_equal(y.rank, 2);
        assert_int_equal(y.dims[0], rows);
        assert_int_equal(y.count, expected.count);
        assert_memory_equal(y.data, expected.data, y.count * value_type_size(type));
    }
    finish(&fused);
    finish(&apart);
}

static void make_sum(struct network *network)
{
    constant(network, "w", INPUTS, OUTPUTS);
    constant(network, "b", 0, OUTPUTS);
    node(network, "MatMul", "x w", "p");
    node(network, "Add", "b p", "s");
    node(network, "Relu", "s", "y");
}

static void make_sum_of_a_row(struct network *network)
{
    constant(network, "w", INPUTS, OUTPUTS);
    constant(network, "b", 1, OUTPUTS);
    node(network, "MatMul", "x w", "p");
    node(network, "Identity", "p", "same");
    node(network, "Add", "same b", "s");
    node(network, "Relu", "s", "y");
}

static void make_two(struct network *network)
{
    make_sum(network);
    constant(network, "w2", OUTPUTS, 1);
    constant(network, "b2", 0, 1);
    node(network, "MatMul", "y w2", "p2");
    node(network, "Add", "p2 b2", "y2");
}

static void test_a_product_a_sum_and_a_rectifier(void **state)
{
    (void)state;
    compare(make_sum, VALUE_FLOAT, 1, "y s p", 3);
    compare(make_sum, VALUE_FLOAT, 1, "y s", 2);
    compare(make_sum, VALUE_DOUBLE, 1, "y s p", 3);
    compare(make_sum_of_a_row, VALUE_FLOAT, 1, "y s p", 3);
    compare(make_sum_of_a_row, VALUE_DOUBLE, 1, "y s p", 3);
}

static void make_gemm(struct network *network, float alpha, float beta, bool turned)
{
    struct attribute attributes[] = {
        {.name = "alpha", .kind = ATTRIBUTE_FLOAT, .number = alpha},
        {.name = "beta", .kind = ATTRIBUTE_FLOAT, .number = beta},
        {.name = "transB", .kind = ATTRIBUTE_INT, .integer = turned},
    };
    constant(network, "w", turned ? OUTPUTS : INPUTS, turned ? INPUTS : OUTPUTS);
    constant(network, "b", 0, OUTPUTS);
    node_with(network, "Gemm", "x w b", "p", attributes, 3);
    node(network, "Relu", "p", "y");
}

static void make_plain_gemm(struct network *network)
{
    make_gemm(network, 1, 1, false);
}

static void make_turned_gemm(struct network *network)
{
    make_gemm(network, 1, 1, true);
}

static void make_doubled_gemm(struct network *network)
{
    make_gemm(network, 2, 1, true);
}

static void make_half_gemm(struct network *network)
{
    make_gemm(network, 1, 0.5F, false);
}

static void test_gemm(void **state)
{
    (void)state;
    compare(make_plain_gemm, VALUE_FLOAT, 1, "y p", 2);
    compare(make_turned_gemm, VALUE_FLOAT, 1, "y p", 2);
    compare(make_plain_gemm, VALUE_DOUBLE, 1, "y p", 2);
    compare(make_turned_gemm, VALUE_DOUBLE, 1, "y p", 2);
    compare(make_doubled_gemm, VALUE_FLOAT, 2, "y p", 2);
    compare(make_half_gemm, VALUE_FLOAT, 2, "y p", 2);
}

static void make_other_readers(struct network *network)
{
    constant(network, "w", INPUTS, OUTPUTS);
    constant(network, "b", 0, OUTPUTS);
    node(network, "MatMul", "x w", "p");
    node(network, "Add", "p b", "s");
    node(network, "Mul", "s p", "y");
}

static void make_sum_of_itself(struct network *network)
{
    constant(network, "w", INPUTS, OUTPUTS);
    node(network, "MatMul", "x w", "p");
    node(network, "Add", "p p", "y");
}

static void make_sum_of_a_number(struct network *network)
{
    constant(network, "w", INPUTS, OUTPUTS);
    constant(network, "b", 0, 1);
    node(network, "MatMul", "x w", "p");
    node(network, "Add", "p b", "s");
    node(network, "Relu", "s", "y");
}

static void test_what_others_read_stays(void **state)
{
    (void)state;
    compare(make_other_readers, VALUE_FLOAT, 3, "y s p", 3);
    compare(make_sum_of_itself, VALUE_FLOAT, 2, "y p", 2);
    compare(make_sum_of_a_number, VALUE_FLOAT, 3, "y s p", 3);
}

static void test_layers_one_after_the_other(void **state)
{
    (void)state;
    struct network network;
    begin(&network, VALUE_FLOAT);
    make_two(&network);
    seal(&network, "y2");
    assert_int_equal(program_node_count(network.program), 2);
    struct value all = run(&network, ROWS);
    assert_int_equal(all.count, ROWS);
    struct value one = run(&network, 1); /* the first of the same rows */
    assert_memory_equal(one.data, all.data, sizeof(float));
    finish(&network);
}

static void test_other_columns_are_refused(void **state)
{
    (void)state;
    struct network network;
    begin(&network, VALUE_FLOAT);
    make_sum(&network);
    seal(&network, "y");
    struct value x, y;
    struct memory memory;
    assert_true(value_describe(&x, VALUE_FLOAT, (int64_t[]){2, INPUTS + 1}, 2, &network.err));
    x.data = numbers(&network, x.count);
    memory_init(&memory, &network.arena, 0);
    assert_false(program_run(network.program, &x, &y, &memory, &network.err));
    assert_string_equal(network.err.text, "the node p (Gemm): the matrices do not fit together: "
                                          "8 columns, 7 rows");
    finish(&network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_product_a_sum_and_a_rectifier),
        cmocka_unit_test(test_gemm),
        cmocka_unit_test(test_what_others_read_stays),
        cmocka_unit_test(test_layers_one_after_the_other),
        cmocka_unit_test(test_other_columns_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
