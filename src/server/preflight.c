#include "server/preflight.h"

#include <string.h>

#include "server/wire.h"

#define VALUES_MAX ((size_t)512) /* bytes of a GET_VALUES: three names need 51 */
#define ABORT_MAX ((size_t)64)

/* A name-value list that may be cut into records anywhere. */
struct pairs {
    unsigned char lengths[8]; /* the lengths' bytes so far */
    size_t have;              /* of them */
    uint64_t skip;            /* bytes of name and value still to come */
    uint64_t total;
    unsigned count;
};

static size_t length_size(unsigned char first)
{
    return (first & 0x80) != 0 ? 4 : 1;
}

static uint32_t length_value(const unsigned char *bytes)
{
    if ((bytes[0] & 0x80) == 0)
        return bytes[0];
    return (uint32_t)(bytes[0] & 0x7f) << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           bytes[3];
}

/* Bytes that both lengths take, as far as the ones that are there can tell. */
static size_t lengths_size(const struct pairs *pairs)
{
    size_t name = pairs->have > 0 ? length_size(pairs->lengths[0]) : 1;
    return pairs->have > name ? name + length_size(pairs->lengths[name]) : name + 1;
}

/* False as soon as a declared length passes the limits. */
static bool pairs_feed(struct pairs *pairs, const unsigned char *bytes, size_t size,
                       size_t max_params)
{
    for (size_t i = 0; i < size;) {
        if (pairs->skip > 0) {
            uint64_t step = size - i < pairs->skip ? size - i : pairs->skip;
            pairs->skip -= step;
            i += (size_t)step;
            continue;
        }
        pairs->lengths[pairs->have++] = bytes[i++];
        if (pairs->have < lengths_size(pairs))
            continue;
        size_t name = length_size(pairs->lengths[0]);
        pairs->skip = (uint64_t)length_value(pairs->lengths) + length_value(pairs->lengths + name);
        pairs->total += pairs->skip;
        pairs->have = 0;
        if (pairs->total > max_params || ++pairs->count > PREFLIGHT_PARAMS_MAX)
            return false;
    }
    return true;
}

static struct preflight verdict(enum preflight_verdict result)
{
    return (struct preflight){.verdict = result};
}

static unsigned value_named(const unsigned char *name, size_t length)
{
    static const struct {
        const char *name;
        unsigned value;
    } known[] = {
        {"FCGI_MAX_CONNS", PREFLIGHT_MAX_CONNS},
        {"FCGI_MAX_REQS", PREFLIGHT_MAX_REQS},
        {"FCGI_MPXS_CONNS", PREFLIGHT_MPXS_CONNS},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0)
            return known[i].value;
    }
    return 0;
}

/* The names asked for, each once however often it was said; names we do not know are left out, as
 * the specification has it. False for a malformed list. */
static bool values_parse(const unsigned char *bytes, size_t size, unsigned *values)
{
    *values = 0;
    for (size_t i = 0; i < size;) {
        uint64_t length[2];
        for (int part = 0; part < 2; part++) {
            if (i >= size || size - i < length_size(bytes[i]))
                return false;
            length[part] = length_value(bytes + i);
            i += length_size(bytes[i]);
        }
        if (length[0] + length[1] > size - i)
            return false;
        *values |= value_named(bytes + i, (size_t)length[0]);
        i += (size_t)(length[0] + length[1]);
    }
    return true;
}

/* A management record on a connection without a request. */
static struct preflight check_management(const struct wire_record *record,
                                         const unsigned char *bytes, size_t size)
{
    struct preflight result = {.type = record->type};
    if (record->length > VALUES_MAX)
        return verdict(PREFLIGHT_CLOSE);
    if (size < WIRE_HEADER + record->length + record->padding)
        return verdict(PREFLIGHT_MORE);
    result.consume = WIRE_HEADER + record->length + record->padding;
    result.verdict = PREFLIGHT_UNKNOWN;
    if (record->type != WIRE_GET_VALUES)
        return result;
    result.verdict = PREFLIGHT_VALUES;
    if (!values_parse(bytes + WIRE_HEADER, record->length, &result.values))
        result.verdict = PREFLIGHT_CLOSE;
    return result;
}

/* A web server may give up a request whose answer is just on its way: nothing is left to abort.
 * Any other record without a BEGIN before it is the rest of a request that went wrong. Reading on
 * there is how a client's body becomes a request of its own. */
static struct preflight check_stray(const struct wire_record *record, size_t size)
{
    size_t whole = WIRE_HEADER + record->length + record->padding;
    if (record->type != WIRE_ABORT || record->length > ABORT_MAX)
        return verdict(PREFLIGHT_CLOSE);
    if (size < whole)
        return verdict(PREFLIGHT_MORE);
    return (struct preflight){.verdict = PREFLIGHT_SKIP, .consume = whole};
}

