#include "codec/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const char magic[] = "\x93NUMPY";
#define MAGIC_SIZE 6

bool npy_detect(const char *data, size_t size)
{
    return size >= MAGIC_SIZE && memcmp(data, magic, MAGIC_SIZE) == 0;
}

/* Bytes in front of the dictionary: two of length in version 1, four in 2 and 3. */
static size_t preamble_size(const char *data)
{
    return data[MAGIC_SIZE] == 1 ? 10 : 12;
}

bool npy_header_size(const char *preamble, size_t *size, struct err *err)
{
    const unsigned char *byte = (const unsigned char *)preamble;
    if (!npy_detect(preamble, NPY_PREAMBLE_SIZE))
        return err_set(err, ERR_INVALID, "this is no .npy file");
    if (byte[6] < 1 || byte[6] > 3 || byte[7] != 0)
        return err_set(err, ERR_UNSUPPORTED, "version %d.%d of .npy; 1.0, 2.0 and 3.0 are known",
                       byte[6], byte[7]);
    size_t length = (size_t)byte[8] | (size_t)byte[9] << 8;
    if (byte[6] > 1)
        length |= (size_t)byte[10] << 16 | (size_t)byte[11] << 24;
    *size = preamble_size(preamble) + length;
    return *size <= NPY_HEADER_MAX ||
           err_set(err, ERR_LIMIT, "the header has %zu bytes, the limit is %zu", *size,
                   NPY_HEADER_MAX);
}

/* --- the dictionary: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), } ------------ */

struct cursor {
    const char *at, *end;
};

static char peek(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n'))
        cursor->at++;
    return cursor->at < cursor->end ? *cursor->at : '\0';
}

