/* scikit-learn 1.9.1: CountVectorizer and HashingVectorizer, their answers for the texts below. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_params.h"
#include "graph/text.h"

static const char *const texts[] = {
    "The cat sat on the mat",
    "Dogs  run\011fast, dog_1 dogs",
    "",
    "\316\237\316\224\316\245\316\243\316\243\316\225\316\245\316\243 \303\251lan DOGS",
    "a b c cat",
    ("\304\260stanbul \342\200\223 42 "
     "\340\244\271\340\244\277\340\244\250\340\245\215\340\244\246\340\245\200 \357\254\201ne"),
};
enum { COUNT = sizeof texts / sizeof *texts };

static struct text held[COUNT];
static double cells[COUNT];

static int cells_make(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        held[i] = (struct text){.length = strlen(texts[i]), .bytes = texts[i]};
        cells[i] = text_cell(&held[i]);
    }
    return 0;
}

static void test_words(void **state)
{
    (void)state;
    static const double expected[] = {
        0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 2, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0,
        0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1};
    fake_check("{'op': 'count_vectorizer', 'vocabulary_': ['42', 'cat', 'dog_1', 'dogs"
               "', 'fast', 'mat', 'on', 'run', 'sat', 'stanbul', 'the', '\303\251lan', "
               "'\316\277\316\264\317\205\317\203\317\203"
               "\316\265\317\205\317\202', '\357\254\201ne']}",
               "text~", COUNT, cells, expected, 0);
}

static void test_runs_of_words(void **state)
{
    (void)state;
    static const double expected[] = {
        0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        1, 2, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1};
    fake_check(
        "{'op': 'count_vectorizer', 'ngram_range': [1, 2], 'stop_words': ['the'"
        ", 'on'], 'vocabulary_': ['42', '42 \357\254\201ne', 'cat', 'cat sat', 'dog_1', 'd"
        "og_1 dogs', 'dogs', 'dogs run', 'fast', 'fast dog_1', 'mat', 'run', 'r"
        "un fast', 'sat', 'sat mat', 'stanbul', 'stanbul 42', '\303\251lan', '\303\251lan dog"
        "s', '\316\277\316\264\317\205\317\203\317\203\316\265\317\205\317\202', "
        "'\316\277\316\264\317\205\317\203\317\203\316\265\317\205\317\202 \303\251lan', "
        "'\357\254\201ne']}",
        "text~", COUNT, cells, expected, 0);
}

static void test_binary(void **state)
{
    (void)state;
    static const double expected[] = {
        0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0,
        0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1};
    fake_check("{'op': 'count_vectorizer', 'binary': true, 'lowercase': false, 'token_"
               "length': 1, 'vocabulary_': ['42', 'DOGS', 'Dogs', 'The', 'a', 'b', 'c'"
               ", 'cat', 'dog_1', 'dogs', 'fast', 'mat', 'on', 'run', 'sat', 'the', '\303\251"
               "lan', '\304\260stanbul', "
               "'\316\237\316\224\316\245\316\243\316\243\316\225\316\245\316\243', "
               "'\340\244\246', '\340\244\250', '\340\244\271', '\357\254\201ne']}",
               "text~", COUNT, cells, expected, 0);
}

static void test_characters(void **state)
{
    (void)state;
    static const double expected[] = {
        1, 1, 0, 0, 0, 1, 0, 0, 3, 2, 1, 1, 0, 0, 2, 0, 2, 2, 1, 0, 0, 0, 2, 2, 2, 0, 0, 2, 2, 1,
        0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 2, 0, 0, 0, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0,
        1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    fake_check("{'op': 'count_vectorizer', 'analyzer': 'char', 'ngram_range': [2, 3], "
               "'vocabulary_': [' c', ' ca', ' d', ' do', ' ru', ' th', ' \303\251', 'an', 'a"
               "t', 'at ', 'ca', 'cat', 'do', 'dog', 'e ', 'gs', 'he', 'he ', 'n ', 'o"
               "g', 'ogs', 'st', 't ', 'th', 'the']}",
               "text~", COUNT, cells, expected, 0);
}

static void test_characters_of_words(void **state)
{
    (void)state;
    static const double expected[] = {
        1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 2, 2, 2, 3, 1, 1, 0, 0, 0, 0, 2, 0, 0, 2, 2, 0, 0, 0, 3, 3,
        2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 2, 2, 2, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    fake_check("{'op': 'count_vectorizer', 'analyzer': 'char_wb', 'ngram_range': [3, 5"
               "], 'vocabulary_': [' ca', ' cat', ' cat ', ' do', ' dog', ' dogs', ' f"
               "ast', ' i\314\207', ' mat', ' ru', ' th', ' the', ' the ', 'at ', 'cat', 'cat"
               " ', 'dog', 'dogs', 'dogs ', 'gs ', 'he ', 'ogs', 'ogs ', 'the', 'the '"
               "]}",
               "text~", COUNT, cells, expected, 0);
}

static void test_hashed(void **state)
{
    (void)state;
    static const double expected[] = {-1, -1, 0,  0,  0, -1, 0, 0,  0, 1,  0, -1, 0, 0, 2, 0, 0,
                                      0,  -1, -1, 0,  0, 0,  0, 0,  0, 0,  0, 0,  0, 0, 0, 0, 0,
                                      0,  0,  1,  -1, 0, 0,  0, 0,  0, -1, 0, 0,  0, 0, 0, 0, 0,
                                      0,  0,  1,  0,  0, 0,  0, -1, 0, 0,  0, 0,  0, 0, 0};
    fake_check("{'op': 'hashing_vectorizer', 'n_features': 11}", "text~", COUNT, cells, expected,
               0);
}

static void test_hashed_unsigned(void **state)
{
    (void)state;
    static const double expected[] = {0, 0, 1, 1, 3, 5, 1, 1, 1, 1, 3, 1, 2, 0,
                                      0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 1, 0, 0,
                                      0, 0, 1, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 1};
    fake_check("{'op': 'hashing_vectorizer', 'n_features': 7, 'alternate_sign': false,"
               " 'ngram_range': [1, 2]}",
               "text~", COUNT, cells, expected, 0);
}

/* Each row of the sparse ones, in ascending columns, is that of the dense ones. */
static void test_sparse_rows(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'hashing_vectorizer', 'n_features': 5}", "text~");
    struct arena memory;
    struct err err = ERR_INIT;
    struct matrix in = {.data = cells, .rows = COUNT, .cols = 1, .stride = 1}, dense, made;
    struct sparse rows;
    arena_init(&memory, 0);
    assert_true((op->sparse & OP_MAKES_SPARSE) != 0);
    dense = matrix_in_arena(&memory, COUNT, 5);
    made = matrix_in_arena(&memory, COUNT, 5);
    assert_true(op_run(op, &in, &dense, 1, &memory, &err));
    assert_true(op->type->make_sparse(op, &in, &rows, &memory, &err));
    assert_int_equal(rows.rows, COUNT);
    assert_int_equal(rows.cols, 5);
    for (size_t row = 0; row < COUNT; row++)
        for (size_t i = 1; i < rows.items[row].count; i++)
            assert_true(rows.items[row].columns[i - 1] < rows.items[row].columns[i]);
    sparse_to_dense(&rows, &made);
    assert_memory_equal(made.data, dense.data, COUNT * 5 * sizeof(double));
    arena_finish(&memory);
    op_destroy(op);
}

