#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sync/manifest.h"

#define HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct plan_limits limits = {1000, 1500, 3};

static bool read_pointer(const char *models, struct catalog *catalog, struct err *err)
{
    char text[2048];
    *catalog = (struct catalog){.versions = NULL};
    snprintf(text, sizeof text, "{\"format\":\"omen-pointer/1\",\"models\":%s}", models);
    return pointer_read(text, strlen(text), catalog, err);
}

static void test_pointer(void **state)
{
    (void)state;
    struct catalog catalog;
    struct err err = ERR_INIT;
    assert_true(read_pointer("{\"b\":{\"version\":\"2\",\"manifest\":\"b/2/m\",\"sha256\":\"" HEX
                             "\"},\"a\":{\"version\":\"9\",\"manifest\":\"a/9/m\",\"sha256\":\"" HEX
                             "\"}}",
                             &catalog, &err));
    assert_int_equal(catalog.count, 2);
    assert_string_equal(catalog.versions[0].model, "a");
    assert_string_equal(catalog.versions[1].manifest.name, "b/2/m");
    assert_true(catalog.versions[1].by_pointer);
    struct buf out = BUF_INIT;
    struct catalog again = {.versions = NULL};
    pointer_write(&catalog, &out);
    assert_true(pointer_read(out.data, out.length, &again, &err));
    assert_int_equal(again.count, 2);
    assert_string_equal(again.versions[0].print, catalog.versions[0].print);
    buf_finish(&out);
    catalog_finish(&again);
    catalog_finish(&catalog);
}

static void test_pointer_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{\"a\":1}",
        "{\"..\":{\"version\":\"2\",\"manifest\":\"m\",\"sha256\":\"" HEX "\"}}",
        "{\"a/b\":{\"version\":\"2\",\"manifest\":\"m\",\"sha256\":\"" HEX "\"}}",
        "{\"a\":{\"version\":\"../2\",\"manifest\":\"m\",\"sha256\":\"" HEX "\"}}",
        "{\"a\":{\"version\":\"current\",\"manifest\":\"m\",\"sha256\":\"" HEX "\"}}",
        "{\"a\":{\"version\":2,\"manifest\":\"m\",\"sha256\":\"" HEX "\"}}",
        "{\"a\":{\"version\":\"2\",\"manifest\":\"../../m\",\"sha256\":\"" HEX "\"}}",
        "{\"a\":{\"version\":\"2\",\"manifest\":\"m\",\"sha256\":\"00\"}}",
        "{\"a\":{\"version\":\"2\",\"manifest\":\"m\"}}",
        "{\"a\":{\"version\":\"2\",\"manifest\":\"m\",\"sha256\":\"" HEX
        "\"},\"a\":{\"version\":\"2\",\"manifest\":\"m\",\"sha256\":\"" HEX "\"}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct catalog catalog;
        assert_false(read_pointer(bad[i], &catalog, NULL));
        catalog_finish(&catalog);
    }
}

static bool read_manifest(const char *rest, struct plan_version *version, struct err *err)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"format\":\"omen-manifest/1\",\"model\":\"m\",\"version\":\"1\",%s}", rest);
    return manifest_read(text, strlen(text), false, INT64_C(1800000000) * 1000000000, version, err);
}

static struct plan_version make_version(void)
{
    return (struct plan_version){.model = mem_copy_text("m", 1),
                                 .version = mem_copy_text("1", 1),
                                 .by_pointer = true,
                                 .has_manifest = true};
}

#define FILE_OF(path, size) "{\"path\":\"" path "\",\"size\":" size ",\"sha256\":\"" HEX "\"}"

static void test_manifest(void **state)
{
    (void)state;
    struct plan_version version = make_version();
    struct err err = ERR_INIT;
    assert_true(read_manifest("\"serial\":7,\"expires\":\"2030-01-01T00:00:00Z\",\"files\":["
                              "{\"path\":\"b\",\"size\":5,\"sha256\":\"" HEX
                              "\",\"object\":\"blobs/x\"}," FILE_OF("a/c", "0") "]",
                              &version, &err));
    assert_true(plan_seal(&version, &limits, &err));
    assert_string_equal(version.refused, "");
    assert_int_equal(version.serial, 7);
    assert_int_equal(version.count, 2);
    assert_string_equal(version.files[0].path, "a/c");
    assert_string_equal(version.files[0].object.name, "m/1/a/c");
    assert_string_equal(version.files[1].object.name, "blobs/x");
    plan_version_finish(&version);
}

static void test_manifest_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\"files\":[]",
        "\"files\":{}",
        "\"files\":[1]",
        "\"files\":[" FILE_OF("../a", "1") "]",
        "\"files\":[" FILE_OF("/etc/passwd", "1") "]",
        "\"files\":[" FILE_OF("a\\u0000b", "1") "]",
        "\"files\":[" FILE_OF("a", "-1") "]",
        "\"files\":[" FILE_OF("a", "1.5") "]",
        "\"files\":[{\"path\":\"a\",\"size\":1}]",
        "\"files\":[{\"path\":\"a\",\"size\":1,\"sha256\":\"" HEX "\",\"object\":\"../x\"}]",
        "\"serial\":-1,\"files\":[" FILE_OF("a", "1") "]",
        "\"serial\":\"1\",\"files\":[" FILE_OF("a", "1") "]",
        "\"expires\":\"2020-01-01T00:00:00Z\",\"files\":[" FILE_OF("a", "1") "]",
        "\"expires\":7,\"files\":[" FILE_OF("a", "1") "]",
        "\"model\":\"other\",\"files\":[" FILE_OF("a", "1") "]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct plan_version version = make_version();
        assert_false(read_manifest(bad[i], &version, NULL));
        plan_version_finish(&version);
    }
}

/* Well-formed, and yet no version that may be taken. */
static void test_versions_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\"files\":[" FILE_OF("a", "1001") "]",
        "\"files\":[" FILE_OF("a", "800") "," FILE_OF("b", "800") "]",
        "\"files\":[" FILE_OF("a", "1") "," FILE_OF("b", "1") "," FILE_OF("c", "1") "," FILE_OF(
            "d", "1") "]",
        "\"files\":[" FILE_OF("a", "1") "," FILE_OF("a", "1") "]",
        "\"files\":[" FILE_OF("a", "1") "," FILE_OF("a-b", "1") "," FILE_OF("a/b", "1") "]",
        "\"files\":[" FILE_OF(".omen-sync.json", "1") "]",
        "\"files\":[" FILE_OF("a", "9223372036854775807") "," FILE_OF("b",
                                                                      "9223372036854775807") "]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct plan_version version = make_version();
        assert_true(read_manifest(bad[i], &version, NULL));
        assert_true(plan_seal(&version, &limits, NULL));
        assert_string_not_equal(version.refused, "");
        plan_version_finish(&version);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointer),          cmocka_unit_test(test_pointer_refused),
        cmocka_unit_test(test_manifest),         cmocka_unit_test(test_manifest_refused),
        cmocka_unit_test(test_versions_refused),
    };
    return cmocka_run_group_tests_name("sync/manifest", tests, NULL, NULL);
}
