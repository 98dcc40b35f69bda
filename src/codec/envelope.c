#include "codec/envelope.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "codec/block.h"
#include "codec/jsonc.h"
#include "codec/parser.h"

#define MEMBER_TEXT_SIZE 512 /* a member's name, each character as a \u escape */

/* A step of a wanted place: a member by name, any member, or any element of an array. */
enum step_kind { STEP_MEMBER, STEP_ANY_MEMBER, STEP_ELEMENT };

struct step {
    enum step_kind kind;
    const char *name;
    size_t length;
};

struct place {
    struct step steps[JSON_PLACE_STEPS_MAX];
    size_t count;
};

/* The way to one array that was taken, for the tree that json-c makes meanwhile. */
struct taken {
    struct taken *next;
    bool numberless; /* the value is false by itself */
    struct json_numbers numbers;
    size_t depth;
    struct {
        const char *key; /* NULL: an element */
        size_t index;
    } way[JSON_PLACE_STEPS_MAX];
};

/* A container that is open and that places lead into. */
struct level {
    uint32_t places; /* a bit for each */
    bool array;
    size_t index;    /* of the next element */
    const char *key; /* of the value that comes next or is open */
};

/* levels[d] is the container at depth d + 1; level_of(0) is for the text's one value. */
struct walk {
    struct parser parser;
    struct arena *arena;
    const struct json_wanted *wanted;
    struct place places[JSON_PLACES_MAX];
    size_t place_count;
    struct level levels[JSON_PLACE_STEPS_MAX];
    uint32_t coming; /* places that lead to the value that comes next, or through it */
    struct taken *first, **last;
};

/* ---- Places ---- */

static const char *step_parse(const char *at, struct step *step)
{
    if (strncmp(at, "[]", 2) == 0) {
        *step = (struct step){.kind = STEP_ELEMENT};
        return at + 2;
    }
    at += *at == '.';
    size_t length = strcspn(at, ".[");
    bool any = length == 1 && *at == '*';
    *step = (struct step){
        .kind = any ? STEP_ANY_MEMBER : STEP_MEMBER,
        .name = at,
        .length = length,
    };
    return at + length;
}

static void walk_init(struct walk *walk, const struct json_wanted *wanted, struct arena *arena)
{
    walk->arena = arena;
    walk->wanted = wanted;
    walk->first = NULL;
    walk->last = &walk->first;
    walk->place_count = 0;
    while (walk->place_count < JSON_PLACES_MAX && wanted->places[walk->place_count] != NULL) {
        const char *at = wanted->places[walk->place_count];
        struct place *place = &walk->places[walk->place_count++];
        place->count = 0;
        while (*at != '\0' && place->count < JSON_PLACE_STEPS_MAX)
            at = step_parse(at, &place->steps[place->count++]);
    }
    walk->coming = (UINT32_C(1) << walk->place_count) - 1;
}

static bool key_is(const struct scan *scan, const struct step *step)
{
    if (!scan->escaped)
        return scan->length == step->length && memcmp(scan->start, step->name, step->length) == 0;
    char text[MEMBER_TEXT_SIZE];
    if (scan->length >= sizeof text)
        return false;
    return scan_unescape(scan->start, scan->length, text) == step->length &&
           memcmp(text, step->name, step->length) == 0;
}

/* Of the places that lead into this container, those that lead on to the value that comes next. */
static uint32_t places_onward(const struct walk *walk, size_t depth, bool element)
{
    const struct level *level = &walk->levels[depth - 1];
    uint32_t onward = 0;
    for (size_t i = 0; i < walk->place_count; i++) {
        const struct place *place = &walk->places[i];
        if ((level->places >> i & 1) == 0 || place->count < depth)
            continue;
        const struct step *step = &place->steps[depth - 1];
        bool leads = element ? step->kind == STEP_ELEMENT
                             : step->kind == STEP_ANY_MEMBER ||
                                   (step->kind == STEP_MEMBER && key_is(&walk->parser.scan, step));
        onward |= (uint32_t)leads << i;
    }
    return onward;
}

static bool ends_here(const struct walk *walk, size_t depth)
{
    for (size_t i = 0; i < walk->place_count; i++) {
        if ((walk->coming >> i & 1) != 0 && walk->places[i].count == depth)
            return true;
    }
    return false;
}

/* ---- Taking ---- */

static bool no_room(struct err *err)
{
    return err_set(err, ERR_MEMORY, "more numbers than a request may hold");
}

/* numbers: NULL for a value that is what json-c gets in the place of numbers. */
static bool keep(struct walk *walk, const struct json_numbers *numbers, size_t depth,
                 struct err *err)
{
    struct taken *taken = arena_alloc(walk->arena, sizeof *taken);
    if (taken == NULL)
        return no_room(err);
    taken->next = NULL;
    taken->numberless = numbers == NULL;
    if (numbers != NULL)
        taken->numbers = *numbers;
    taken->depth = depth;
    for (size_t i = 0; i < depth; i++) {
        const struct level *level = &walk->levels[i];
        taken->way[i].key = level->array ? NULL : level->key;
        taken->way[i].index = level->array ? level->index - 1 : 0;
    }
    *walk->last = taken;
    walk->last = &taken->next;
    return true;
}

/* The value that comes next stands in a wanted place, `depth` containers deep. An array of numbers
 * is taken out; json-c gets false, the smallest object it has, by which it is found again. Where
 * the value is false by itself, that is kept in mind too: of several members of one name, what was
 * met last decides. */
