#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SEGMENTS_MAX 16

/* How exact a segment is; the smaller, the more. "{name}" may be followed by a literal ending, as
 * in "{name}:predict". */
enum segment_kind { SEGMENT_LITERAL, SEGMENT_ENDING, SEGMENT_ANY };

struct segment {
    enum segment_kind kind;
    const char *text; /* the literal, or the ending behind "}" */
    size_t length;
};

struct entry {
    struct router_route route;
    struct segment segments[SEGMENTS_MAX];
    size_t count;
};

/* Most exact first, so that the first match is the right one. */
struct router {
    struct entry *entries;
    size_t count;
};

struct slice {
    const char *text;
    size_t length;
};

struct router *router_create(void)
{
    return mem_array(1, sizeof(struct router));
}

void router_destroy(struct router *router)
{
    if (router == NULL)
        return;
    free(router->entries);
    free(router);
}

static bool segment_parse(const char *text, size_t length, struct segment *segment)
{
    *segment = (struct segment){.kind = SEGMENT_LITERAL, .text = text, .length = length};
    if (length == 0 || text[0] != '{')
        return memchr(text, '{', length) == NULL && memchr(text, '}', length) == NULL;
    const char *end = memchr(text, '}', length);
    if (end == NULL || end == text + 1)
        return false;
    segment->text = end + 1;
    segment->length = length - (size_t)(end + 1 - text);
    segment->kind = segment->length > 0 ? SEGMENT_ENDING : SEGMENT_ANY;
    return memchr(segment->text, '{', segment->length) == NULL;
}

/* Splits "/a/{b}" into its segments; "/" is one empty literal. */
static bool pattern_parse(const char *pattern, struct entry *entry, struct err *err)
{
    size_t params = 0;
    if (pattern == NULL || pattern[0] != '/')
        return err_set(err, ERR_INVALID, "a route's pattern must begin with '/'");
    for (const char *at = pattern; *at == '/';) {
        size_t length = strcspn(at + 1, "/");
        if (entry->count == SEGMENTS_MAX)
            return err_set(err, ERR_LIMIT, "route %s has more than %d segments", pattern,
                           SEGMENTS_MAX);
        struct segment *segment = &entry->segments[entry->count++];
        if (!segment_parse(at + 1, length, segment))
            return err_set(err, ERR_INVALID, "route %s: a brace is out of place", pattern);
        if (segment->kind != SEGMENT_LITERAL && ++params > ROUTER_PARAMS_MAX)
            return err_set(err, ERR_LIMIT, "route %s has more than %d names", pattern,
                           ROUTER_PARAMS_MAX);
        at += 1 + length;
    }
    return true;
}

/* Negative when a is more exact than b; 0 when both match the same paths. The texts only make the
 * order total. */
static int entry_compare(const struct entry *a, const struct entry *b)
{
    size_t count = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < count; i++) {
        const struct segment *left = &a->segments[i], *right = &b->segments[i];
        if (left->kind != right->kind)
            return (int)left->kind - (int)right->kind;
    }
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < count; i++) {
        const struct segment *left = &a->segments[i], *right = &b->segments[i];
        if (left->length != right->length) /* the longer ending is the more exact one */
            return left->length > right->length ? -1 : 1;
        int order = memcmp(left->text, right->text, left->length);
        if (order != 0)
            return order;
    }
    return 0;
}

