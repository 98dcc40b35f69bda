#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "codec/json.h"
#include "fixture.h"
#include "protocols/openapi_model.h"

static struct fixture fixture;
static struct json *document;

static void read_document(void)
{
    struct err err = ERR_INIT;
    json_free(document);
    assert_int_equal(fixture_request(&fixture, HTTP_GET, "/openapi.json", "", "", 0), 200);
    const struct buf *body = &fixture.response.body;
    if (!json_parse(body->data, body->length, &document, &err))
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    (void)state;
    return fixture_open(&fixture, 0) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    json_free(document);
    fixture_close(&fixture);
    json_thread_finish();
    return 0;
}

/* A member of a member ...; the last name is NULL. */
static const struct json *look(const struct json *at, ...)
{
    va_list names;
    const char *name;
    bool found = true;
    va_start(names, at);
    while (found && (name = va_arg(names, const char *)) != NULL)
        at = json_object_get(at, name, &found);
    va_end(names);
    if (!found)
        fail_msg("no member %s", name);
    return at;
}

static const struct json *schema(const char *name)
{
    return look(document, "components", "schemas", name, NULL);
}

static bool has(const struct json *object, const char *name)
{
    bool found;
    json_object_get(object, name, &found);
    return found;
}

static const char *text(const struct json *value)
{
    assert_int_equal(json_type(value), JSON_STRING);
    return json_string(value, &(size_t){0});
}

static void test_fields(void **state)
{
    (void)state;
    read_document();
    const struct json *row = schema("people.row");
    const struct json *age = look(row, "properties", "age", NULL);
    assert_string_equal(text(look(age, "type", NULL)), "number");
    assert_true(json_number(look(age, "minimum", NULL)) == 0);
    assert_true(json_number(look(age, "maximum", NULL)) == 150);
    const struct json *sex = look(row, "properties", "sex", "enum", NULL);
    assert_int_equal(json_array_length(sex), 2);
    assert_string_equal(text(json_array_at(sex, 1)), "male");
    const struct json *class = look(row, "properties", "class", "enum", NULL);
    assert_int_equal(json_array_length(class), 6); /* 1, "1", 2, "2", 3, "3" */
    assert_true(json_number(json_array_at(class, 0)) == 1);
    assert_string_equal(text(json_array_at(class, 1)), "1");
    const struct json *fare = look(row, "properties", "fare", NULL);
    assert_string_equal(text(json_array_at(look(fare, "type", NULL), 1)), "null");
    assert_string_equal(text(look(fare, "x-on-missing", NULL)), "zero");
    const struct json *required = look(row, "required", NULL);
    assert_int_equal(json_array_length(required), 3);
    assert_string_equal(text(json_array_at(required, 2)), "class");
    assert_false(json_bool(look(row, "additionalProperties", NULL)));
    const struct json *list = schema("people.list");
    assert_true(json_number(look(list, "minItems", NULL)) == 4);
    assert_int_equal(json_array_length(look(list, "prefixItems", NULL)), 4);
}

static void test_outputs(void **state)
{
    (void)state;
    read_document();
    const struct json *output = look(schema("flowers.output"), "enum", NULL);
    assert_string_equal(text(json_array_at(output, 0)), "prediction");
    assert_string_equal(text(json_array_at(output, 1)), "label");
    const struct json *prediction =
        look(schema("flowers.answers"), "properties", "prediction", NULL);
    const struct json *labels =
        look(json_array_at(look(prediction, "anyOf", NULL), 0), "enum", NULL);
    assert_int_equal(json_array_length(labels), 4); /* and null */
    assert_string_equal(text(json_array_at(labels, 2)), "none");
    assert_false(json_bool(look(schema("flowers.answers"), "additionalProperties", NULL)));
}

/* Without golden rows: what the schema takes. */
static void test_an_example_is_answered(void **state)
{
    static const char *const models[] = {"flowers", "people", "double", "line"};
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        char path[64];
        struct buf body = BUF_INIT;
        read_document();
        snprintf(path, sizeof path, "/predict/%s", models[i]);
        const struct json *media = look(document, "paths", path, "post", "requestBody", "content",
                                        "application/json", "examples", NULL);
        assert_int_equal(json_object_size(media), 2);
        const struct json *row = look(media, "by name", "value", "input", NULL);
        buf_put_text(&body, "{\"input\":{");
        for (struct json_iterator it = json_begin(row); json_next(&it);) {
            buf_printf(&body, "%s\"%s\":", body.length > 10 ? "," : "", it.key);
            if (json_type(it.value) == JSON_NUMBER)
                json_write_number(&body, json_number(it.value));
            else
                json_write_string(&body, text(it.value), strlen(text(it.value)));
        }
        buf_put_text(&body, "}}");
        assert_int_equal(fixture_request(&fixture, HTTP_POST, path, "", body.data, body.length),
                         200);
        buf_finish(&body);
    }
}

static void test_the_newest_version_speaks(void **state)
{
    (void)state;
    read_document();
    const struct json *models = look(document, "x-models", NULL);
    assert_int_equal(json_array_length(models), 4);
    const struct json *first = json_array_at(models, 0);
    assert_string_equal(text(look(first, "name", NULL)), "double");
    assert_string_equal(text(look(first, "version", NULL)), "2");
    assert_string_equal(text(look(first, "example", NULL)), "made up");
}

