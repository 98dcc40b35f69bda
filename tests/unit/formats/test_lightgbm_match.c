/* Which features the lists of pandas_categorical belong to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "formats/lightgbm_match.h"

#define FEATURES_MAX 8
#define NO LIGHTGBM_NO_LIST

/* Reads feature_infos and matches lists of those sizes. */
static bool match(const char *infos, size_t count, const size_t *sizes, const char *parameter,
                  uint32_t *list_of, struct err *err)
{
    struct lightgbm_feature features[FEATURES_MAX];
    struct lightgbm_text word, rest = {infos, strlen(infos)};
    size_t feature_count = 0;
    while (lightgbm_text_word(&rest, &word))
        assert_true(lightgbm_feature_read(&features[feature_count++], word, err));
    return lightgbm_match(features, feature_count, sizes, count,
                          (struct lightgbm_text){parameter, strlen(parameter)}, list_of, err);
}

static const struct {
    const char *infos, *parameter;
    size_t count, sizes[3];
    uint32_t list_of[4];
} told[] = {
    {"[0:1] 0:1 [0.5:2] -1:0:2", "", 2, {2, 3}, {NO, 0, NO, 1}},
    {"[0:1] 0:1 none 0:2", "1,2,3", 3, {2, 1, 3}, {NO, 0, 1, 2}},
    /* an ordered column is whole numbers to LightGBM */
    {"[0.5:1] 1:0 [0:3] [-1:2]", "1", 2, {2, 4}, {NO, 0, 1, NO}},
    {"[0:3] 1:0 [0:9] [0:2.5]", "", 2, {4, 2}, {0, 1, NO, NO}},
    /* a column of codes that is no category column of the table */
    {"0:1:7 0:1:2 [0.1:1] [0.2:1]", "0,1", 1, {3}, {NO, 0, NO, NO}},
    {"none 0:1 [0.5:1] [0.5:2]", "", 2, {1, 2}, {0, 1, NO, NO}},
    {"[1.5:2] [0.5:3] 0 [0:1]", "", 0, {0}, {NO, NO, NO, NO}},
    {"0:1 [0.5:1] none 3:5", "0,3", 0, {0}, {NO, NO, NO, NO}},
    /* the parameter is not believed where the data says otherwise */
    {"0:1 [0.5:9] [0.5:1] [0.5:2]", "1", 1, {2}, {0, NO, NO, NO}},
};

static void features_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        uint32_t list_of[FEATURES_MAX];
        struct err err = ERR_INIT;
        if (!match(told[i].infos, told[i].count, told[i].sizes, told[i].parameter, list_of, &err))
            fail_msg("%zu: %s", i, err.text);
        if (memcmp(list_of, told[i].list_of, sizeof told[i].list_of) != 0)
            fail_msg("%zu: other features", i);
    }
}

static void doubt_is_no_guess(void **state)
{
    (void)state;
    static const struct {
        const char *infos;
        size_t count, sizes[3];
    } cases[] = {
        {"none none 0:1", 2, {1, 2}},      /* either of two that were never used */
        {"[0:2] [0:2] 0:1", 2, {3, 2}},    /* either of two that may be ordered */
        {"0:1 0:1 [0.5:1]", 1, {2}},       /* either of two with codes */
        {"0:1:5 [0.5:1] [0.5:1]", 1, {3}}, /* none: a code beyond the list */
        {"0:1 [0.5:1]", 3, {2, 2, 2}},     /* more lists than can be */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t list_of[FEATURES_MAX];
        struct err err = ERR_INIT;
        if (match(cases[i].infos, cases[i].count, cases[i].sizes, "", list_of, &err))
            fail_msg("%zu is taken for certain", i);
        assert_non_null(strstr(err.text, "cannot be told"));
    }
}

static void infos_are_judged(void **state)
{
    (void)state;
    static const char *const wrong[] = {"[1:2", "[12]", "[a:1]", "[1:nan]", "1:a",
                                        ":1",   "1::2", "x",     "",        "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct lightgbm_feature feature;
        struct err err = ERR_INIT;
        if (lightgbm_feature_read(&feature, (struct lightgbm_text){wrong[i], strlen(wrong[i])},
                                  &err))
            fail_msg("'%s' is accepted", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_found),
        cmocka_unit_test(doubt_is_no_guess),
        cmocka_unit_test(infos_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
