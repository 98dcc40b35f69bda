/* Members of a document are put in the place of its own; all else stays byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/sidecar.h"
#include "codec/json.h"

static void check(const char *text, const char *golden, const char *baseline, const char *expected)
{
    struct buf out = BUF_INIT;
    struct err err = ERR_INIT;
    struct json *root = NULL;
    assert_true(json_parse(text, strlen(text), &root, &err));
    json_free(root);
    assert_true(sidecar_splice(text, strlen(text), golden, baseline, &out, &err));
    assert_string_equal(buf_text(&out), expected);
    assert_true(json_parse_document(buf_text(&out), out.length, &root, &err));
    json_free(root);
    buf_finish(&out);
}

static void members_are_added(void **state)
{
    (void)state;
    check("{}", "1", "2", "{\n \"golden\": 1,\n \"baseline\": 2\n}\n");
    check("{\"a\": 1}", "1", NULL, "{\"a\": 1,\n \"golden\": 1\n}\n");
    check("{\"a\": 1}", NULL, "2", "{\"a\": 1,\n \"baseline\": 2\n}\n");
    check(" {\n \"a\" : [1,{\"b\":2}] ,\n \"c\":{}\n}\n\n", "1", NULL,
          "{\n \"a\" : [1,{\"b\":2}],\n \"c\":{},\n \"golden\": 1\n}\n");
}

static void members_are_replaced(void **state)
{
    (void)state;
    check("{\"golden\": {\"rows\": [1, 2]}}", "1", NULL, "{\n \"golden\": 1\n}\n");
    check("{\"golden\":0,\"a\":1}", "1", NULL, "{\"a\":1,\n \"golden\": 1\n}\n");
    check("{\"a\":1,\"golden\" :[],\"b\":2}", "1", NULL, "{\"a\":1,\"b\":2,\n \"golden\": 1\n}\n");
    check("{\"a\":1,\"baseline\":{},\"golden\":{}}", "1", "2",
          "{\"a\":1,\n \"golden\": 1,\n \"baseline\": 2\n}\n");
    check("{\"baseline\":{},\"golden\":3}", NULL, "2", "{\"golden\":3,\n \"baseline\": 2\n}\n");
}

static void only_members_of_the_document_count(void **state)
{
    (void)state;
    check("{\"a\":{\"golden\":1},\"b\":\"golden\",\"goldens\":2}", "1", NULL,
          "{\"a\":{\"golden\":1},\"b\":\"golden\",\"goldens\":2,\n \"golden\": 1\n}\n");
    check("{\"a\":\"x\\\"},\\\\\",\"golden\":\"}]\\\\\",\"c\":\"{\"}", "1", NULL,
          "{\"a\":\"x\\\"},\\\\\",\"c\":\"{\",\n \"golden\": 1\n}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_added),
        cmocka_unit_test(members_are_replaced),
        cmocka_unit_test(only_members_of_the_document_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