static void write_model(const char *path, const char *content)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_new_models_make_a_new_document(void **state)
{
    char path[128];
    (void)state;
    read_document();
    snprintf(path, sizeof path, "%s/a+b.json", fixture.directory);
    write_model(path, "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\",\"min\":0,\"max\":9,"
                      "\"on_out_of_range\":\"clip\",\"on_missing\":{\"replace\":3}},"
                      "{\"name\":\"t\",\"type\":\"category\",\"values\":[\"true\",\"no\"],"
                      "\"on_unknown\":\"zero\"}],"
                      "\"steps\":[{\"op\":\"one_hot_encoder\",\"columns\":[\"t\"],"
                      "\"categories_\":[[\"true\",\"no\"]]}],"
                      "\"model\":{\"op\":\"linear_regression\",\"coef_\":[1,2,3]},"
                      "\"golden\":{\"rows\":[{\"in\":[4,\"no\"],\"out\":{\"value\":7}}]}}");
    assert_true(registry_scan(fixture.registry, NULL));
    read_document();
    const struct json *row = schema("a_plus_b.row");
    const struct json *x = look(row, "properties", "x", NULL);
    assert_false(has(x, "minimum")); /* not enforced */
    assert_true(json_number(look(x, "x-maximum", NULL)) == 9);
    assert_true(json_number(look(x, "default", NULL)) == 3);
    assert_false(has(look(row, "properties", "t", NULL), "enum"));
    assert_int_equal(json_array_length(look(row, "properties", "t", "x-words", NULL)), 2);
    const struct json *post = look(document, "paths", "/predict/a+b", "post", NULL);
    assert_string_equal(text(look(post, "x-model", NULL)), "a+b");
    const struct json *answer = look(post, "responses", "200", "content", "application/json", NULL);
    assert_true(json_number(look(answer, "example", "prediction", NULL)) == 7);
    assert_int_equal(remove(path), 0);
    assert_true(registry_scan(fixture.registry, NULL));
    read_document();
    assert_false(has(look(document, "paths", NULL), "/predict/a+b"));
}

static void write_wide_model(const char *path, size_t width)
{
    struct buf content = BUF_INIT;
    buf_put_text(&content, "{\"format\":\"omen/1\",\"inputs\":[");
    for (size_t i = 0; i < width; i++)
        buf_printf(&content, "%s{\"name\":\"f%zu\"}", i > 0 ? "," : "", i);
    buf_put_text(&content, "],\"model\":{\"op\":\"linear_regression\",\"coef_\":[");
    for (size_t i = 0; i < width; i++)
        buf_put_text(&content, i > 0 ? ",1" : "1");
    buf_put_text(&content, "]}}");
    write_model(path, buf_text(&content));
    buf_finish(&content);
}

static void test_a_wide_model_is_described_in_short(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/wide.json", fixture.directory);
    write_wide_model(path, OPENAPI_MODEL_FIELDS_MAX + 1);
    assert_true(registry_scan(fixture.registry, NULL));
    read_document();
    assert_false(has(schema("wide.row"), "properties"));
    assert_true(json_number(look(schema("wide.list"), "minItems", NULL)) ==
                OPENAPI_MODEL_FIELDS_MAX + 1);
    const struct json *media = look(document, "paths", "/predict/wide", "post", "requestBody",
                                    "content", "application/json", NULL);
    assert_false(has(media, "examples"));
    write_wide_model(path, OPENAPI_MODEL_FIELDS_MAX);
    assert_true(registry_scan(fixture.registry, NULL));
    read_document();
    assert_int_equal(json_object_size(look(schema("wide.row"), "properties", NULL)),
                     OPENAPI_MODEL_FIELDS_MAX);
    assert_int_equal(remove(path), 0);
    assert_true(registry_scan(fixture.registry, NULL));
}

static void test_the_budget(void **state)
{
    struct openapi_budget budget = {.fields = 5, .words = 100};
    struct openapi_model about;
    (void)state;
    struct model *model = registry_acquire(fixture.registry, "people", NULL, NULL);
    openapi_model_init(&about, model, &budget);
    assert_true(about.has_fields && about.has_words);
    assert_int_equal(budget.fields, 1);
    assert_int_equal(budget.words, 95);
    openapi_model_init(&about, model, &budget);
    assert_false(about.has_fields || about.has_words);
    assert_int_equal(budget.fields, 1);
    assert_true(openapi_model_has(&about, "row"));
    assert_false(openapi_model_has(&about, "example.row"));
    registry_release(fixture.registry, model);
}

static void test_the_page(void **state)
{
    static const char *const paths[] = {"/docs", "/docs/page.css", "/docs/page.js"};
    static const char *const types[] = {"text/html", "text/css", "text/javascript"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(fixture_request(&fixture, HTTP_GET, paths[i], "", "", 0), 200);
        assert_non_null(strstr(fixture.response.content_type, types[i]));
        const char *headers = buf_text(&fixture.response.headers);
        assert_non_null(strstr(headers, "Content-Security-Policy: default-src 'none'; "));
        assert_null(strstr(headers, "unsafe"));
        assert_true(fixture.response.body.length > 1000);
    }
    assert_int_equal(fixture_request(&fixture, HTTP_POST, "/docs", "", "", 0), 405);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_an_example_is_answered),
        cmocka_unit_test(test_the_newest_version_speaks),
        cmocka_unit_test(test_new_models_make_a_new_document),
        cmocka_unit_test(test_a_wide_model_is_described_in_short),
        cmocka_unit_test(test_the_budget),
        cmocka_unit_test(test_the_page),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
