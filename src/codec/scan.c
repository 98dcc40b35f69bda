#include "codec/scan.h"

#include <string.h>

#include "base/utf8.h"

void scan_init(struct scan *scan, const char *text, size_t length)
{
    *scan = (struct scan){.text = text, .end = text + length, .at = text};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const char *scan_skip_space(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

static enum scan_token problem(struct scan *scan, const char *at, const char *text)
{
    scan->at = at;
    scan->problem = text;
    return SCAN_ERROR;
}

/* One bit (the highest of each byte) for the bytes that a string does not simply pass over: quotes,
 * backslashes, control characters, and all that is not ASCII. */
static uint64_t special_bytes(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highs = UINT64_C(0x8080808080808080);
    uint64_t quotes = word ^ (ones * '"');
    uint64_t slashes = word ^ (ones * '\\');
    return (((quotes - ones) & ~quotes) | ((slashes - ones) & ~slashes) | (word - ones * 0x20) |
            word) &
           highs;
}

static const char *skip_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        if (special_bytes(word) != 0)
            break;
        at += 8;
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits after "\u", or -1. */
static int32_t hex_four(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int32_t code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* at: the byte after a backslash. Returns the length of the rest of the escape, or 0. */
static size_t escape_length(const char *at, const char *end)
{
    if (at >= end)
        return 0;
    if (*at == 'u')
        return hex_four(at + 1, end) >= 0 ? 5 : 0;
    return *at != '\0' && strchr("\"\\/bfnrt", *at) != NULL ? 1 : 0;
}

/* scan->at: the opening quote. Leaves it after the closing one. */
static bool read_string(struct scan *scan)
{
    const char *at = scan->at + 1;
    scan->start = at;
    scan->escaped = false;
    scan->nul = false;
    for (;;) {
        at = skip_plain(at, scan->end);
        if (at >= scan->end)
            return problem(scan, at, "a string is not closed");
        if (*at == '"')
            break;
        size_t step;
        if (*at == '\\') {
            scan->escaped = true;
            step = escape_length(at + 1, scan->end);
            if (step == 0)
                return problem(scan, at, "an unknown or incomplete escape in a string");
            scan->nul = scan->nul || (step == 5 && memcmp(at + 2, "0000", 4) == 0);
            step++;
        } else if ((unsigned char)*at < 0x20) {
            return problem(scan, at, "a bare control character in a string");
        } else {
            step = utf8_sequence(at, (size_t)(scan->end - at));
            if (step == 0)
                return problem(scan, at, "a string is not valid UTF-8");
        }
        at += step;
    }
    scan->length = (size_t)(at - scan->start);
    scan->at = at + 1;
    return true;
}

/* The names that other writers have for what JSON cannot say. */
static bool read_non_finite(struct scan *scan)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; scan->non_finite && i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, words[i], length) != 0)
            continue;
        scan->start = scan->at;
        scan->length = length;
        scan->integral = false;
        scan->at += length;
        return true;
    }
    return false;
}

static enum scan_token read_number(struct scan *scan)
{
    const char *end = scan->end;
    const char *at = scan->at;
    if (read_non_finite(scan))
        return SCAN_NUMBER;
    scan->start = at;
    scan->integral = true;
    if (*at == '-')
        at++;
    if (at >= end || !is_digit(*at))
        return problem(scan, at, "a digit is expected");
    if (*at == '0' && at + 1 < end && is_digit(at[1]))
        return problem(scan, at, "a number has a leading zero");
    while (at < end && is_digit(*at))
        at++;
    if (at < end && *at == '.') {
        scan->integral = false;
        at++;
        if (at >= end || !is_digit(*at))
            return problem(scan, at, "a digit is expected after the point");
        while (at < end && is_digit(*at))
            at++;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        scan->integral = false;
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        if (at >= end || !is_digit(*at))
            return problem(scan, at, "a digit is expected in the exponent");
        while (at < end && is_digit(*at))
            at++;
    }
    scan->length = (size_t)(at - scan->start);
    scan->at = at;
    return SCAN_NUMBER;
}

static enum scan_token read_literal(struct scan *scan)
{
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(scan->end - scan->at) >= length && memcmp(scan->at, words[i], length) == 0) {
            scan->start = scan->at;
            scan->length = length;
            scan->at += length;
            return SCAN_LITERAL;
        }
    }
    return problem(scan, scan->at, "a value is expected");
}

static enum scan_token open_container(struct scan *scan, bool object)
{
    if (scan->depth == JSON_DEPTH_MAX) {
        scan->too_deep = true;
        return problem(scan, scan->at, "nested too deeply");
    }
    uint64_t bit = UINT64_C(1) << scan->depth % 64;
    uint64_t *objects = &scan->objects[scan->depth / 64];
    *objects = object ? *objects | bit : *objects & ~bit;
    scan->depth++;
    scan->start = scan->at++;
    scan->length = 1;
    scan->state = object ? SCAN_WANT_KEY_OR_CLOSE : SCAN_WANT_VALUE_OR_CLOSE;
    return object ? SCAN_OPEN_OBJECT : SCAN_OPEN_ARRAY;
}