static bool take_value(struct walk *walk, size_t depth, struct err *err)
{
    struct parser *parser = &walk->parser;
    struct scan *scan = &parser->scan;
    const char *value = scan_skip_space(scan->at, scan->end);
    const char *after = NULL;
    struct json_numbers numbers;
    size_t room = JSON_DEPTH_MAX - scan->depth;
    const struct block_limits limits = {
        .dimensions = walk->wanted->dimensions < room ? walk->wanted->dimensions : room,
        .non_finite = walk->wanted->non_finite,
    };
    if (value < scan->end && *value == 'f')
        return keep(walk, NULL, depth, err);
    if (value >= scan->end || *value != '[' || limits.dimensions == 0)
        return true;
    switch (block_read(value, scan->end, &limits, walk->arena, &numbers, &after)) {
    case BLOCK_OTHER:
        return true;
    case BLOCK_NO_ROOM:
        return no_room(err);
    case BLOCK_TAKEN:
        break;
    }
    scan_skip_value(scan, after);
    walk->coming = 0;
    return keep(walk, &numbers, depth, err) && parser_replace(parser, value, after, "false", err) &&
           parser_count(parser, SCAN_LITERAL, err);
}

/* A name of the caller's stays as long as the request; a client's is copied. */
static const char *key_of(struct walk *walk, size_t depth)
{
    const struct scan *scan = &walk->parser.scan;
    for (size_t i = 0; i < walk->place_count; i++) {
        const struct step *step = &walk->places[i].steps[depth - 1];
        if ((walk->coming >> i & 1) != 0 && step->kind == STEP_MEMBER &&
            step->name[step->length] == '\0')
            return step->name;
    }
    char *key = arena_alloc(walk->arena, scan->length + 1);
    if (key != NULL)
        scan_unescape(scan->start, scan->length, key);
    return key;
}

static bool meet_key(struct walk *walk, struct err *err)
{
    size_t depth = walk->parser.scan.depth;
    walk->coming = 0;
    if (depth > JSON_PLACE_STEPS_MAX || walk->levels[depth - 1].places == 0)
        return true;
    walk->coming = places_onward(walk, depth, false);
    if (walk->coming == 0)
        return true;
    walk->levels[depth - 1].key = key_of(walk, depth);
    if (walk->levels[depth - 1].key == NULL)
        return no_room(err);
    return !ends_here(walk, depth) || take_value(walk, depth, err);
}

/* A value begins that is no member; depth: of the container that it stands in. */
static void meet_element(struct walk *walk, size_t depth)
{
    if (depth == 0 || depth > JSON_PLACE_STEPS_MAX || !walk->levels[depth - 1].array)
        return;
    walk->levels[depth - 1].index++;
    walk->coming = walk->levels[depth - 1].places != 0 ? places_onward(walk, depth, true) : 0;
}

static void meet_container(struct walk *walk, bool array)
{
    size_t depth = walk->parser.scan.depth;
    meet_element(walk, depth - 1);
    if (depth <= JSON_PLACE_STEPS_MAX)
        walk->levels[depth - 1] = (struct level){.places = walk->coming, .array = array};
    walk->coming = 0;
}

static bool meet(struct walk *walk, enum scan_token token, struct err *err)
{
    switch (token) {
    case SCAN_KEY:
        return meet_key(walk, err);
    case SCAN_OPEN_ARRAY:
    case SCAN_OPEN_OBJECT:
        meet_container(walk, token == SCAN_OPEN_ARRAY);
        return true;
    case SCAN_STRING:
    case SCAN_NUMBER:
    case SCAN_LITERAL:
        meet_element(walk, walk->parser.scan.depth);
        return true;
    case SCAN_CLOSE_ARRAY:
    case SCAN_CLOSE_OBJECT:
    case SCAN_END:
        return true;
    case SCAN_ERROR:
        break;
    }
    return false;
}

/* ---- The tree ---- */

/* The false that stands for it, unless a later member of the same name has taken its place.
 */
static void attach(struct json_object *value, struct taken *taken)
{
    for (size_t i = 0; i < taken->depth; i++) {
        struct json_object *inner = NULL;
        if (taken->way[i].key != NULL)
            json_object_object_get_ex(value, taken->way[i].key, &inner);
        else if (json_object_is_type(value, json_type_array))
            inner = json_object_array_get_idx(value, taken->way[i].index);
        value = inner;
    }
    if (json_object_is_type(value, json_type_boolean) && !json_object_get_boolean(value))
        json_object_set_userdata(value, taken->numberless ? NULL : &taken->numbers, NULL);
}

bool json_parse_envelope(const char *text, size_t length, const struct json_wanted *wanted,
                         struct arena *arena, struct json **root, struct err *err)
{
    struct walk walk; /* not the whole: it is large */
    struct arena_mark mark = arena_mark(arena);
    enum scan_token token = SCAN_ERROR;
    *root = NULL;
    walk_init(&walk, wanted, arena);
    bool ok = parser_init(&walk.parser, text, length, err);
    walk.parser.tree_limit = arena->limit;
    if (ok && ends_here(&walk, 0))
        ok = take_value(&walk, 0, err);
    while (ok && token != SCAN_END) {
        token = parser_next(&walk.parser, err);
        ok = meet(&walk, token, err);
    }
    ok = ok && parser_end(&walk.parser, root, err);
    for (struct taken *taken = walk.first; ok && taken != NULL; taken = taken->next)
        attach(jsonc_object_of(*root), taken);
    parser_finish(&walk.parser);
    if (!ok)
        arena_rewind(arena, mark);
    return ok;
}

const struct json_numbers *json_numbers(const struct json *value)
{
    struct json_object *object = jsonc_object_of(value);
    return json_object_is_type(object, json_type_boolean) ? json_object_get_userdata(object) : NULL;
}
