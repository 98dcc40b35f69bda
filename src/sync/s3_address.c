#include "sync/s3_address.h"

#include <string.h>

#include "sync/request.h"

/* Dots would not match the certificate's wildcard. */
static bool is_host_name(const char *bucket)
{
    size_t length = strlen(bucket);
    return length >= 3 && length <= 63 && bucket[0] != '-' && bucket[length - 1] != '-' &&
           strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

void s3_address_write_template(const char *endpoint, const char *bucket, const char *region,
                               bool path_style, struct buf *out)
{
    if (endpoint[0] != '\0') {
        if (strstr(endpoint, "://") == NULL)
            buf_put_text(out, "https://");
        buf_put_text(out, endpoint);
        while (out->length > 0 && out->data[out->length - 1] == '/')
            out->length--;
        if (strstr(endpoint, "{bucket}") == NULL)
            buf_put_text(out, "/{bucket}");
        return;
    }
    bool in_host = !path_style && is_host_name(bucket);
    const char *domain = strncmp(region, "cn-", 3) == 0 ? "amazonaws.com.cn" : "amazonaws.com";
    buf_printf(out, "https://%ss3.%s%s%s", in_host ? "{bucket}." : "",
               region[0] != '\0' ? "{region}." : "", domain, in_host ? "" : "/{bucket}");
}

void s3_address_write(const char *template, const char *bucket, const char *region, struct buf *out)
{
    static const char bucket_mark[] = "{bucket}", region_mark[] = "{region}";
    while (*template != '\0') {
        if (strncmp(template, bucket_mark, sizeof bucket_mark - 1) == 0) {
            request_encode(out, bucket, strlen(bucket), false);
            template += sizeof bucket_mark - 1;
        } else if (strncmp(template, region_mark, sizeof region_mark - 1) == 0) {
            buf_put_text(out, region);
            template += sizeof region_mark - 1;
        } else {
            buf_put_char(out, *template ++);
        }
    }
}
