/* StringNormalizer, Tokenizer, TfIdfVectorizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "one_node.h"

static struct one_node node;

static int end(void **state)
{
    (void)state;
    one_node_finish(&node);
    return 0;
}

static bool run_words(const char *const *words, size_t count, const int64_t *dims, int rank)
{
    struct value_string *strings = arena_array(&node.arena, count + 1, sizeof *strings);
    for (size_t i = 0; i < count; i++)
        strings[i] = (struct value_string){words[i], strlen(words[i])};
    struct value input = one_node_value(VALUE_STRING, strings, dims, rank);
    return one_node_run(&node, &input);
}

static void assert_words(const char *const *expected, size_t count)
{
    assert_int_equal(node.results[0].count, count);
    for (size_t i = 0; i < count; i++) {
        struct value_string word = node.results[0].strings[i];
        if (word.length != strlen(expected[i]) || memcmp(word.bytes, expected[i], word.length) != 0)
            fail_msg("word %zu is %.*s, not %s", i, (int)word.length, word.bytes, expected[i]);
    }
}

static void refuse(const char *why)
{
    assert_false(one_node_make(&node));
    if (strstr(node.err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", node.err.text, why);
    node.err = ERR_INIT;
}

/* ---- StringNormalizer ---- */

static int begin_normalizer(void **state)
{
    (void)state;
    one_node_init(&node, "", "StringNormalizer", 10);
    one_node_string(&node, "case_change_action", "LOWER");
    one_node_strings(&node, "stopwords", (const char *const[]){"the", "And"}, 2);
    return 0;
}

static void test_case_and_stop_words(void **state)
{
    const char *const words[] = {"The", "\xc3\x84RGER", "and", "X", "\xff"};
    (void)state;
    assert_true(one_node_make(&node));
    assert_true(run_words(words, 5, (int64_t[]){5}, 1));
    assert_words((const char *const[]){"\xc3\xa4rger", "x", "\xff"}, 3);
    one_node_int(&node, "is_case_sensitive", 1);
    one_node_string(&node, "case_change_action", "UPPER");
    assert_true(one_node_make(&node));
    assert_true(run_words(words, 5, (int64_t[]){1, 5}, 2));
    assert_words((const char *const[]){"THE", "\xc3\x84RGER", "AND", "X", "\xff"}, 5);
}

static void test_nothing_left(void **state)
{
    (void)state;
    assert_true(one_node_make(&node));
    assert_true(run_words((const char *const[]){"the", "AND"}, 2, (int64_t[]){1, 2}, 2));
    assert_words((const char *const[]){""}, 1);
    assert_int_equal(node.results[0].rank, 2);
    assert_false(run_words((const char *const[]){"a", "b"}, 2, (int64_t[]){2, 1}, 2));
    one_node_string(&node, "case_change_action", "SIDEWAYS");
    assert_false(one_node_make(&node));
}

/* ---- Tokenizer ---- */

static int begin_tokenizer(void **state)
{
    (void)state;
    one_node_init(&node, "com.microsoft", "Tokenizer", 1);
    one_node_string(&node, "pad_value", "#");
    one_node_int(&node, "mincharnum", 1);
    one_node_int(&node, "mark", 0);
    return 0;
}

static void test_separators(void **state)
{
    const char *const texts[] = {"a bb,ccc", ",", ""};
    (void)state;
    one_node_strings(&node, "separators", (const char *const[]){" ", ","}, 2);
    assert_true(one_node_make(&node));
    assert_true(run_words(texts, 3, (int64_t[]){3}, 1));
    assert_words((const char *const[]){"a", "bb", "ccc", "#", "#", "#", "#", "#", "#"}, 9);
    one_node_int(&node, "mark", 1);
    one_node_int(&node, "mincharnum", 2);
    assert_true(one_node_make(&node));
    assert_true(run_words(texts, 2, (int64_t[]){2, 1}, 2));
    assert_words((const char *const[]){"\x02", "bb", "ccc", "\x03", "\x02", "\x03", "#", "#"}, 8);
    assert_int_equal(node.results[0].rank, 3);
}

static void test_expression_and_characters(void **state)
{
    (void)state;
    one_node_string(&node, "tokenexp", "[a-z]+");
    assert_true(one_node_make(&node));
    assert_true(run_words((const char *const[]){"12ab cd3", "9"}, 2, (int64_t[]){2}, 1));
    assert_words((const char *const[]){"ab", "cd", "#", "#"}, 4);
    one_node_string(&node, "tokenexp", "");
    one_node_strings(&node, "separators", (const char *const[]){""}, 1);
    assert_true(one_node_make(&node));
    assert_true(run_words((const char *const[]){"a\xc3\xa4", "b"}, 2, (int64_t[]){2}, 1));
    assert_words((const char *const[]){"a", "\xc3\xa4", "b", "#"}, 4);
    assert_true(run_words((const char *const[]){"", ""}, 2, (int64_t[]){2}, 1));
    assert_int_equal(node.results[0].count, 0);
}

