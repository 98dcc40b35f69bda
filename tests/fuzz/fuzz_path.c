/* What a request line and its content type become, and the route they find.
 *
 * The input is three lines: method, raw path, content type. A path is decoded as a slow reading
 * of RFC 3986 has it, or refused; a route that is found gives the path back when its values are
 * put into its pattern, is one that matches by splitting both, and none is overlooked. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINE_MAX_BYTES 1024
#define ALLOW_SIZE 64

static struct router *router;
static struct arena arena;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void handler(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    (void)response;
}

static const struct router_route routes[] = {
    {HTTP_GET, "/", handler, NULL},
    {HTTP_GET, "/status", handler, NULL},
    {HTTP_DELETE, "/status", handler, NULL},
    {HTTP_POST, "/predict", handler, NULL},
    {HTTP_POST, "/predict/{model}", handler, NULL},
    {HTTP_PUT, "/predict/{model}", handler, NULL},
    {HTTP_POST, "/predict/{model}/{version}", handler, NULL},
    {HTTP_GET, "/v1/models/{model}", handler, NULL},
    {HTTP_GET, "/v1/models/all", handler, NULL},
    {HTTP_POST, "/v1/models/{model}:predict", handler, NULL},
    {HTTP_POST, "/v1/models/{model}/versions/{version}:predict", handler, NULL},
    {HTTP_PATCH, "/{a}/{b}/{c}/{d}", handler, NULL},
    {HTTP_OPTIONS, "/{any}", handler, NULL},
    {HTTP_GET, "/slash/", handler, NULL},
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static void close_router(void)
{
    router_destroy(router);
    arena_finish(&arena);
}

static void open_once(void)
{
    struct err err = ERR_INIT;
    if (router != NULL)
        return;
    arena_init(&arena, 0);
    router = router_create();
    check(router != NULL);
    for (size_t i = 0; i < ROUTES; i++)
        check(router_add(router, &routes[i], &err));
    atexit(close_router);
}

/* --- path ------------------------------------------------------------------------------------ */

/* One byte or escape of a raw path; -1 for a bad one. */
static int decode_one(const char *raw, size_t length, size_t *at)
{
    char digits[3] = {0};
    char *end;
    if (raw[*at] != '%')
        return (unsigned char)raw[(*at)++];
    if (length - *at < 3)
        return -1;
    memcpy(digits, raw + *at + 1, 2);
    if (strspn(digits, "0123456789abcdefABCDEF") != 2)
        return -1;
    *at += 3;
    return (int)strtol(digits, &end, 16);
}

static bool decode_slowly(const char *raw, size_t length, struct buf *out)
{
    bool ok = length > 0 && raw[0] == '/';
    for (size_t at = 0; ok && at < length;) {
        int c = decode_one(raw, length, &at);
        ok = c >= 0x20 && c != 0x7f;
        buf_put_char(out, (char)c);
    }
    return ok;
}

/* Decodes on blocks of exactly the promised sizes; NULL for a path that is refused. */
static char *decode(const char *raw, size_t length)
{
    struct buf slow = BUF_INIT;
    char *copy = malloc(length > 0 ? length : 1), *out = malloc(length + 1);
    size_t written = 0;
    check(copy != NULL && out != NULL);
    if (length > 0)
        memcpy(copy, raw, length);
    bool ok = http_path_decode(copy, length, out, &written);
    check(ok == decode_slowly(raw, length, &slow));
    if (ok)
        check(written == slow.length && memcmp(out, slow.data, written) == 0 &&
              strlen(out) == written);
    buf_finish(&slow);
    free(copy);
    if (ok)
        return out;
    free(out);
    return NULL;
}

/* --- route ----------------------------------------------------------------------------------- */

/* Does this part of the path, up to its '/', fit this part of the pattern? */
static bool fits_segment(const char *pattern, size_t size, const char *path, size_t length)
{
    if (size == 0 || pattern[0] != '{')
        return size == length && strncmp(pattern, path, size) == 0;
    const char *ending = (const char *)memchr(pattern, '}', size) + 1;
    size_t rest = size - (size_t)(ending - pattern);
    return length > rest && strncmp(path + length - rest, ending, rest) == 0;
}

static bool fits(const char *pattern, const char *path)
{
    while (*pattern == '/' && *path == '/') {
        size_t size = strcspn(++pattern, "/"), length = strcspn(++path, "/");
        if (!fits_segment(pattern, size, path, length))
            return false;
        pattern += size;
        path += length;
    }
    return *pattern == '\0' && *path == '\0';
}

static bool any_fits(enum http_method method, const char *path)
{
    for (size_t i = 0; i < ROUTES; i++)
        if (routes[i].method == method && fits(routes[i].pattern, path))
            return true;
    return false;
}

