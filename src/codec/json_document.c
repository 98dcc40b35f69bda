/* json_parse_document: json_parse, with duplicate keys refused by name and place. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/json.h"
#include "codec/jsonc.h"
#include "codec/parser.h"

#define PLACE_TEXT_SIZE 200

/* The open containers, outermost first: level 0 is what holds the top value. */
struct level {
    struct json_object *seen; /* the keys so far; NULL for an array */
    char *key;                /* the last one */
    size_t index;             /* of the current element */
};

struct watch {
    struct level levels[JSON_DEPTH_MAX];
    size_t depth;
};

static void level_finish(struct level *level)
{
    json_object_put(level->seen);
    free(level->key);
    *level = (struct level){0};
}

static bool refuse_duplicate(const struct watch *watch, struct err *err)
{
    struct json_place places[JSON_DEPTH_MAX + 1] = {0};
    char text[PLACE_TEXT_SIZE];
    for (size_t i = 0; i < watch->depth; i++) {
        places[i + 1].parent = &places[i];
        places[i + 1].key = watch->levels[i].seen != NULL ? watch->levels[i].key : NULL;
        places[i + 1].index = watch->levels[i].index;
    }
    json_place_format(&places[watch->depth], text, sizeof text);
    return err_set(err, ERR_INVALID, "%s: the key is there twice", text);
}

static bool watch_key(struct watch *watch, const struct scan *scan, struct err *err)
{
    struct level *level = &watch->levels[watch->depth - 1];
    free(level->key);
    level->key = mem_array(scan->length + 1, 1);
    if (level->key == NULL)
        return err_set(err, ERR_MEMORY, "no memory to read JSON");
    scan_unescape(scan->start, scan->length, level->key);
    if (json_object_object_get_ex(level->seen, level->key, NULL))
        return refuse_duplicate(watch, err);
    if (json_object_object_add(level->seen, level->key, NULL) != 0)
        return err_set(err, ERR_MEMORY, "no memory to read JSON");
    return true;
}

/* A value begins: an element of the array it stands in, if it does. */
static void watch_value(struct watch *watch, bool first)
{
    if (watch->depth > 0 && watch->levels[watch->depth - 1].seen == NULL && !first)
        watch->levels[watch->depth - 1].index++;
}

static bool watch_token(struct watch *watch, enum scan_token token, bool first,
                        const struct scan *scan, struct err *err)
{
    switch (token) {
    case SCAN_KEY:
        return watch_key(watch, scan, err);
    case SCAN_OPEN_OBJECT:
    case SCAN_OPEN_ARRAY:
        watch_value(watch, first);
        watch->depth++;
        if (token == SCAN_OPEN_OBJECT) {
            watch->levels[watch->depth - 1].seen = json_object_new_object();
            if (watch->levels[watch->depth - 1].seen == NULL)
                return err_set(err, ERR_MEMORY, "no memory to read JSON");
        }
        return true;
    case SCAN_CLOSE_OBJECT:
    case SCAN_CLOSE_ARRAY:
        level_finish(&watch->levels[--watch->depth]);
        return true;
    case SCAN_STRING:
    case SCAN_NUMBER:
    case SCAN_LITERAL:
        watch_value(watch, first);
        return true;
    case SCAN_ERROR:
    case SCAN_END:
        break;
    }
    return token == SCAN_END;
}

bool json_parse_document(const char *text, size_t length, struct json **root, struct err *err)
{
    struct watch watch = {0};
    struct parser parser;
    enum scan_token token = SCAN_ERROR;
    bool first = false; /* the token before opened an array */
    *root = NULL;
    bool ok = parser_init(&parser, text, length, err);
    parser.tree_limit = JSON_DOCUMENT_MEMORY_MAX;
    while (ok && token != SCAN_END) {
        token = parser_next(&parser, err);
        if (parser.tree_bytes > parser.tree_limit)
            err_set(err, ERR_LIMIT, "more values than fit in %zu MiB, the limit of a document",
                    JSON_DOCUMENT_MEMORY_MAX >> 20);
        ok = watch_token(&watch, token, first, &parser.scan, err);
        first = token == SCAN_OPEN_ARRAY;
    }
    ok = ok && parser_end(&parser, root, err);
    while (watch.depth > 0)
        level_finish(&watch.levels[--watch.depth]);
    parser_finish(&parser);
    return ok;
}
