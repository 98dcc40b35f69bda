#include "sync/query.h"

#include <stdlib.h>
#include <string.h>

#include "sync/request.h"

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void query_add(struct query *query, const char *name, const char *value)
{
    if (query->count == QUERY_ITEMS_MAX) {
        query->overflowed = true;
        return;
    }
    query->items[query->count].name = name;
    query->items[query->count].value = value;
    query->count++;
}

/* Where a character stands among encoded ones: '%' comes before all that is plain. */
static int encoded_rank(char c)
{
    return is_plain(c) ? (unsigned char)c + 256 : c == '\0' ? -1 : (unsigned char)c;
}

/* The order of two texts once they are encoded. Encoded bytes sort as the bytes do, because upper
 * case hex digits sort as their values. */
static int compare_encoded(const char *a, const char *b)
{
    while (*a == *b && *a != '\0')
        a++, b++;
    return encoded_rank(*a) - encoded_rank(*b);
}

static int compare_items(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    int order = compare_encoded(left[0], right[0]);
    return order != 0 ? order : compare_encoded(left[1], right[1]);
}

void query_write(struct query *query, struct buf *out)
{
    qsort(query->items, query->count, sizeof query->items[0], compare_items);
    for (size_t i = 0; i < query->count; i++) {
        if (i > 0)
            buf_put_char(out, '&');
        request_encode(out, query->items[i].name, strlen(query->items[i].name), false);
        buf_put_char(out, '=');
        request_encode(out, query->items[i].value, strlen(query->items[i].value), false);
    }
    if (query->overflowed)
        out->failed = true;
}