/* The pattern with the values in the places of its names. */
static void check_values(const char *pattern, const struct router_match *match, const char *path)
{
    struct buf text = BUF_INIT;
    size_t used = 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at != '{') {
            buf_put_char(&text, *at);
            continue;
        }
        check(used < match->count);
        const char *value = match->values[used++];
        check(value[0] != '\0' && strchr(value, '/') == NULL);
        buf_put_text(&text, value);
        at = strchr(at, '}');
    }
    check(used == match->count && strcmp(buf_text(&text), path) == 0);
    buf_finish(&text);
}

/* How exact a segment is: the length of what is literal in it, all of it above any ending. */
static size_t exactness(const char *segment, size_t size)
{
    return size > 0 && segment[0] == '{'
               ? size - (size_t)((const char *)memchr(segment, '}', size) + 1 - segment)
               : LINE_MAX_BYTES;
}

/* Of two patterns that fit the same path. */
static bool is_more_exact(const char *a, const char *b)
{
    while (*a == '/' && *b == '/') {
        size_t left = strcspn(a + 1, "/"), right = strcspn(b + 1, "/");
        size_t one = exactness(a + 1, left), other = exactness(b + 1, right);
        if (one != other)
            return one > other;
        a += 1 + left;
        b += 1 + right;
    }
    return false;
}

static const char *most_exact(const char *path)
{
    const char *best = NULL;
    for (size_t i = 0; i < ROUTES; i++) {
        if (fits(routes[i].pattern, path) &&
            (best == NULL || is_more_exact(routes[i].pattern, best)))
            best = routes[i].pattern;
    }
    return best;
}

static bool pattern_has(const char *pattern, enum http_method method)
{
    for (size_t i = 0; pattern != NULL && i < ROUTES; i++) {
        if (routes[i].method == method && strcmp(routes[i].pattern, pattern) == 0)
            return true;
    }
    return false;
}

/* The methods of the most exact pattern. */
static void check_allow(const char *allow, const char *path)
{
    char want[ALLOW_SIZE] = "";
    const char *pattern = most_exact(path);
    for (int i = HTTP_GET; i < HTTP_OTHER; i++) {
        enum http_method method = (enum http_method)i;
        if (!pattern_has(pattern, method == HTTP_HEAD ? HTTP_GET : method))
            continue;
        size_t used = strlen(want);
        snprintf(want + used, sizeof(want) - used, "%s%s", used > 0 ? ", " : "",
                 http_method_name(method));
    }
    check(strcmp(allow, want) == 0);
}

static void check_route(enum http_method method, const char *path)
{
    const struct router_route *route = NULL;
    struct router_match match;
    char allow[ALLOW_SIZE] = "";
    struct http_request request = {
        .method = method, .path = path, .path_length = strlen(path), .arena = &arena};
    enum router_result result = router_find(router, &request, &route, &match, allow, sizeof(allow));
    bool there = any_fits(method, path) || (method == HTTP_HEAD && any_fits(HTTP_GET, path));
    check(there == (result == ROUTER_FOUND));
    if (result == ROUTER_FOUND) {
        check(fits(route->pattern, path));
        check_values(route->pattern, &match, path);
        return;
    }
    check_allow(allow, path);
    check((result == ROUTER_NO_METHOD) == (allow[0] != '\0'));
}

/* --- content type ---------------------------------------------------------------------------- */

static void check_media_type(const char *text)
{
    const char *type = http_media_type(&arena, text);
    check(type != NULL && strlen(type) <= 128);
    check(strpbrk(type, "; \t,ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
    check(strncasecmp(type, text + strspn(text, " \t"), strlen(type)) == 0);
    const char *again = http_media_type(&arena, type);
    check(again != NULL && strcmp(again, type) == 0);
}

/* The next line and its length, as a C text on a block of its own; NULL when it is too long. */
static char *next_line(const uint8_t **data, size_t *size, size_t *length)
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    *length = end != NULL ? (size_t)(end - *data) : *size;
    char *line = *length < LINE_MAX_BYTES ? malloc(*length + 1) : NULL;
    if (line == NULL)
        return NULL;
    if (*length > 0)
        memcpy(line, *data, *length);
    line[*length] = '\0';
    size_t step = *length + (end != NULL);
    *data += step;
    *size -= step;
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length, raw_length;
    open_once();
    char *method = next_line(&data, &size, &length);
    char *raw = method != NULL ? next_line(&data, &size, &raw_length) : NULL;
    char *type = raw != NULL ? next_line(&data, &size, &length) : NULL;
    char *path = type != NULL ? decode(raw, raw_length) : NULL;
    if (path != NULL)
        check_route(http_method_parse(method), path);
    if (type != NULL)
        check_media_type(type);
    arena_reset(&arena, 4096);
    free(path);
    free(type);
    free(raw);
    free(method);
    return 0;
}
