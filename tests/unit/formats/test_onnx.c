/* ONNX files as models: what is served, and what is refused. Files are packed here, from parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "formats/format.h"
#include "formats/onnx.h"
#include "formats/onnx_read.h"
#include "math/init.h"

static struct err err;

/* y = relu(x w), x [N, 2], w [2, 3]: everything a test changes before it packs the file. */
struct parts {
    Onnx__Model model;
    Onnx__Graph graph;
    Onnx__Operators operators;
    Onnx__Operators *imports[1];
    Onnx__Tensor weights;
    Onnx__Tensor *initializers[2];
    int64_t weight_dims[2];
    float weight_data[6];
    Onnx__Node nodes[2];
    Onnx__Node *node_list[2];
    char *inputs[2][2], *outputs[2][1];
    Onnx__ValueInfo ends[2];
    Onnx__ValueInfo *in[1], *out[1];
    Onnx__Type types[2];
    Onnx__TensorType tensors[2];
    Onnx__Shape shapes[2];
    Onnx__Dimension dims[2][2];
    Onnx__Dimension *dim_lists[2][2];
};

static void make_end(struct parts *parts, int i, char *name, int64_t width)
{
    onnx__value_info__init(&parts->ends[i]);
    onnx__type__init(&parts->types[i]);
    onnx__tensor_type__init(&parts->tensors[i]);
    onnx__shape__init(&parts->shapes[i]);
    for (int j = 0; j < 2; j++) {
        onnx__dimension__init(&parts->dims[i][j]);
        parts->dim_lists[i][j] = &parts->dims[i][j];
    }
    parts->dims[i][1].has_dim_value = 1;
    parts->dims[i][1].dim_value = width;
    parts->shapes[i].n_dim = 2;
    parts->shapes[i].dim = parts->dim_lists[i];
    parts->tensors[i].has_elem_type = 1;
    parts->tensors[i].elem_type = VALUE_FLOAT;
    parts->tensors[i].shape = &parts->shapes[i];
    parts->types[i].tensor_type = &parts->tensors[i];
    parts->ends[i].name = name;
    parts->ends[i].type = &parts->types[i];
}

static void make_node(struct parts *parts, int i, char *type, char *first, char *second, char *out)
{
    onnx__node__init(&parts->nodes[i]);
    parts->inputs[i][0] = first;
    parts->inputs[i][1] = second;
    parts->outputs[i][0] = out;
    parts->nodes[i].op_type = type;
    parts->nodes[i].input = parts->inputs[i];
    parts->nodes[i].n_input = second != NULL ? 2 : 1;
    parts->nodes[i].output = parts->outputs[i];
    parts->nodes[i].n_output = 1;
    parts->node_list[i] = &parts->nodes[i];
}

static void make_parts(struct parts *parts)
{
    static const float weights[6] = {1, -1, 0.5F, 2, 1, -3};
    memset(parts, 0, sizeof *parts);
    onnx__model__init(&parts->model);
    onnx__graph__init(&parts->graph);
    onnx__operators__init(&parts->operators);
    onnx__tensor__init(&parts->weights);
    parts->operators.has_version = 1;
    parts->operators.version = 17;
    parts->imports[0] = &parts->operators;
    parts->weight_dims[0] = 2;
    parts->weight_dims[1] = 3;
    memcpy(parts->weight_data, weights, sizeof weights);
    parts->weights.name = (char *)"w";
    parts->weights.has_data_type = 1;
    parts->weights.data_type = VALUE_FLOAT;
    parts->weights.n_dims = 2;
    parts->weights.dims = parts->weight_dims;
    parts->weights.n_float_data = 6;
    parts->weights.float_data = parts->weight_data;
    parts->initializers[0] = parts->initializers[1] = &parts->weights;
    make_node(parts, 0, (char *)"MatMul", (char *)"x", (char *)"w", (char *)"a");
    make_node(parts, 1, (char *)"Relu", (char *)"a", NULL, (char *)"y");
    make_end(parts, 0, (char *)"x", 2);
    make_end(parts, 1, (char *)"y", 3);
    parts->in[0] = &parts->ends[0];
    parts->out[0] = &parts->ends[1];
    parts->graph.n_node = 2;
    parts->graph.node = parts->node_list;
    parts->graph.n_initializer = 1;
    parts->graph.initializer = parts->initializers;
    parts->graph.n_input = 1;
    parts->graph.input = parts->in;
    parts->graph.n_output = 1;
    parts->graph.output = parts->out;
    parts->model.has_ir_version = 1;
    parts->model.ir_version = 8;
    parts->model.n_opset_import = 1;
    parts->model.opset_import = parts->imports;
    parts->model.graph = &parts->graph;
}

/* The file's bytes, for the caller to free. */
static char *pack(const struct parts *parts, size_t *size)
{
    *size = onnx__model__get_packed_size(&parts->model);
    char *data = malloc(*size + 1);
    assert_non_null(data);
    onnx__model__pack(&parts->model, (uint8_t *)data);
    data[*size] = '\0';
    return data;
}

static bool load(const char *data, size_t size, struct artifact *artifact)
{
    const struct format_file file = {.name = "m.onnx", .data = data, .size = size};
    err = ERR_INIT;
    return format_load(&file, 1, artifact, &err);
}

static void assert_refused(const struct parts *parts, const char *words)
{
    struct artifact artifact;
    size_t size;
    char *data = pack(parts, &size);
    assert_false(load(data, size, &artifact));
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, err.text);
    free(data);
}