static void test_tokenizer_refused(void **state)
{
    (void)state;
    refuse("one of separators and tokenexp");
    one_node_string(&node, "tokenexp", "(?i)a");
    refuse("group of a kind");
    one_node_string(&node, "tokenexp", "a");
    one_node_int(&node, "mincharnum", 0);
    refuse("mincharnum");
}

/* ---- TfIdfVectorizer: "a", "b" and "a b" ---- */

static int begin_counts(void **state)
{
    (void)state;
    one_node_init(&node, "", "TfIdfVectorizer", 9);
    one_node_string(&node, "mode", "TF");
    one_node_int(&node, "min_gram_length", 1);
    one_node_int(&node, "max_gram_length", 2);
    one_node_int(&node, "max_skip_count", 1);
    one_node_strings(&node, "pool_strings", (const char *const[]){"a", "b", "a", "b"}, 4);
    one_node_ints(&node, "ngram_counts", (const int64_t[]){0, 2}, 2);
    one_node_ints(&node, "ngram_indexes", (const int64_t[]){2, 0, 1}, 3);
    return 0;
}

static void test_counts(void **state)
{
    const char *const words[] = {"a", "b", "x", "a", "x", "b"};
    (void)state;
    assert_true(one_node_make(&node));
    assert_true(run_words(words, 6, (int64_t[]){2, 3}, 2));
    assert_memory_equal(node.results[0].floats, ((const float[]){1, 1, 1, 1, 1, 1}),
                        6 * sizeof(float));
    one_node_int(&node, "max_skip_count", 0);
    one_node_floats(&node, "weights", (const float[]){5, 6, 7}, 3);
    one_node_string(&node, "mode", "TFIDF");
    assert_true(one_node_make(&node));
    assert_true(run_words(words, 6, (int64_t[]){6}, 1));
    assert_memory_equal(node.results[0].floats, ((const float[]){12, 7, 10}), 3 * sizeof(float));
    assert_true(run_words(words, 0, (int64_t[]){0}, 1));
    assert_memory_equal(node.results[0].floats, ((const float[]){0, 0, 0}), 3 * sizeof(float));
}

static void test_pools_that_do_not_fit(void **state)
{
    (void)state;
    one_node_ints(&node, "ngram_counts", (const int64_t[]){0, 1}, 2);
    refuse("n-grams of length 2");
    one_node_ints(&node, "ngram_counts", (const int64_t[]){0, INT64_MAX}, 2);
    refuse("ngram_counts");
    one_node_ints(&node, "ngram_counts", (const int64_t[]){0}, 1);
    refuse("ngram_counts has 1 elements");
    one_node_ints(&node, "ngram_counts", (const int64_t[]){0, 2}, 2);
    one_node_int(&node, "max_gram_length", INT64_MAX);
    refuse("ngram_counts has 2 elements");
    one_node_int(&node, "max_gram_length", 2);
    one_node_ints(&node, "ngram_indexes", (const int64_t[]){2, 0, INT64_MAX}, 3);
    refuse("ngram_indexes holds");
    one_node_ints(&node, "ngram_indexes", (const int64_t[]){2, 0, -1}, 3);
    refuse("ngram_indexes holds -1");
    one_node_ints(&node, "ngram_indexes", (const int64_t[]){2, 0}, 2);
    refuse("2 elements for 3 n-grams");
    one_node_ints(&node, "ngram_indexes", (const int64_t[]){2, 0, 1}, 3);
    one_node_strings(&node, "pool_strings", (const char *const[]){"a", "a", "a", "b"}, 4);
    refuse("there twice");
    one_node_int(&node, "max_skip_count", INT64_MAX);
    one_node_strings(&node, "pool_strings", (const char *const[]){"a", "b", "a", "b"}, 4);
    assert_true(one_node_make(&node));
    assert_true(run_words((const char *const[]){"a", "x", "b"}, 3, (int64_t[]){3}, 1));
    assert_true(node.results[0].floats[1] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_case_and_stop_words, begin_normalizer, end),
        cmocka_unit_test_setup_teardown(test_nothing_left, begin_normalizer, end),
        cmocka_unit_test_setup_teardown(test_separators, begin_tokenizer, end),
        cmocka_unit_test_setup_teardown(test_expression_and_characters, begin_tokenizer, end),
        cmocka_unit_test_setup_teardown(test_tokenizer_refused, begin_tokenizer, end),
        cmocka_unit_test_setup_teardown(test_counts, begin_counts, end),
        cmocka_unit_test_setup_teardown(test_pools_that_do_not_fit, begin_counts, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
