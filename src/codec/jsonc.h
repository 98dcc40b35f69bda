/* json-c's header, made to live beside ours: both have a json_type, a json_bool and a
 * json_object_get. Here json-c's are called jsonc_*; none of the three is used. */
#ifndef OMEN_CODEC_JSONC_H
#define OMEN_CODEC_JSONC_H

#define json_type jsonc_type
#define json_bool jsonc_bool
#define json_object_get jsonc_object_get
#include <json-c/json.h>
#undef json_type
#undef json_bool
#undef json_object_get

struct json;

/* json-c's getters take what they do not change without const. */
static inline struct json_object *jsonc_object_of(const struct json *value)
{
    union {
        const struct json *ours;
        struct json_object *theirs;
    } same = {.ours = value};
    return same.theirs;
}

#endif
