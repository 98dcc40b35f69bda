/* An array of numbers, from its bytes into the arena. */
#ifndef OMEN_CODEC_BLOCK_H
#define OMEN_CODEC_BLOCK_H

#include "codec/envelope.h"

enum block_outcome {
    BLOCK_TAKEN,
    BLOCK_OTHER, /* no array of numbers, or something is wrong with it: the scanner will say */
    BLOCK_NO_ROOM
};

struct block_limits {
    size_t dimensions;
    bool non_finite;
};

/* text: the opening bracket. *after: behind the closing one. */
enum block_outcome block_read(const char *text, const char *end, const struct block_limits *limits,
                              struct arena *arena, struct json_numbers *numbers,
                              const char **after);

#endif
