#include "graph/unicode.h"

#include "graph/unicode_tables.h"

enum {
    REPLACEMENT = 0xFFFD,
    SIGMA = 0x3A3,
    SMALL_SIGMA = 0x3C3,
    FINAL_SIGMA = 0x3C2,
    DOTTED_I = 0x130,
    DOT_ABOVE = 0x307
};

static bool is_continued(const unsigned char *byte, size_t count)
{
    for (size_t i = 1; i <= count; i++)
        if ((byte[i] & 0xC0) != 0x80)
            return false;
    return true;
}

size_t unicode_decode(const char *bytes, size_t left, uint32_t *code)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    *code = byte[0];
    if (byte[0] < 0x80)
        return 1;
    *code = REPLACEMENT;
    size_t more = byte[0] >= 0xF0 ? 3 : byte[0] >= 0xE0 ? 2 : 1;
    if (byte[0] < 0xC2 || byte[0] > 0xF4 || left <= more || !is_continued(byte, more))
        return 1;
    uint32_t value = byte[0] & (0x3FU >> more);
    for (size_t i = 1; i <= more; i++)
        value = value << 6 | (byte[i] & 0x3FU);
    if ((more == 2 && (value < 0x800 || (value >= 0xD800 && value < 0xE000))) ||
        (more == 3 && (value < 0x10000 || value > 0x10FFFF)))
        return 1;
    *code = value;
    return more + 1;
}

size_t unicode_encode(uint32_t code, char *bytes)
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    for (size_t i = more; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    bytes[0] = (char)(lead[more] | code);
    return more + 1;
}

static bool is_in(const struct unicode_range *ranges, size_t count, uint32_t code)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ranges[low].first <= code;
}

bool unicode_is_word(uint32_t code)
{
    if (code < 0x80)
        return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
               (code >= '0' && code <= '9') || code == '_';
    return is_in(unicode_words, unicode_words_count, code);
}

bool unicode_is_space(uint32_t code)
{
    return is_in(unicode_spaces, unicode_spaces_count, code);
}

static bool is_cased(uint32_t code)
{
    return is_in(unicode_cased, unicode_cased_count, code);
}

static bool is_ignored(uint32_t code)
{
    return is_in(unicode_case_ignored, unicode_case_ignored_count, code);
}

/* After a cased character and before none, those that have no part in it apart (The Unicode
 * Standard, 3.13, Final_Sigma). */
static bool is_final(const uint32_t *text, size_t count, size_t at)
{
    size_t before = at, after = at + 1;
    while (before > 0 && is_ignored(text[before - 1]))
        before--;
    while (after < count && is_ignored(text[after]))
        after++;
    return before > 0 && is_cased(text[before - 1]) && !(after < count && is_cased(text[after]));
}

static uint32_t lower_of(uint32_t code)
{
    size_t low = 0, high = unicode_lower_runs_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (unicode_lower_runs[middle].last < code)
            low = middle + 1;
        else
            high = middle;
    }
    const struct unicode_run *run = &unicode_lower_runs[low];
    if (low == unicode_lower_runs_count || run->first > code ||
        (code - run->first) % run->step != 0)
        return code;
    return (uint32_t)((int32_t)code + run->delta);
}

size_t unicode_lower(const uint32_t *from, size_t count, uint32_t *to)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t code = from[i];
        if (code < 0x80) {
            to[made++] = code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
        } else if (code == SIGMA) {
            to[made++] = is_final(from, count, i) ? FINAL_SIGMA : SMALL_SIGMA;
        } else if (code == DOTTED_I) {
            to[made++] = 'i';
            to[made++] = DOT_ABOVE;
        } else {
            to[made++] = lower_of(code);
        }
    }
    return made;
}
