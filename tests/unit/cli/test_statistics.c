/* Statistics of rows: moments, deciles, counts, and what counts as missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/statistics.h"
#include "formats/format.h"

static const char model[] =
    "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\",\"on_missing\":\"nan\"},"
    "{\"name\":\"w\",\"type\":\"category\",\"values\":[\"a\",\"b\"],\"on_missing\":\"nan\","
    "\"on_unknown\":\"zero\"}],"
    "\"steps\":[{\"op\":\"one_hot_encoder\",\"columns\":[\"w\"],\"categories_\":[[\"a\",\"b\"]],"
    "\"handle_unknown\":\"ignore\"}],"
    "\"model\":{\"op\":\"linear_regression\",\"coef_\":[1,1,1],\"intercept_\":0}}";

static int make(void **state)
{
    static struct artifact artifact;
    struct err err = ERR_INIT;
    struct format_file file = {.name = "model.json", .data = model, .size = sizeof model - 1};
    if (!format_load(&file, 1, &artifact, &err)) {
        print_message("# %s\n", err.text);
        return -1;
    }
    *state = &artifact;
    return 0;
}

static int drop(void **state)
{
    artifact_finish(*state);
    return 0;
}

/* x = 0 ... 99 twice over the passes; every tenth is missing. */
static void add(struct statistics *statistics, bool all_the_same)
{
    for (int i = 0; i < 100; i++) {
        const double cells[] = {i % 10 == 9    ? NAN
                                : all_the_same ? 3
                                               : i,
                                i % 4 == 3   ? SCHEMA_UNKNOWN
                                : i % 4 == 2 ? NAN
                                             : i % 4};
        statistics_add(statistics, cells, i);
    }
}

static char *write(const struct graph *graph, bool all_the_same)
{
    struct statistics statistics;
    struct buf out = BUF_INIT;
    struct err err = ERR_INIT;
    assert_true(statistics_init(&statistics, graph, &err));
    add(&statistics, all_the_same);
    assert_true(statistics_begin_counting(&statistics, &err));
    add(&statistics, all_the_same);
    statistics_write(&statistics, &out);
    statistics_finish(&statistics);
    char *text = strdup(buf_text(&out));
    buf_finish(&out);
    return text;
}

static void columns_are_described(void **state)
{
    const struct artifact *artifact = *state;
    char *text = write(artifact->graph, false);
    assert_non_null(strstr(text, "\"rows\": 100,"));
    const char *x = strstr(text, "\"x\": {\"count\": 90, \"missing\": 10, \"mean\": ");
    assert_non_null(x);
    assert_true(fabs(strtod(strstr(x, "mean") + 7, NULL) - 49) < 1e-12);
    assert_true(fabs(strtod(strstr(x, "std") + 6, NULL) - sqrt(74850.0 / 90)) < 1e-12);
    assert_non_null(strstr(text, "\"min\": 0, \"max\": 98, \"edges\": [0, 9.8"));
    assert_non_null(strstr(text, "\"counts\": [9, 9, 9, 9, 9, 9, 9, 9, 9, 9]}"));
    assert_non_null(strstr(text, "\"w\": {\"count\": 75, \"missing\": 25, "
                                 "\"counts\": {\"a\": 25, \"b\": 25}}"));
    assert_non_null(
        strstr(text, "\"prediction\": {\"count\": 100, \"missing\": 0, \"mean\": 49.5"));
    free(text);
}

static void one_value_is_one_bin(void **state)
{
    const struct artifact *artifact = *state;
    char *text = write(artifact->graph, true);
    assert_non_null(strstr(text, "\"std\": 0, \"min\": 3, \"max\": 3, \"edges\": "
                                 "[2.9999999999999996, 3.0000000000000004], \"counts\": [90]}"));
    free(text);
}

static void no_rows_are_no_baseline(void **state)
{
    const struct artifact *artifact = *state;
    struct statistics statistics;
    struct err err = ERR_INIT;
    assert_true(statistics_init(&statistics, artifact->graph, &err));
    assert_false(statistics_begin_counting(&statistics, &err));
    assert_string_equal(err.text, "there are no rows");
    statistics_finish(&statistics);
}

static void random_numbers_are_the_same_each_time(void **state)
{
    (void)state;
    uint64_t one = 0, other = 0;
    size_t counts[4] = {0};
    for (int i = 0; i < 4000; i++) {
        uint64_t value = statistics_random(&one, 4);
        assert_int_equal(value, statistics_random(&other, 4));
        counts[value]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(counts[i], 850, 1150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_are_described, make, drop),
        cmocka_unit_test_setup_teardown(one_value_is_one_bin, make, drop),
        cmocka_unit_test_setup_teardown(no_rows_are_no_baseline, make, drop),
        cmocka_unit_test(random_numbers_are_the_same_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