bool router_add(struct router *router, const struct router_route *route, struct err *err)
{
    struct entry entry = {.route = *route};
    if (route->handle == NULL || (unsigned)route->method >= HTTP_OTHER)
        return err_set(err, ERR_INVALID, "a route needs a method and a handler");
    if (!pattern_parse(route->pattern, &entry, err))
        return false;
    size_t place = 0;
    for (; place < router->count; place++) {
        int order = entry_compare(&entry, &router->entries[place]);
        if (order == 0 && router->entries[place].route.method == route->method)
            return err_set(err, ERR_INVALID, "route %s %s is there twice",
                           http_method_name(route->method), route->pattern);
        if (order < 0)
            break;
    }
    struct entry *entries = mem_resize(router->entries, router->count + 1, sizeof(*entries));
    if (entries == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a route");
    router->entries = entries;
    memmove(entries + place + 1, entries + place, (router->count - place) * sizeof(*entries));
    entries[place] = entry;
    router->count++;
    return true;
}

bool router_has(const struct router *router, const struct router_route *route)
{
    struct entry entry = {.route = *route};
    struct err err = ERR_INIT;
    if (!pattern_parse(route->pattern, &entry, &err))
        return false;
    for (size_t i = 0; i < router->count; i++)
        if (router->entries[i].route.method == route->method &&
            entry_compare(&entry, &router->entries[i]) == 0)
            return true;
    return false;
}

static bool segment_match(const struct segment *segment, const char *text, size_t length)
{
    if (segment->kind == SEGMENT_LITERAL)
        return length == segment->length && memcmp(text, segment->text, length) == 0;
    if (length <= segment->length)
        return false; /* what the name stands for must not be empty */
    return memcmp(text + length - segment->length, segment->text, segment->length) == 0;
}

static bool entry_match(const struct entry *entry, const char *path, struct slice *values,
                        size_t *count)
{
    const char *at = path;
    *count = 0;
    for (size_t i = 0; i < entry->count; i++) {
        if (*at != '/')
            return false;
        size_t length = strcspn(at + 1, "/");
        const struct segment *segment = &entry->segments[i];
        if (!segment_match(segment, at + 1, length))
            return false;
        if (segment->kind != SEGMENT_LITERAL)
            values[(*count)++] = (struct slice){at + 1, length - segment->length};
        at += 1 + length;
    }
    return *at == '\0';
}

/* The first segment tells one dialect from the others, and is looked for once. */
static const struct entry *find_method(const struct router *router, enum http_method method,
                                       const char *path, struct slice *values, size_t *count)
{
    size_t first = strcspn(path + (*path == '/'), "/");
    for (size_t i = 0; i < router->count; i++) {
        const struct entry *entry = &router->entries[i];
        if (entry->route.method == method &&
            segment_match(&entry->segments[0], path + (*path == '/'), first) &&
            entry_match(entry, path, values, count))
            return entry;
    }
    return NULL;
}

static void allow_append(char *allow, size_t size, const char *name)
{
    size_t used = strlen(allow);
    const char *comma = used > 0 ? ", " : "";
    if (used + strlen(comma) + strlen(name) < size)
        snprintf(allow + used, size - used, "%s%s", comma, name);
}

static const struct entry *find_exact(const struct router *router, const char *path)
{
    struct slice values[ROUTER_PARAMS_MAX];
    size_t count;
    for (size_t i = 0; i < router->count; i++) {
        if (entry_match(&router->entries[i], path, values, &count))
            return &router->entries[i];
    }
    return NULL;
}

/* The methods of the most exact pattern: that a less exact one takes "m:predict" for a name is
 * nobody's wish. */
static bool has_method(const struct router *router, const struct entry *exact,
                       enum http_method method)
{
    for (size_t i = 0; i < router->count; i++) {
        const struct entry *entry = &router->entries[i];
        if (entry->route.method == method && entry_compare(entry, exact) == 0)
            return true;
    }
    return false;
}

static enum router_result find_allowed(const struct router *router, const char *path, char *allow,
                                       size_t allow_size)
{
    const struct entry *exact = find_exact(router, path);
    bool get = false;
    if (allow_size == 0 || exact == NULL)
        return ROUTER_NO_PATH;
    allow[0] = '\0';
    for (int method = HTTP_GET; method < HTTP_OTHER; method++) {
        bool there = has_method(router, exact, (enum http_method)method);
        get = get || (there && method == HTTP_GET);
        if (there || (method == HTTP_HEAD && get))
            allow_append(allow, allow_size, http_method_name((enum http_method)method));
    }
    return ROUTER_NO_METHOD;
}

enum router_result router_find(const struct router *router, const struct http_request *request,
                               const struct router_route **route, struct router_match *match,
                               char *allow, size_t allow_size)
{
    struct slice values[ROUTER_PARAMS_MAX];
    size_t count = 0;
    const struct entry *entry = find_method(router, request->method, request->path, values, &count);
    if (entry == NULL && request->method == HTTP_HEAD)
        entry = find_method(router, HTTP_GET, request->path, values, &count);
    if (entry == NULL)
        return find_allowed(router, request->path, allow, allow_size);
    *match = (struct router_match){.count = count};
    for (size_t i = 0; i < count; i++) {
        match->values[i] = arena_copy_text(request->arena, values[i].text, values[i].length);
        if (match->values[i] == NULL)
            return ROUTER_NO_PATH; /* the arena's limit is passed: a name that long has no handler
                                    */
    }
    *route = &entry->route;
    return ROUTER_FOUND;
}

void router_each(const struct router *router,
                 void (*take)(void *context, const struct router_route *route), void *context)
{
    for (size_t i = 0; i < router->count; i++)
        take(context, &router->entries[i].route);
}