static bool take(struct cursor *cursor, char c)
{
    if (peek(cursor) != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    peek(cursor);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* A text in quotes of either kind, without escapes. */
static bool take_text(struct cursor *cursor, const char **text, size_t *length)
{
    char quote = peek(cursor);
    if (quote != '\'' && quote != '"')
        return false;
    *text = ++cursor->at;
    const char *close = memchr(*text, quote, (size_t)(cursor->end - *text));
    if (close == NULL)
        return false;
    *length = (size_t)(close - *text);
    cursor->at = close + 1;
    return true;
}

static bool malformed(struct err *err)
{
    return err_set(err, ERR_INVALID,
                   "the header is not the dictionary of descr, fortran_order and shape that .npy "
                   "files have");
}

static bool refuse_type(char kind, struct err *err)
{
    const char *what = "has items of a type that is no plain number";
    if (kind == 'O')
        what = "holds Python objects, which run code when they are read";
    else if (kind == 'U' || kind == 'S')
        what = "holds texts";
    else if (kind == 'b')
        what = "holds truth values";
    else if (kind == 'c')
        what = "holds complex numbers";
    else if (kind == 'f')
        what = "holds half or extended precision numbers";
    return err_set(err, ERR_UNSUPPORTED,
                   "the array %s; save it with astype(\"float64\") or astype(\"float32\")", what);
}

/* "<f8": byte order, kind, size. */
static bool read_type(const char *text, size_t length, struct npy_header *header, struct err *err)
{
    static const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    if (length < 2 || text[0] == '\0' || strchr("<>|=", text[0]) == NULL)
        return malformed(err);
    size_t size = length == 3 ? (size_t)(text[2] - '0') : 0;
    bool integer = text[1] == 'i' || text[1] == 'u';
    bool known = (text[1] == 'f' && (size == 4 || size == 8)) ||
                 (integer && (size == 1 || size == 2 || size == 4 || size == 8));
    if (!known)
        return refuse_type(text[1], err);
    header->kind = text[1] == 'f' ? NPY_REAL : text[1] == 'i' ? NPY_SIGNED : NPY_UNSIGNED;
    header->item_size = size;
    header->swapped = size > 1 && (text[0] == '<' || text[0] == '>') && (text[0] == '<') != little;
    return true;
}

static bool take_size(struct cursor *cursor, size_t *size, struct err *err)
{
    char c = peek(cursor);
    if (c < '0' || c > '9')
        return malformed(err);
    *size = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        if (!mem_multiply(*size, 10, size) ||
            __builtin_add_overflow(*size, (size_t)(*cursor->at - '0'), size))
            return err_set(err, ERR_LIMIT, "the array's shape has a number beyond all bounds");
    if (cursor->at < cursor->end && *cursor->at == 'L') /* Python 2's */
        cursor->at++;
    return true;
}

static bool read_shape(struct cursor *cursor, struct npy_header *header, struct err *err)
{
    size_t sizes[2] = {0, 1};
    size_t count = 0;
    if (!take(cursor, '('))
        return malformed(err);
    while (!take(cursor, ')')) {
        size_t size;
        if (!take_size(cursor, &size, err))
            return false;
        if (count < 2)
            sizes[count] = size;
        count++;
        if (!take(cursor, ',') && peek(cursor) != ')')
            return malformed(err);
    }
    if (count < 1 || count > 2)
        return err_set(err, ERR_UNSUPPORTED,
                       "the array has %zu dimensions; rows and columns are two", count);
    header->dimensions = count;
    header->rows = sizes[0];
    header->cols = sizes[1];
    return true;
}

enum member { MEMBER_TYPE = 1, MEMBER_ORDER = 2, MEMBER_SHAPE = 4, MEMBERS = 7 };

static bool read_member(struct cursor *cursor, struct npy_header *header, int *seen,
                        struct err *err)
{
    const char *key, *text;
    size_t key_length, length;
    int which = 0;
    if (!take_text(cursor, &key, &key_length) || !take(cursor, ':'))
        return malformed(err);
    if (key_length == 5 && memcmp(key, "descr", 5) == 0)
        which = MEMBER_TYPE;
    else if (key_length == 13 && memcmp(key, "fortran_order", 13) == 0)
        which = MEMBER_ORDER;
    else if (key_length == 5 && memcmp(key, "shape", 5) == 0)
        which = MEMBER_SHAPE;
    if (which == 0 || (*seen & which) != 0)
        return malformed(err);
    *seen |= which;
    if (which == MEMBER_SHAPE)
        return read_shape(cursor, header, err);
    if (which == MEMBER_TYPE && peek(cursor) == '[')
        return err_set(err, ERR_UNSUPPORTED,
                       "the array is structured (a table of named fields); save it as a plain one: "
                       "numpy.lib.recfunctions.structured_to_unstructured");
    if (which == MEMBER_TYPE)
        return take_text(cursor, &text, &length) ? read_type(text, length, header, err)
                                                 : malformed(err);
    header->fortran_order = take_word(cursor, "True");
    return header->fortran_order || take_word(cursor, "False") || malformed(err);
}

static bool read_dictionary(struct cursor *cursor, struct npy_header *header, struct err *err)
{
    int seen = 0;
    if (!take(cursor, '{'))
        return malformed(err);
    while (!take(cursor, '}')) {
        if (!read_member(cursor, header, &seen, err))
            return false;
        if (!take(cursor, ',') && peek(cursor) != '}')
            return malformed(err);
    }
    peek(cursor);
    return (seen == MEMBERS && cursor->at == cursor->end) || malformed(err);
}

bool npy_header_read(const char *data, size_t size, struct npy_header *header, struct err *err)
{
    size_t bytes;
    size_t begin = preamble_size(data);
    struct cursor cursor = {data + begin, data + size};
    *header = (struct npy_header){.header_bytes = size};
    if (!read_dictionary(&cursor, header, err))
        return false;
    if (!mem_multiply(header->rows, header->cols, &bytes) ||
        !mem_multiply(bytes, header->item_size, &bytes) || bytes > (size_t)INT64_MAX - size)
        return err_set(err, ERR_LIMIT, "the array's shape is beyond all bounds");
    return true;
}

/* --- items --------------------------------------------------------------------------------- */

static uint64_t load(const struct npy_header *header, const char *item)
{
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (header->item_size) {
    case 1:
        memcpy(&one, item, sizeof one);
        return one;
    case 2:
        memcpy(&two, item, sizeof two);
        return header->swapped ? __builtin_bswap16(two) : two;
    case 4:
        memcpy(&four, item, sizeof four);
        return header->swapped ? __builtin_bswap32(four) : four;
    default:
        memcpy(&eight, item, sizeof eight);
        return header->swapped ? __builtin_bswap64(eight) : eight;
    }
}

static double value_of(const struct npy_header *header, uint64_t bits)
{
    double value;
    float single;
    uint32_t low = (uint32_t)bits;
    unsigned unused = 64 - 8 * (unsigned)header->item_size;
    switch (header->kind) {
    case NPY_SIGNED:
        return (double)((int64_t)(bits << unused) >> unused);
    case NPY_UNSIGNED:
        return (double)bits;
    case NPY_REAL:
        break;
    }
    if (header->item_size == sizeof single) {
        memcpy(&single, &low, sizeof single);
        return (double)single;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void convert_singles(const char *items, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        float single;
        memcpy(&single, items + i * sizeof single, sizeof single);
        out[i] = (double)single;
    }
}

void npy_convert(const struct npy_header *header, const char *items, size_t count, double *out,
                 size_t stride)
{
    bool native = header->kind == NPY_REAL && !header->swapped && stride == 1;
    if (native && header->item_size == sizeof(double)) {
        memcpy(out, items, count * sizeof *out);
    } else if (native) {
        convert_singles(items, count, out);
    } else {
        for (size_t i = 0; i < count; i++)
            out[i * stride] = value_of(header, load(header, items + i * header->item_size));
    }
}

/* --- writing ------------------------------------------------------------------------------- */

#define ALIGNMENT 64 /* of the first item, as NumPy has it */
#define DICTIONARY_MAX 118

void npy_write_header(struct buf *out, bool single, size_t rows, size_t cols)
{
    char text[DICTIONARY_MAX];
    char shape[48];
    if (cols == 0)
        snprintf(shape, sizeof shape, "(%zu,)", rows);
    else
        snprintf(shape, sizeof shape, "(%zu, %zu)", rows, cols);
    int length =
        snprintf(text, sizeof text, "{'descr': '<f%d', 'fortran_order': False, 'shape': %s, }",
                 single ? 4 : 8, shape);
    size_t whole = (10 + (size_t)length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t padded = whole - 10;
    buf_put(out, magic, MAGIC_SIZE);
    buf_put_char(out, 1);
    buf_put_char(out, 0);
    buf_put_char(out, (char)(padded & 255));
    buf_put_char(out, (char)(padded >> 8));
    buf_put(out, text, (size_t)length);
    for (size_t i = (size_t)length; i + 1 < padded; i++)
        buf_put_char(out, ' ');
    buf_put_char(out, '\n');
}

/* Items are written in the order of bytes that the header says. */
void npy_write_item(struct buf *out, bool single, double value)
{
    unsigned char bytes[8];
    uint64_t bits;
    uint32_t low;
    float narrow = (float)value;
    memcpy(&bits, &value, sizeof bits);
    memcpy(&low, &narrow, sizeof low);
    bits = single ? low : bits;
    size_t size = single ? sizeof low : sizeof bits;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(bits >> 8 * i);
    buf_put(out, bytes, size);
}
