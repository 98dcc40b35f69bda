#include "base/strmap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"

#define STRMAP_FIRST ((size_t)16)

struct strmap_slot {
    const char *text; /* NULL: free */
    size_t length;
    uint32_t hash; /* its low half: most other texts are told apart without reading them */
    uint32_t value;
};

static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void key_make(void)
{
    if (getrandom(key, sizeof key, GRND_NONBLOCK) == (ssize_t)sizeof key)
        return;
    /* No entropy this early in the boot: better a guessable key than a program that waits. */
    key[0] = (uint64_t)clock_monotonic_ns() ^ (uint64_t)(uintptr_t)&key;
    key[1] = (uint64_t)clock_wall_ns() * UINT64_C(0x9E3779B97F4A7C15);
}

static inline uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline uint64_t read_word(const unsigned char *bytes, size_t count)
{
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/* J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012; one round per word and
 * three at the end. */
static uint64_t hash_text(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint64_t v[4] = {
        key[0] ^ UINT64_C(0x736f6d6570736575),
        key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261),
        key[1] ^ UINT64_C(0x7465646279746573),
    };
    size_t at = 0;
    for (; length - at >= 8; at += 8) {
        uint64_t word = read_word(bytes + at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)(length & 0xFF) << 56;
    if (at < length)
        last |= read_word(bytes + at, length - at);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void strmap_finish(struct strmap *map)
{
    if (map == NULL)
        return;
    free(map->slots);
    *map = STRMAP_INIT;
}

/* The slot that holds the text, or the free one where it belongs. The table is never full. */
static struct strmap_slot *slot_find(const struct strmap *map, const char *text, size_t length,
                                     uint32_t hash)
{
    size_t mask = map->capacity - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct strmap_slot *slot = &map->slots[at];
        if (slot->text == NULL)
            return slot;
        if (slot->hash == hash && slot->length == length &&
            (length == 0 || memcmp(slot->text, text, length) == 0))
            return slot;
    }
}

static bool strmap_grow(struct strmap *map)
{
    size_t capacity = map->capacity > 0 ? map->capacity * 2 : STRMAP_FIRST;
    struct strmap larger = {
        .slots = capacity > map->capacity ? mem_array(capacity, sizeof *larger.slots) : NULL,
        .capacity = capacity,
        .count = map->count,
    };
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < map->capacity; i++) {
        const struct strmap_slot *slot = &map->slots[i];
        if (slot->text != NULL)
            *slot_find(&larger, slot->text, slot->length, slot->hash) = *slot;
    }
    free(map->slots);
    *map = larger;
    return true;
}

bool strmap_add(struct strmap *map, const char *text, size_t length, uint32_t value,
                uint32_t *existing)
{
    pthread_once(&key_once, key_make);
    *existing = STRMAP_NONE;
    /* Three quarters full at most: a probe stays a handful of slots. */
    if (map->count >= map->capacity - map->capacity / 4 && !strmap_grow(map))
        return false;
    uint32_t hash = (uint32_t)hash_text(text, length);
    struct strmap_slot *slot = slot_find(map, text, length, hash);
    if (slot->text != NULL) {
        *existing = slot->value;
        return true;
    }
    *slot = (struct strmap_slot){
        .text = text != NULL ? text : "", .length = length, .hash = hash, .value = value};
    map->count++;
    return true;
}

uint32_t strmap_get(const struct strmap *map, const char *text, size_t length)
{
    if (map->count == 0)
        return STRMAP_NONE;
    const struct strmap_slot *slot =
        slot_find(map, text, length, (uint32_t)hash_text(text, length));
    return slot->text != NULL ? slot->value : STRMAP_NONE;
}