/* Records between BEGIN and the end of the parameters that are not this request's parameters.
 * libfcgi skips those of other requests; it loses its place after an empty one, and answers
 * management records itself. */
static bool foreign_is_harmless(const struct wire_record *record, unsigned id)
{
    return record->id != 0 && record->id != id && record->length > 0 &&
           (record->type != WIRE_BEGIN || record->length == 8);
}

/* The parameters are whole. Padding behind their last record is skipped for libfcgi (fcgi.c), which
 * needs it in libfcgi's first read; nobody pads an empty record behind 8 KB of parameters. */
static struct preflight check_end(size_t size, size_t offset, unsigned id, size_t padding)
{
    if (padding > 0 && offset + padding > PREFLIGHT_BUFFER)
        return verdict(PREFLIGHT_CLOSE);
    if (size < offset + padding)
        return verdict(PREFLIGHT_MORE);
    return (struct preflight){.verdict = PREFLIGHT_GO,
                              .request_id = id,
                              .padding = (unsigned)padding,
                              .consume = offset + padding};
}

static struct preflight check_params(const unsigned char *bytes, size_t size, size_t offset,
                                     unsigned id, size_t max_params)
{
    struct pairs pairs = {0};
    while (size >= offset && size - offset >= WIRE_HEADER) {
        struct wire_record record = wire_parse(bytes + offset);
        bool params = record.type == WIRE_PARAMS && record.id == id;
        offset += WIRE_HEADER;
        if (record.version != WIRE_VERSION || (!params && !foreign_is_harmless(&record, id)))
            return verdict(PREFLIGHT_CLOSE);
        if (params && record.length == 0) {
            if (pairs.skip > 0 || pairs.have > 0)
                return verdict(PREFLIGHT_CLOSE);
            return check_end(size, offset, id, record.padding);
        }
        size_t there = size - offset < record.length ? size - offset : record.length;
        if (params && !pairs_feed(&pairs, bytes + offset, there, max_params))
            return (struct preflight){.verdict = PREFLIGHT_TOO_LARGE, .request_id = id};
        offset += record.length + record.padding;
    }
    return verdict(PREFLIGHT_MORE);
}

struct preflight preflight_check(const unsigned char *bytes, size_t size, size_t max_params)
{
    if (size > 0 && bytes[0] != WIRE_VERSION)
        return verdict(PREFLIGHT_CLOSE);
    if (size < WIRE_HEADER)
        return verdict(PREFLIGHT_MORE);
    struct wire_record begin = wire_parse(bytes);
    if (begin.id == 0)
        return begin.type == WIRE_BEGIN ? verdict(PREFLIGHT_CLOSE)
                                        : check_management(&begin, bytes, size);
    if (begin.type != WIRE_BEGIN)
        return check_stray(&begin, size);
    /* libfcgi forgets to skip this record's padding: it would take it for the next record, whatever
     * a walk that skips it finds. Eight bytes are aligned, so nobody pads them. */
    if (begin.length != 8 || begin.padding > 0)
        return verdict(PREFLIGHT_CLOSE);
    if (size < WIRE_HEADER + begin.length)
        return verdict(PREFLIGHT_MORE);
    if (bytes[8] != 0 || bytes[9] != WIRE_RESPONDER)
        return (struct preflight){.verdict = PREFLIGHT_ROLE, .request_id = begin.id};
    return check_params(bytes, size, WIRE_HEADER + begin.length, begin.id, max_params);
}

/* Digits, as many as cannot overflow. */
static size_t parse_digits(const unsigned char *bytes, size_t size)
{
    size_t value = 0;
    for (size_t i = 0; i < size; i++) {
        if (size > 18 || bytes[i] < '0' || bytes[i] > '9')
            return 0;
        value = value * 10 + (size_t)(bytes[i] - '0');
    }
    return value;
}

size_t preflight_body_length(const unsigned char *bytes, size_t size)
{
    static const char name[] = "CONTENT_LENGTH";
    const size_t begin = WIRE_HEADER + 8 + WIRE_HEADER; /* behind BEGIN and the next header */
    if (size < begin)
        return 0;
    struct wire_record record = wire_parse(bytes + begin - WIRE_HEADER);
    size_t end = size - begin < record.length ? size : begin + record.length;
    if (record.type != WIRE_PARAMS)
        return 0;
    for (size_t i = begin; i < end;) {
        uint64_t length[2];
        for (int part = 0; part < 2; part++) {
            if (i >= end || end - i < length_size(bytes[i]))
                return 0;
            length[part] = length_value(bytes + i);
            i += length_size(bytes[i]);
        }
        if (length[0] + length[1] > end - i)
            return 0;
        if (length[0] == sizeof name - 1 && memcmp(bytes + i, name, sizeof name - 1) == 0)
            return parse_digits(bytes + i + length[0], (size_t)length[1]);
        i += (size_t)(length[0] + length[1]);
    }
    return 0;
}
