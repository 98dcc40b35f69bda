/* Which file of a bundle is the model, and what is said about those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "formats/format.h"

#define FILE_OF(name_, bytes_)                                    \
    {                                                             \
        .name = name_, .data = bytes_, .size = sizeof(bytes_) - 1 \
    }

static const char document[] =
    " {\"inputs\": [{\"name\": \"format\"}], \"model\": {\"op\": \"linear_regression\", \"coef_\": "
    "[2]},\n \"format\" : \"omen/1\"}";

static void the_model_is_found_among_others(void **state)
{
    (void)state;
    const struct format_file files[] = {
        FILE_OF("README", "read me"),
        FILE_OF("notes.json", "{\"format\": 1, \"about\": \"omen/1\"}"),
        FILE_OF("empty", ""),
        FILE_OF("model.pkl", "\x80\x04pickled"),
        FILE_OF("model.json", document),
    };
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (!format_load(files, 5, &artifact, &err))
        fail_msg("%s", err.text);
    assert_string_equal(artifact.format, "omen/1");
    artifact_finish(&artifact);
}

static void two_models_are_refused(void **state)
{
    (void)state;
    const struct format_file files[] = {FILE_OF("a.json", document), FILE_OF("b.json", document)};
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_false(format_load(files, 2, &artifact, &err));
    assert_string_equal(err.text, "both a.json and b.json are models; only one may be there");
    assert_null(artifact.graph);
}

static void no_model_is_refused(void **state)
{
    (void)state;
    const struct format_file files[] = {FILE_OF("a", "one"), FILE_OF("b", "")};
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_false(format_load(NULL, 0, &artifact, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(format_load(files, 1, &artifact, &err));
    assert_non_null(strstr(err.text, "a is no model that this build knows"));
    assert_false(format_load(files, 2, &artifact, &err));
    assert_non_null(strstr(err.text, "none of the 2 files"));
}

static void what_was_seen_is_told(void **state)
{
    (void)state;
    static const struct {
        struct format_file file;
        const char *part;
    } cases[] = {
        {FILE_OF("m", ""), "m is no model that this build knows: it is empty"},
        {FILE_OF("m", " \n\t"), "it is white space"},
        {FILE_OF("m", " {\"weights\": [1, 2]}"), "it is a JSON object with neither"},
        {FILE_OF("m", "[1, 2]"), "it is a JSON list"},
        {FILE_OF("m", "tree\nleaves=3\n"), "it is text, but not LightGBM's"},
        {FILE_OF("m", "a,b\n1,2\n"), "it is text"},
        {FILE_OF("m", "\x01\x02\x03\0"), "it is binary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct artifact artifact;
        struct err err = ERR_INIT;
        assert_false(format_load(&cases[i].file, 1, &artifact, &err));
        assert_int_equal(err.code, ERR_INVALID);
        if (strstr(err.text, cases[i].part) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", cases[i].part, err.text);
    }
}

static void a_file_that_is_two_things_is_refused(void **state)
{
    (void)state;
    const struct format_file file =
        FILE_OF("m", "{\"learner\": {}, \"version\": [1, 7, 0], \"format\": \"omen/1\"}");
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_false(format_load(&file, 1, &artifact, &err));
    assert_string_equal(err.text, "m looks like both omen/1 and xgboost: which one cannot be said");
}

static void foreign_files_are_named(void **state)
{
    (void)state;
    static const struct {
        struct format_file file;
        const char *part;
    } cases[] = {
        {FILE_OF("m", "\x80\x04\x95"), "m is a Python pickle, which runs code"},
        {FILE_OF("m", "\x80\x05\x95"), "tools/export-sklearn"},
        {FILE_OF("m", "ccopy_reg\n_reconstructor\n"), "save_model"},
        {FILE_OF("m", "csklearn.linear_model\nx\n\nccopy_reg\n_reconstructor"), "pickle"},
        {FILE_OF("m", "PK\x03\x04rest"), "zip archive"},
        {FILE_OF("m", "\x89HDF\r\n\x1a\n"), "HDF5"},
        {FILE_OF("m", "\x1f\x8b\x08"), "compressed"},
        {FILE_OF("m", "\x78\x9c\x08"), "compressed"},
        {FILE_OF("m", "\x93NUMPY\x01"), "NumPy"},
        {FILE_OF("m", "version https://git-lfs.github.com/spec/v1"), "git lfs pull"},
        {FILE_OF("m", "<!DOCTYPE html>"), "web page"},
        {FILE_OF("m", "\xef\xbb\xbf{\"format\": \"omen/1\"}"), "byte order mark"},
        {FILE_OF("m", "\xff\xfe{\0"), "UTF-16"},
        {FILE_OF("m", "binf\0\0"), "ends in .json or .ubj"},
        {FILE_OF("m", "CONFIG-offset:"), "memory snapshot"},
        {FILE_OF("m", "{\"oblivious_trees\":[]}"), "CatBoost"},
        {FILE_OF("m", "<?xml version=\"1.0\"?>\n<PMML version=\"4.4\">"), "PMML"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct artifact artifact;
        struct err err = ERR_INIT;
        assert_false(format_load(&cases[i].file, 1, &artifact, &err));
        assert_int_equal(err.code, ERR_UNSUPPORTED);
        if (strstr(err.text, cases[i].part) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", cases[i].part, err.text);
    }
}

static void finish_takes_nothing(void **state)
{
    (void)state;
    struct artifact artifact = {0};
    artifact_finish(NULL);
    artifact_finish(&artifact);
    assert_null(artifact.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_is_found_among_others),
        cmocka_unit_test(two_models_are_refused),
        cmocka_unit_test(no_model_is_refused),
        cmocka_unit_test(what_was_seen_is_told),
        cmocka_unit_test(a_file_that_is_two_things_is_refused),
        cmocka_unit_test(foreign_files_are_named),
        cmocka_unit_test(finish_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
