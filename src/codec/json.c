#include "codec/json.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "codec/jsonc.h"
#include "codec/parser.h"
#include "codec/scan.h"

/* ---- json-c's tokener: one per thread, because making one costs more than a small request ---- */

static pthread_once_t tokener_once = PTHREAD_ONCE_INIT;
static pthread_key_t tokener_key;
static bool tokener_key_made;

static void tokener_free(void *tokener)
{
    json_tokener_free(tokener);
}

static void tokener_key_create(void)
{
    tokener_key_made = pthread_key_create(&tokener_key, tokener_free) == 0;
}

/* The calling thread's, ready for a new text; freed when the thread ends. */
static struct json_tokener *tokener_get(void)
{
    pthread_once(&tokener_once, tokener_key_create);
    if (!tokener_key_made)
        return NULL;
    struct json_tokener *tokener = pthread_getspecific(tokener_key);
    if (tokener != NULL)
        return tokener;
    /* A scalar takes a level of json-c's count too. The limit is the scanner's. */
    tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
    if (tokener == NULL)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    if (pthread_setspecific(tokener_key, tokener) != 0) {
        json_tokener_free(tokener);
        return NULL;
    }
    return tokener;
}

void json_thread_finish(void)
{
    pthread_once(&tokener_once, tokener_key_create);
    if (!tokener_key_made)
        return;
    struct json_tokener *tokener = pthread_getspecific(tokener_key);
    if (tokener == NULL)
        return;
    json_tokener_free(tokener);
    pthread_setspecific(tokener_key, NULL);
}

/* ---- Scanner and json-c, side by side ---- */

bool parser_init(struct parser *parser, const char *text, size_t length, struct err *err)
{
    parser->root = NULL;
    parser->tokener = NULL;
    parser->fed = text;
    parser->complete = false;
    parser->tree_limit = 0;
    parser->tree_bytes = 0;
    parser->pending_length = 0;
    if (length > INT_MAX) /* what json-c can count */
        return err_set(err, ERR_LIMIT, "a JSON text of more than %d bytes", INT_MAX);
    parser->tokener = tokener_get();
    if (parser->tokener == NULL)
        return err_set(err, ERR_MEMORY, "no memory to read JSON");
    scan_init(&parser->scan, text, length);
    return true;
}

void parser_finish(struct parser *parser)
{
    json_object_put(parser->root);
    parser->root = NULL;
    if (parser->tokener != NULL)
        json_tokener_reset(parser->tokener);
}

static bool feed_now(struct parser *parser, const char *text, size_t length, struct err *err)
{
    struct json_object *root = json_tokener_parse_ex(parser->tokener, text, (int)length);
    enum json_tokener_error error = json_tokener_get_error(parser->tokener);
    if (error == json_tokener_success) {
        parser->root = root;
        parser->complete = true;
        return true;
    }
    if (error == json_tokener_continue)
        return true;
    return err_set(err, ERR_INVALID, "not valid JSON: %s", json_tokener_error_desc(error));
}

static bool feed_pending(struct parser *parser, struct err *err)
{
    size_t length = parser->pending_length;
    parser->pending_length = 0;
    return length == 0 || feed_now(parser, parser->pending, length, err);
}

/* Each call of json-c makes a locale of its own, so that small pieces are collected. */
static bool feed(struct parser *parser, const char *text, size_t length, struct err *err)
{
    if (length > sizeof parser->pending - parser->pending_length && !feed_pending(parser, err))
        return false;
    if (length > sizeof parser->pending)
        return feed_now(parser, text, length, err);
    if (length > 0)
        memcpy(parser->pending + parser->pending_length, text, length);
    parser->pending_length += length;
    return true;
}

bool parser_replace(struct parser *parser, const char *from, const char *to,
                    const char *replacement, struct err *err)
{
    if (!feed(parser, parser->fed, (size_t)(from - parser->fed), err))
        return false;
    parser->fed = to;
    return feed(parser, replacement, strlen(replacement), err);
}

/* json-c clamps integers beyond 64 bits and forgets the sign of -0. With an exponent behind them it
 * reads them as the doubles they are. */
static bool integer_needs_exponent(const struct scan *scan)
{
    if (!scan->integral)
        return false;
    bool negative = *scan->start == '-';
    const char *digits = scan->start + negative;
    size_t count = scan->length - negative;
    if (count < 19)
        return negative && *digits == '0';
    const char *most = negative ? "9223372036854775808" : "9223372036854775807";
    return count > 19 || memcmp(digits, most, 19) > 0;
}

/* What json-c takes for a token, about (measured with 0.16): "{}" becomes 760 bytes. */
static size_t token_bytes(enum scan_token token, size_t length)
{
    switch (token) {
    case SCAN_OPEN_OBJECT:
        return 760;
    case SCAN_OPEN_ARRAY:
        return 150;
    case SCAN_KEY:
    case SCAN_STRING:
    case SCAN_NUMBER:
        return 90 + length;
    case SCAN_LITERAL:
        return 48;
    case SCAN_CLOSE_OBJECT:
    case SCAN_CLOSE_ARRAY:
    case SCAN_ERROR:
    case SCAN_END:
        break;
    }
    return 0;
}

/* json-c has seen at most what was replaced so far: the tree is not there yet when it is refused.
 */
static bool tree_fits(struct parser *parser, enum scan_token token, size_t length, struct err *err)
{
    if (parser->tree_limit == 0)
        return true;
    parser->tree_bytes += token_bytes(token, length);
    return parser->tree_bytes <= parser->tree_limit ||
           err_set(err, ERR_MEMORY, "more values than a request may hold");
}