static bool in_object(const struct scan *scan)
{
    size_t inner = scan->depth - 1;
    return (scan->objects[inner / 64] >> inner % 64 & 1) != 0;
}

static enum scan_token close_container(struct scan *scan)
{
    bool object = in_object(scan);
    scan->depth--;
    scan->start = scan->at++;
    scan->length = 1;
    scan->state = SCAN_AFTER_VALUE;
    return object ? SCAN_CLOSE_OBJECT : SCAN_CLOSE_ARRAY;
}

static enum scan_token read_value(struct scan *scan)
{
    enum scan_token token;
    char c = *scan->at;
    if (c == '{' || c == '[')
        return open_container(scan, c == '{');
    if (c == '"')
        token = read_string(scan) ? SCAN_STRING : SCAN_ERROR;
    else if (c == '-' || is_digit(c) || (scan->non_finite && (c == 'N' || c == 'I')))
        token = read_number(scan);
    else
        token = read_literal(scan);
    scan->state = SCAN_AFTER_VALUE;
    return token;
}

static enum scan_token read_key(struct scan *scan)
{
    if (*scan->at != '"')
        return problem(scan, scan->at, "a key in double quotes is expected");
    if (!read_string(scan))
        return SCAN_ERROR;
    if (scan->nul) /* json-c would cut the key there */
        return problem(scan, scan->start, "a key contains U+0000");
    const char *at = scan_skip_space(scan->at, scan->end);
    if (at >= scan->end || *at != ':')
        return problem(scan, at, "a colon is expected");
    scan->at = at + 1;
    scan->state = SCAN_WANT_VALUE;
    return SCAN_KEY;
}

enum scan_token scan_next(struct scan *scan)
{
    scan->at = scan_skip_space(scan->at, scan->end);
    if (scan->state == SCAN_AFTER_VALUE && scan->depth == 0) {
        if (scan->at < scan->end)
            return problem(scan, scan->at, "something follows the value");
        return SCAN_END;
    }
    if (scan->at >= scan->end)
        return problem(scan, scan->at, "it ends too early");
    char c = *scan->at;
    if (scan->state == SCAN_AFTER_VALUE) {
        bool object = in_object(scan);
        if (c == (object ? '}' : ']'))
            return close_container(scan);
        if (c != ',')
            return problem(scan, scan->at,
                           object ? "a comma or } is expected" : "a comma or ] is expected");
        scan->state = object ? SCAN_WANT_KEY : SCAN_WANT_VALUE;
        scan->at = scan_skip_space(scan->at + 1, scan->end);
        if (scan->at >= scan->end)
            return problem(scan, scan->at, "it ends too early");
        c = *scan->at;
    }
    if ((scan->state == SCAN_WANT_KEY_OR_CLOSE && c == '}') ||
        (scan->state == SCAN_WANT_VALUE_OR_CLOSE && c == ']'))
        return close_container(scan);
    bool key = scan->state == SCAN_WANT_KEY || scan->state == SCAN_WANT_KEY_OR_CLOSE;
    return key ? read_key(scan) : read_value(scan);
}

void scan_skip_value(struct scan *scan, const char *after)
{
    scan->at = after;
    scan->state = SCAN_AFTER_VALUE;
}

bool scan_fail(const struct scan *scan, struct err *err)
{
    size_t place = (size_t)(scan->at - scan->text);
    if (scan->too_deep)
        return err_set(err, ERR_LIMIT, "nested more than %d deep at byte %zu", JSON_DEPTH_MAX,
                       place);
    return err_set(err, ERR_INVALID, "not valid JSON: %s at byte %zu", scan->problem, place);
}

static size_t put_utf8(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(leads[length] | code);
    return length;
}

/* at: the first digit of a \u escape. Returns the code point and moves *at behind all it took. */
static uint32_t unescape_code(const char **at, const char *end)
{
    uint32_t code = (uint32_t)hex_four(*at, end);
    *at += 4;
    if (code < 0xD800 || code > 0xDFFF)
        return code;
    if (code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = (uint32_t)hex_four(*at + 2, end);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *at += 6;
            return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return 0xFFFD;
}

size_t scan_unescape(const char *text, size_t length, char *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *end = text + length;
    char *place = out;
    while (text < end) {
        if (*text != '\\') {
            *place++ = *text++;
            continue;
        }
        text++;
        if (*text == 'u') {
            text++;
            place += put_utf8(unescape_code(&text, end), place);
            continue;
        }
        const char *which = strchr(from, *text++);
        *place++ = which != NULL ? to[which - from] : '?';
    }
    *place = '\0';
    return (size_t)(place - out);
}
