/* Runs ONNX's own tests of single operators. Those of the core (the operators that the converters
 * of scikit-learn, XGBoost, LightGBM, PyTorch and Keras write for tabular models) and of ai.onnx.ml
 * must pass; of the others it is counted which operators are missing.
 *
 * usage: test_nodes FOLDER [TEST...] */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "math/init.h"

static const char core[] =
    " Cast Reshape Concat Add Sub Mul Div MatMul Gemm ArgMax ArgMin Exp Log Sqrt Abs Neg Pow Sum "
    "Max "
    "Min Clip Sign Reciprocal Identity Flatten Transpose Gather GatherElements Slice Shape "
    "ConstantOfShape Squeeze Unsqueeze Expand Where Equal Less LessOrEqual Greater GreaterOrEqual "
    "Not "
    "And Or ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceSumSquare ReduceLogSumExp "
    "ReduceL1 ReduceL2 LpNormalization TopK CumSum IsNaN Relu LeakyRelu Elu Selu Sigmoid "
    "HardSigmoid "
    "Tanh Softmax LogSoftmax Softplus Softsign Erf BatchNormalization LayerNormalization Dropout "
    "Constant Split StringNormalizer TfIdfVectorizer Scan ";

/* Training drops elements at random: the answers are those of numpy's generator, and a model that
 * predicts refuses them. */
static const char *const random_tests[] = {"test_training_dropout", "test_training_dropout_default",
                                           "test_training_dropout_default_mask",
                                           "test_training_dropout_mask"};

/* Fewer than these must not be found: a folder that is not there is no success. */
#define CORE_AT_LEAST 440

#define OPERATORS_MAX 512

struct missing {
    char what[ERR_TEXT_SIZE];
    int tests;
};

struct tally {
    int random, random_refused;
    int core, core_passed, machine_learning, machine_learning_passed;
    int others, others_passed, others_differ;
    struct missing missing[OPERATORS_MAX];
    int missing_count;
};

enum group { GROUP_RANDOM, GROUP_CORE, GROUP_MACHINE_LEARNING, GROUP_OTHER };

static bool is_core(const char *operator)
{
    char word[128];
    snprintf(word, sizeof word, " %s ", operator);
    return strstr(core, word) != NULL;
}

static enum group group_of(const Onnx__Graph *graph)
{
    enum group group = GROUP_CORE;
    for (size_t i = 0; i < graph->n_node; i++) {
        const Onnx__Node *node = graph->node[i];
        if (node->domain != NULL && strcmp(node->domain, "ai.onnx.ml") == 0)
            group = group == GROUP_CORE ? GROUP_MACHINE_LEARNING : group;
        else if ((node->domain != NULL && node->domain[0] != '\0') || !is_core(node->op_type))
            return GROUP_OTHER;
        for (size_t j = 0; j < node->n_attribute; j++) {
            const Onnx__Graph *inner = node->attribute[j]->g;
            if (inner != NULL && group_of(inner) == GROUP_OTHER)
                return GROUP_OTHER;
        }
    }
    return group;
}

static void count_missing(struct tally *tally, const char *what)
{
    int i = 0;
    while (i < tally->missing_count && strcmp(tally->missing[i].what, what) != 0)
        i++;
    if (i == OPERATORS_MAX)
        return;
    if (i == tally->missing_count) {
        snprintf(tally->missing[i].what, sizeof tally->missing[i].what, "%s", what);
        tally->missing_count++;
    }
    tally->missing[i].tests++;
}

static void count(struct tally *tally, enum group group, bool passed, const char *name,
                  const struct err *err)
{
    if (group == GROUP_RANDOM) {
        tally->random++;
        tally->random_refused += err->code == ERR_UNSUPPORTED;
        return;
    }
    if (group == GROUP_CORE) {
        tally->core++;
        tally->core_passed += passed;
    } else if (group == GROUP_MACHINE_LEARNING) {
        tally->machine_learning++;
        tally->machine_learning_passed += passed;
    } else {
        tally->others++;
        tally->others_passed += passed;
    }
    if (passed)
        return;
    if (group == GROUP_OTHER && err->code == ERR_UNSUPPORTED) {
        count_missing(tally, err->text);
        return;
    }
    if (group == GROUP_OTHER)
        tally->others_differ++;
    printf("%s %s: %s\n", group == GROUP_OTHER ? "differs" : "FAILED", name, err->text);
}

static bool is_random(const char *name)
{
    for (size_t i = 0; i < sizeof random_tests / sizeof random_tests[0]; i++) {
        if (strcmp(random_tests[i], name) == 0)
            return true;
    }
    return false;
}

static void run(struct tally *tally, const char *folder, const char *name)
{
    char path[4096];
    char *data;
    size_t size;
    int sets = 0;
    struct arena arena;
    struct onnx_file file = {0};
    struct err err = ERR_INIT;
    arena_init(&arena, 0);
    snprintf(path, sizeof path, "%s/%s/model.onnx", folder, name);
    if (case_read_file(path, &arena, &data, &size)) {
        bool read = onnx_file_read(&file, data, size, &err);
        enum group group = read ? group_of(file.model->graph) : GROUP_CORE;
        if (is_random(name))
            group = GROUP_RANDOM;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        count(tally, group, read && case_run(path, &file, &sets, &err), name, &err);
        onnx_file_finish(&file);
    }
    arena_finish(&arena);
}

static int report(const struct tally *tally)
{
    printf("ONNX's own tests of operators\ncore: %d of %d passed\n", tally->core_passed,
           tally->core);
    printf("training with random numbers: %d of %d refused\n", tally->random_refused,
           tally->random);
    printf("ai.onnx.ml: %d of %d passed\n", tally->machine_learning_passed,
           tally->machine_learning);
    printf("others: %d of %d passed, %d differ%s\n", tally->others_passed, tally->others,
           tally->others_differ, tally->missing_count > 0 ? "; the rest:" : "");
    for (int i = 0; i < tally->missing_count; i++)
        printf("  %3d: %s\n", tally->missing[i].tests, tally->missing[i].what);
    return tally->core_passed == tally->core && tally->random_refused == tally->random &&
                   tally->machine_learning_passed == tally->machine_learning &&
                   tally->others_differ == 0
               ? 0
               : 1;
}

int main(int argc, char **argv)
{
    static struct tally tally;
    struct dirent **names;
    if (argc < 2) {
        fprintf(stderr, "usage: test_nodes FOLDER [TEST...]\n");
        return 2;
    }
    math_init();
    if (argc > 2) {
        for (int i = 2; i < argc; i++)
            run(&tally, argv[1], argv[i]);
        return report(&tally);
    }
    int found = scandir(argv[1], &names, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        if (strncmp(names[i]->d_name, "test_", 5) == 0)
            run(&tally, argv[1], names[i]->d_name);
        free(names[i]);
    }
    if (found >= 0)
        free(names);
    int status = report(&tally);
    if (tally.core >= CORE_AT_LEAST)
        return status;
    printf("fewer than %d tests of the core in %s: is libonnx-testdata installed?\n", CORE_AT_LEAST,
           argv[1]);
    return 1;
}
