/* What a notation does for codec/reader: JSON in reader_json.c, UBJSON in reader_ubjson.c. */
#ifndef OMEN_CODEC_READER_SOURCE_H
#define OMEN_CODEC_READER_SOURCE_H

#include "codec/reader.h"
#include "codec/scan.h"

#define READER_DEPTH_MAX 64 /* no trainer's file comes near */

/* An open container of a UBJSON text. */
struct ubjson_frame {
    bool object;
    bool counted; /* `left` values are to come, and there is no closing bracket */
    char type;    /* of all values, which have no marker of their own; 0: each has one */
    uint64_t left;
};

struct reader {
    const struct reader_source *source;
    const char *text, *at, *end; /* JSON keeps its place in `scan` */
    const char *kept;            /* of a mapped document, what is before it takes no memory */
    struct err *err;
    bool failed;
    char *unescaped; /* the last text that had escapes */
    size_t unescaped_size;
    struct scan scan;
    enum scan_token token; /* the next one, if `looked` */
    bool looked;
    struct ubjson_frame frames[READER_DEPTH_MAX];
    size_t depth;
};

/* Each is called on a reader that did not fail. Those that read a value are called when one is due,
 * and refuse one of another type. */
struct reader_source {
    void (*start)(struct reader *reader);
    enum reader_type (*peek)(struct reader *reader);
    bool (*open)(struct reader *reader, bool object);
    /* Leaves the container, and returns false, if there is no more in it. */
    bool (*next_key)(struct reader *reader, struct reader_text *key);
    bool (*next_item)(struct reader *reader);
    bool (*text)(struct reader *reader, struct reader_text *text);
    bool (*number)(struct reader *reader, double *number);
    bool (*single)(struct reader *reader, float *number);
    bool (*integer)(struct reader *reader, int64_t *number);
    bool (*singles)(struct reader *reader, struct reader_singles *singles, size_t limit);
    bool (*integers)(struct reader *reader, struct reader_integers *integers, size_t limit);
    bool (*skip)(struct reader *reader, struct reader_span *span);
    bool (*end)(struct reader *reader);
    const char *(*place)(const struct reader *reader);
};

extern const struct reader_source reader_json;
extern const struct reader_source reader_ubjson;

/* What is before `at` may be given back if it is in a mapping. Cheap: does so in large pieces. */
void reader_pass(struct reader *reader, const char *at);
/* Refuses a value that is not of the type asked for. */
bool reader_unexpected(struct reader *reader, enum reader_type expected);
#ifdef __clang_analyzer__ /* see err.h */
#define reader_unexpected(...) err_false(reader_unexpected(__VA_ARGS__))
#endif
/* Room for one more, or for `count` in all; ERR_LIMIT beyond `limit`. */
bool reader_singles_room(struct reader *reader, struct reader_singles *singles, size_t count,
                         size_t limit);
bool reader_integers_room(struct reader *reader, struct reader_integers *integers, size_t count,
                          size_t limit);

#endif
