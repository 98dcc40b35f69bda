/* What a server says in headers: Content-Range, Retry-After, and any header line. A range that is
 * accepted is one, and reads back from its own numbers; no pause is longer than five minutes. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/request.h"
#include "sync/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_range(const char *text)
{
    int64_t range[3];
    int64_t again[3];
    char written[100];
    char total[32] = "*";
    if (!response_range(text, &range[0], &range[1], &range[2]))
        return;
    check(range[0] >= 0 && range[0] <= range[1]);
    check(range[2] == -1 || range[1] < range[2]);
    if (range[2] >= 0)
        snprintf(total, sizeof total, "%lld", (long long)range[2]);
    snprintf(written, sizeof written, "bytes %lld-%lld/%s", (long long)range[0],
             (long long)range[1], total);
    check(response_range(written, &again[0], &again[1], &again[2]));
    check(memcmp(range, again, sizeof range) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct response response = {.status = 206};
    char *text = mem_copy_text((const char *)data, size);
    check(text != NULL);
    check_range(text);
    int64_t pause = retry_after_parse(text, INT64_C(1800000000) * 1000000000);
    check(pause >= 0 && pause <= RETRY_AFTER_MAX);
    response_add_header(&response, (const char *)data, size);
    for (size_t i = 0; i < response.header_count; i++)
        check(strchr(response.headers[i], ':') != NULL);
    const char *range = response_header(&response, "content-range");
    if (range != NULL)
        check_range(range);
    response_finish(&response);
    free(text);
    return 0;
}
