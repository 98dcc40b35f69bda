/* From text to a small number: feature names to columns, words to category codes. Open addressing,
 * keyed by SipHash-1-3 with a per-process random key because the texts come from outside. Const
 * after the last strmap_add; then any number of threads may look up. */
#ifndef OMEN_BASE_STRMAP_H
#define OMEN_BASE_STRMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRMAP_NONE UINT32_MAX

struct strmap_slot;

struct strmap {
    struct strmap_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

#define STRMAP_INIT ((struct strmap){0})

void strmap_finish(struct strmap *map);

/* **Keeps** the bytes of text (not copied). *existing is set to the value already there, or to
 * STRMAP_NONE when the text is new and value was stored. False only without memory. */
bool strmap_add(struct strmap *map, const char *text, size_t length, uint32_t value,
                uint32_t *existing);

uint32_t strmap_get(const struct strmap *map, const char *text, size_t length);

#endif