static void test_answers(void **state)
{
    (void)state;
    struct parts parts;
    struct artifact artifact;
    struct arena results, scratch;
    struct matrix out[OP_OUTPUTS_MAX];
    double cells[] = {1, 2, -1, 0};
    struct matrix in = {.data = cells, .rows = 2, .cols = 2, .stride = 2};
    size_t size;
    make_parts(&parts);
    char *data = pack(&parts, &size);
    assert_true(load(data, size, &artifact));
    free(data); /* nothing of the file is needed any more */
    assert_string_equal(artifact.graph->schema.fields[1].name, "x_1");
    arena_init(&results, 0);
    arena_init(&scratch, 0);
    assert_true(graph_run(artifact.graph, &in, out, 1, &results, &scratch, &err));
    static const double expected[2][3] = {{5, 1, 0}, {0, 1, 0}};
    for (size_t row = 0; row < 2; row++)
        for (size_t i = 0; i < 3; i++)
            assert_true(matrix_row(&out[0], row)[i] == expected[row][i]);
    arena_finish(&results);
    arena_finish(&scratch);
    artifact_finish(&artifact);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    struct parts parts;
    struct trained trained;
    const struct format_settings settings = FORMAT_SETTINGS_INIT;
    size_t size;
    make_parts(&parts);
    char *data = pack(&parts, &size);
    for (size_t length = 0; length < size; length++) {
        const struct format_file file = {.name = "m", .data = data, .size = length};
        memset(&trained, 0, sizeof trained);
        err = ERR_INIT;
        onnx_format.detect(&file);
        assert_false(onnx_format.read(&file, &settings, &trained, &err));
        assert_true(err.text[0] != '\0');
        trained_finish(&trained);
    }
    free(data);
}

static void test_wrong_weights(void **state)
{
    (void)state;
    struct parts parts;
    make_parts(&parts);
    parts.weight_dims[0] = 3; /* more than there are */
    assert_refused(&parts, "9 elements, but the file gives 6");
    parts.weight_dims[0] = INT64_C(1) << 31; /* a claim of 24 GiB in a few bytes */
    assert_refused(&parts, "the file gives 6");
    parts.weight_dims[0] = parts.weight_dims[1] = INT64_C(1) << 62;
    assert_refused(&parts, "more elements than memory has bytes");
    parts.weight_dims[0] = -2;
    assert_refused(&parts, "negative");
    make_parts(&parts);
    parts.weight_dims[0] = 3;
    parts.weight_dims[1] = 2;
    assert_refused(&parts, "do not fit together");
    make_parts(&parts);
    parts.weights.data_type = 17;
    assert_refused(&parts, "element type 17 is not supported");
    make_parts(&parts);
    parts.weights.has_data_location = 1;
    parts.weights.data_location = 1;
    assert_refused(&parts, "another file");
}

/* 2 GiB and more in a file of 200 bytes: a graph that long, a tensor that long, and a graph that is
 * there and whose weights claim it. */
static void test_claims_cost_nothing(void **state)
{
    (void)state;
    static const char graph[200] = "\x08\x08\x3a\x80\x80\x80\x80\x08",
                      huge[200] = "\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                      tensor[200] = "\x08\x08\x3a\xbd\x01\x2a\xba\x01\x4a\x80\x80\x80\x80\x08";
    const struct format_file files[] = {{"m", graph, sizeof graph, false},
                                        {"m", huge, sizeof huge, false},
                                        {"m", tensor, sizeof tensor, false}};
    const struct format_settings settings = FORMAT_SETTINGS_INIT;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        clock_t start = clock();
        for (int times = 0; times < 1000; times++) {
            struct trained trained = {0};
            err = ERR_INIT;
            assert_true(onnx_format.detect(&files[i]));
            assert_false(onnx_format.read(&files[i], &settings, &trained, &err));
            trained_finish(&trained);
        }
        double each = (double)(clock() - start) / CLOCKS_PER_SEC * 1000;
        print_message("# refused within %.1f us: %s\n", each, err.text);
        assert_true(each < 1000); /* sanitizers take some more */
    }
}

static void test_wrong_graphs(void **state)
{
    (void)state;
    struct parts parts;
    make_parts(&parts);
    parts.inputs[0][1] = (char *)"nowhere";
    assert_refused(&parts, "nowhere is read, but nothing makes it");
    make_parts(&parts);
    parts.outputs[0][0] = (char *)"y";
    assert_refused(&parts, "defined twice");
    make_parts(&parts);
    parts.graph.n_initializer = 2;
    assert_refused(&parts, "defined twice");
    make_parts(&parts);
    parts.inputs[0][0] = (char *)"y"; /* MatMul reads what Relu makes of it */
    assert_refused(&parts, "cycle");
    make_parts(&parts);
    parts.nodes[1].op_type = (char *)"Frobnicate";
    assert_refused(&parts, "the operator Frobnicate is not supported");
    make_parts(&parts);
    parts.nodes[1].domain = (char *)"org.example";
    assert_refused(&parts, "which the file does not import");
    make_parts(&parts);
    parts.tensors[0].elem_type = VALUE_DOUBLE;
    assert_refused(&parts, "they must be the same");
    make_parts(&parts);
    parts.tensors[0].elem_type = VALUE_FLOAT16;
    assert_refused(&parts, "input");
    make_parts(&parts);
    parts.dims[0][1].has_dim_value = 0;
    assert_refused(&parts, "how many columns");
    make_parts(&parts);
    parts.model.ir_version = 99;
    parts.model.graph = NULL;
    assert_refused(&parts, "no graph");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_claims_cost_nothing),
        cmocka_unit_test(test_wrong_weights),
        cmocka_unit_test(test_wrong_graphs),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