bool parser_count(struct parser *parser, enum scan_token token, struct err *err)
{
    return tree_fits(parser, token, 0, err);
}

enum scan_token parser_next(struct parser *parser, struct err *err)
{
    enum scan_token token = scan_next(&parser->scan);
    if (token != SCAN_ERROR && !tree_fits(parser, token, parser->scan.length, err))
        return SCAN_ERROR;
    if (token == SCAN_ERROR)
        scan_fail(&parser->scan, err);
    else if (token == SCAN_NUMBER && integer_needs_exponent(&parser->scan) &&
             !parser_replace(parser, parser->scan.at, parser->scan.at, "e0", err))
        token = SCAN_ERROR;
    return token;
}

bool parser_end(struct parser *parser, struct json **root, struct err *err)
{
    if (!feed(parser, parser->fed, (size_t)(parser->scan.end - parser->fed), err) ||
        !feed_pending(parser, err))
        return false;
    /* A number at the top has its end only when json-c sees the NUL. */
    if (!parser->complete && !feed_now(parser, "", 1, err))
        return false;
    if (!parser->complete)
        return err_set(err, ERR_INVALID, "not valid JSON: it ends too early");
    *root = (struct json *)parser->root;
    parser->root = NULL;
    return true;
}

bool json_parse(const char *text, size_t length, struct json **root, struct err *err)
{
    struct parser parser;
    *root = NULL;
    bool ok = parser_init(&parser, text, length, err);
    while (ok) {
        enum scan_token token = parser_next(&parser, err);
        ok = token != SCAN_ERROR;
        if (token == SCAN_END)
            break;
    }
    ok = ok && parser_end(&parser, root, err);
    parser_finish(&parser);
    return ok;
}

void json_free(struct json *root)
{
    json_object_put(jsonc_object_of(root));
}

/* ---- The tree ---- */

enum json_type json_type(const struct json *value)
{
    switch (json_object_get_type(jsonc_object_of(value))) {
    case json_type_boolean: /* the one of an envelope carries its numbers */
        return json_object_get_userdata(jsonc_object_of(value)) == NULL ? JSON_BOOL : JSON_NUMBERS;
    case json_type_double:
    case json_type_int:
        return JSON_NUMBER;
    case json_type_string:
        return JSON_STRING;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_object:
        return JSON_OBJECT;
    case json_type_null:
        break;
    }
    return JSON_NULL;
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",        [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string",  [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
        [JSON_NUMBERS] = "an array",
    };
    return (size_t)type < sizeof names / sizeof names[0] ? names[type] : "something else";
}

/* json-c converts between types, writes into the value for it, or asserts. These getters answer
 * for the right type only and are harmless for any other. */

bool json_bool(const struct json *value)
{
    return json_type(value) == JSON_BOOL && json_object_get_boolean(jsonc_object_of(value)) != 0;
}

double json_number(const struct json *value)
{
    return json_type(value) == JSON_NUMBER ? json_object_get_double(jsonc_object_of(value)) : NAN;
}

bool json_integer(const struct json *value, int64_t *integer)
{
    struct json_object *object = jsonc_object_of(value);
    if (json_object_is_type(object, json_type_int)) {
        *integer = json_object_get_int64(object);
        return true;
    }
    /* "-0" went to json-c as "-0e0"; json-c keeps the text of a double beside it. */
    if (!json_object_is_type(object, json_type_double))
        return false;
    const char *text = json_object_get_userdata(object);
    *integer = 0;
    return text != NULL && strcmp(text, "-0e0") == 0;
}

const char *json_string(const struct json *value, size_t *length)
{
    struct json_object *object = jsonc_object_of(value);
    bool is_string = json_type(value) == JSON_STRING;
    if (length != NULL)
        *length = is_string ? (size_t)json_object_get_string_len(object) : 0;
    return is_string ? json_object_get_string(object) : "";
}

size_t json_array_length(const struct json *value)
{
    return json_type(value) == JSON_ARRAY ? json_object_array_length(jsonc_object_of(value)) : 0;
}

const struct json *json_array_at(const struct json *value, size_t index)
{
    if (json_type(value) != JSON_ARRAY)
        return NULL;
    return (const struct json *)json_object_array_get_idx(jsonc_object_of(value), index);
}

const struct json *json_object_member(const struct json *value, const char *key, bool *found)
{
    struct json_object *member = NULL;
    bool there = json_object_object_get_ex(jsonc_object_of(value), key, &member) != 0;
    if (found != NULL)
        *found = there;
    return (const struct json *)member;
}

size_t json_object_size(const struct json *value)
{
    return json_type(value) == JSON_OBJECT
               ? (size_t)json_object_object_length(jsonc_object_of(value))
               : 0;
}

struct json_iterator json_begin(const struct json *object)
{
    struct json_iterator iterator = {0};
    if (json_type(object) == JSON_OBJECT)
        iterator.entry = json_object_get_object(jsonc_object_of(object))->head;
    return iterator;
}

bool json_next(struct json_iterator *iterator)
{
    const struct lh_entry *entry = iterator->entry;
    if (entry == NULL)
        return false;
    iterator->key = lh_entry_k(entry);
    iterator->key_length = strlen(iterator->key); /* the scanner lets no NUL into a key */
    iterator->value = lh_entry_v(entry);
    iterator->entry = entry->next;
    return true;
}