static void test_names(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'count_vectorizer', 'vocabulary_': ['cat', 'dog']}", "text~");
    fake_names(op, "text=cat text=dog");
    op_destroy(op);
}

static void test_missing(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'count_vectorizer', 'vocabulary_': ['cat']}", "text~");
    const double in[] = {cells[0], NAN};
    fake_run_refused(op, 2, in, ERR_MISSING, 1, "text");
    op_destroy(op);
}

/* Bytes that are no UTF-8, and a text that ends within a character. */
static void test_broken_texts(void **state)
{
    (void)state;
    static const char bytes[] = "cat\xFF\xFE cat \xC3";
    const struct text text = {.length = sizeof bytes - 1, .bytes = bytes};
    const double in[] = {text_cell(&text)}, expected[] = {2};
    fake_check("{'op': 'count_vectorizer', 'vocabulary_': ['cat']}", "text~", 1, in, expected, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a']}", "x", "free text");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a']}", "x:a,b", "free text");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a']}", "x~ y~", "one column");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': []}", "x~", "expected 1 to");
    fake_op_refused("{'op': 'count_vectorizer'}", "x~", "vocabulary_");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': [1]}", "x~", "expected words");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a', 'a']}", "x~", "twice");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a'], 'ngram_range': [2, 1]}", "x~",
                    "ngram_range");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a'], 'ngram_range': [0, 1]}", "x~",
                    "ngram_range");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a'], 'ngram_range': [1, 1e9]}",
                    "x~", "ngram_range");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a'], 'stop_words': [3]}", "x~",
                    "expected words");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a'], 'analyzer': 'x'}", "x~",
                    "analyzer");
    fake_op_refused("{'op': 'count_vectorizer', 'vocabulary_': ['a'], 'token_length': 0}", "x~",
                    "token_length");
    fake_op_refused("{'op': 'hashing_vectorizer', 'n_features': 0}", "x~", "n_features");
    fake_op_refused("{'op': 'hashing_vectorizer', 'n_features': 3e9}", "x~", "n_features");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_runs_of_words),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_characters_of_words),
        cmocka_unit_test(test_hashed),
        cmocka_unit_test(test_hashed_unsigned),
        cmocka_unit_test(test_sparse_rows),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_broken_texts),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, cells_make, NULL);
}
