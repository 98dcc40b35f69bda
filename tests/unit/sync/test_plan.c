#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sync/plan.h"

static const struct plan_limits limits = {1000, 1500, 10};

/* A store that has objects of these names, of a byte each, and folders. */
struct words {
    struct store store;
    const char *const *names;
};

static bool list_words(struct store *store, const char *under, store_visit_function *visit,
                       void *context, struct err *err)
{
    const struct words *words = (const struct words *)(const void *)store;
    assert_string_equal(under, "");
    for (size_t i = 0; words->names[i] != NULL; i++) {
        const char *name = words->names[i];
        size_t length = strlen(name);
        struct store_object object = {.name = name, .name_length = length, .revision = "r"};
        object.size = length > 0 && name[length - 1] != '/';
        if (!visit(context, &object, err))
            return false;
    }
    return true;
}

static const struct store_type word_store = {.lists = true, .list = list_words};

/* "MODEL VERSION: PATH PATH; ... +STRAYS", with "!" for what is refused. */
static void expect(const char *single, const char *const *names, const char *text)
{
    struct words words = {.store = {.type = &word_store}, .names = names};
    struct catalog catalog;
    struct err err = ERR_INIT;
    struct buf seen = BUF_INIT;
    if (!catalog_list(&words.store, single, &limits, &catalog, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < catalog.count; i++) {
        const struct plan_version *version = &catalog.versions[i];
        buf_printf(&seen, "%s %s%s%s%s:", version->model, version->version,
                   version->refused[0] != '\0' ? "!" : "", version->has_marker ? "*" : "",
                   version->has_manifest ? "#" : "");
        for (size_t j = 0; j < version->count; j++)
            buf_printf(&seen, " %s=%s", version->files[j].path, version->files[j].object.name);
        buf_put_text(&seen, "; ");
    }
    buf_printf(&seen, "+%zu%s", catalog.strays, catalog.has_pointer ? " pointer" : "");
    assert_string_equal(buf_text(&seen), text);
    buf_finish(&seen);
    catalog_finish(&catalog);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_many_models(void **state)
{
    (void)state;
    expect("", NAMES("a/1/m", "a/2/s/m", "README", "b/x", "c/current/m", "CURRENT"),
           "a 2: s/m=a/2/s/m; a 1: m=a/1/m; +3 pointer");
}

static void test_files_alone(void **state)
{
    (void)state;
    expect("m", NAMES("model.json"), "m 1: model.json=model.json; +0");
    expect("m", NAMES("", "data/", "data/w.bin", "model.onnx"),
           "m 1: data/w.bin=data/w.bin model.onnx=model.onnx; +0");
    expect("m", NAMES("1/2/x", "2/x", "model.json"),
           "m 1: 1/2/x=1/2/x 2/x=2/x model.json=model.json; +0");
    expect("m", NAMES("_SUCCESS", "model.json"), "m 1*: model.json=model.json; +0");
    expect("m", NAMES("model.json", "omen-manifest.json"), "m 1#: model.json=model.json; +0");
    expect("m", NAMES("CURRENT", "model.json"), "m 1: model.json=model.json; +0 pointer");
}

static void test_versions_of_one(void **state)
{
    (void)state;
    expect("m", NAMES("10/m", "9/m", "9/s/x", "plots/p.png"),
           "m 10: m=10/m; m 9: m=9/m s/x=9/s/x; +1");
    expect("m", NAMES("1/_SUCCESS", "1/m", "_SUCCESS", ".hidden"), "m 1*: m=1/m; +2");
}

static void test_names_that_are_there_stay(void **state)
{
    (void)state;
    expect("m", NAMES("a/1/x", "3d/1/x", "_SUCCESS"), "3d 1: x=3d/1/x; a 1: x=a/1/x; +1");
    expect("m", NAMES("CURRENT"), "+0 pointer");
    expect("m", (const char *const[]){NULL}, "+0");
}

static void test_hostile_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"../x", "/x", "a//x", "a/../x", "a\\x", "a\nx", "x/.."};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect("m", NAMES(bad[i], "model.json"), "m 1!: model.json=model.json; +0");
    expect("m", NAMES(".omen-sync.json", "x"), "m 1!: .omen-sync.json=.omen-sync.json x=x; +0");
    expect("m", NAMES("a", "a/b"), "m 1!: a=a a/b=a/b; +0");
    expect("m", NAMES("..", "../../x", "/x"), "+3");
    expect("m", NAMES("1/../../x", "1/m"), "m 1!: m=1/m; +0");
}

static void test_limits(void **state)
{
    (void)state;
    expect("m", NAMES("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"),
           "m 1!: a=a b=b c=c d=d e=e f=f g=g h=h i=i j=j k=k; +0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_models),     cmocka_unit_test(test_files_alone),
        cmocka_unit_test(test_versions_of_one), cmocka_unit_test(test_names_that_are_there_stay),
        cmocka_unit_test(test_hostile_names),   cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
