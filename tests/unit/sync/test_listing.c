#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/listing.h"
#include "sync/xml.h"

/* What was visited, one line per object. */
static bool note(void *context, const struct store_object *object, struct err *err)
{
    struct buf *seen = context;
    (void)err;
    assert_int_equal(strlen(object->name), object->name_length);
    buf_printf(seen, "%s %lld %s%s%s\n", object->name, (long long)object->size, object->revision,
               object->has_crc32c ? " crc" : "", object->has_md5 ? " md5" : "");
    return true;
}

static void accept(listing_function *read, const char *text, const char *lines, const char *token)
{
    struct buf seen = BUF_INIT, next = BUF_INIT;
    struct err err = ERR_INIT;
    if (!read(text, strlen(text), note, &seen, &next, &err))
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&seen), lines);
    assert_string_equal(buf_text(&next), token);
    buf_finish(&seen);
    buf_finish(&next);
}

static void refuse(listing_function *read, const char *text, const char *sentence)
{
    struct buf seen = BUF_INIT, next = BUF_INIT;
    struct err err = ERR_INIT;
    assert_false(read(text, strlen(text), note, &seen, &next, &err));
    assert_string_equal(err.text, sentence);
    buf_finish(&seen);
    buf_finish(&next);
}

static void test_gs(void **state)
{
    (void)state;
    accept(listing_read_gs, "{}", "", "");
    accept(listing_read_gs,
           "{\"nextPageToken\":\"Cg==\",\"items\":[{\"name\":\"a/../b\",\"size\":\"3\","
           "\"generation\":\"1700000000000001\",\"crc32c\":\"n03x6A==\","
           "\"md5Hash\":\"XUFAKrxLKna5cZ2REBfFkg==\"},{\"name\":\"c\",\"size\":\"0\","
           "\"generation\":\"7\"}]}",
           "a/../b 3 1700000000000001 crc md5\nc 0 7\n", "Cg==");
}

static void test_gs_refusals(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[]", "listing: no JSON object with a nextPageToken of text"},
        {"{\"nextPageToken\":7}", "listing: no JSON object with a nextPageToken of text"},
        {"{\"items\":{}}", "listing: items is no array"},
        {"{\"items\":[7]}", "listing: item 0 has no name"},
        {"{\"items\":[{\"name\":\"a\",\"size\":\"-1\",\"generation\":\"1\"}]}",
         "listing: item 0: an object's size is no number"},
        {"{\"items\":[{\"name\":\"a\",\"size\":\"9223372036854775808\",\"generation\":\"1\"}]}",
         "listing: item 0: an object's size is no number"},
        {"{\"items\":[{\"name\":\"a\",\"size\":\"1\"}]}",
         "listing: item 0: an object's generation is no number"},
        {"{\"items\":[{\"name\":\"a\",\"size\":\"1\",\"generation\":\"1\",\"crc32c\":\"AAAA\"}]}",
         "listing: item 0: an object's crc32c is no base64 of 4 bytes"},
        {"{\"items\":[{\"name\":\"a\",\"size\":\"1\",\"generation\":\"1\",\"md5Hash\":\"AA==\"}]}",
         "listing: item 0: an object's md5Hash is no base64 of 16 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(listing_read_gs, cases[i][0], cases[i][1]);
}

#define S3(inner) \
    "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\">" inner "</ListBucketResult>"
#define ENTRY(name) \
    "<Contents><Key>" name "</Key><Size>5</Size><ETag>&quot;a&quot;</ETag></Contents>"

static void test_s3(void **state)
{
    (void)state;
    accept(listing_read_s3, S3("<IsTruncated>false</IsTruncated>"), "", "");
    accept(listing_read_s3,
           S3("<IsTruncated>true</IsTruncated><NextContinuationToken>t=</NextContinuationToken>"
              "<Prefix>m/</Prefix>" ENTRY(
                  "m/a%20b%2Bc+d") "<CommonPrefixes><Prefix>m/</Prefix></CommonPrefixes>"
                                   "<EncodingType>url</EncodingType>"),
           "m/a b+c d 5 \"a\"\n", "t=");
    accept(listing_read_s3, S3(ENTRY("m/a%20b+c")), "m/a%20b+c 5 \"a\"\n", "");
    accept(listing_read_s3,
           "<n:ListBucketResult xmlns:n='y'><n:Contents><n:Owner><n:ID>1</n:ID></n:Owner>"
           "<n:Key>k</n:Key><n:Size>0</n:Size><n:ETag>b</n:ETag></n:Contents>"
           "</n:ListBucketResult>",
           "k 0 \"b\"\n", "");
}

static void test_s3_refusals(void **state)
{
    (void)state;
    refuse(listing_read_s3, "<Error><Code>NoSuchBucket</Code></Error>",
           "listing: the reply is no ListBucketResult");
    refuse(listing_read_s3, S3("<IsTruncated>true</IsTruncated>"),
           "listing: more is to come, but not from where");
    refuse(listing_read_s3, S3("<Contents><Key>a</Key><Size>5</Size></Contents>"),
           "listing: an entry has no name, no size or no ETag");
    refuse(listing_read_s3, S3("<Contents><Key></Key></Contents>"),
           "listing: an entry has an empty name");
    refuse(listing_read_s3, S3("<Contents><Size>5x</Size></Contents>"),
           "listing: an entry's size is no number");
    refuse(listing_read_s3, S3("<EncodingType>url</EncodingType>" ENTRY("a%00b")),
           "listing: an entry's name is badly encoded or has a NUL");
    refuse(listing_read_s3, S3("<EncodingType>url</EncodingType>" ENTRY("a%2")),
           "listing: an entry's name is badly encoded or has a NUL");
    refuse(listing_read_s3,
           "<!DOCTYPE a [<!ENTITY b \"cccc\">]><ListBucketResult>&b;</ListBucketResult>",
           "listing: the XML has a document type, which no cloud sends");
    refuse(listing_read_s3, "<ListBucketResult>", "listing: no XML at byte 18: no element found");
}

static void test_az(void **state)
{
    (void)state;
    accept(listing_read_az,
           "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "
           "ContainerName=\"c\"><Prefix>m</Prefix><Blobs><Blob><Name>m/a</Name><Properties>"
           "<Content-Length>12</Content-Length><Etag>0x8D</Etag>"
           "<Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5></Properties></Blob>"
           "<Blob><Name Encoded=\"true\">m/%EF%BF%BE</Name><Properties><Content-Length>0"
           "</Content-Length><Etag>\"0x9\"</Etag><Content-MD5 /></Properties></Blob>"
           "<BlobPrefix><Name>p/</Name></BlobPrefix></Blobs><NextMarker>2!8</NextMarker>"
           "</EnumerationResults>",
           "m/a 12 \"0x8D\" md5\nm/\xef\xbf\xbe 0 \"0x9\"\n", "2!8");
}

static void test_xml_limits(void **state)
{
    (void)state;
    const struct xml_handler handler = {NULL, NULL, NULL};
    struct err err = ERR_INIT;
    struct buf text = BUF_INIT;
    for (int i = 0; i <= XML_DEPTH_MAX; i++)
        buf_put_text(&text, "<a>");
    assert_false(xml_parse(text.data, text.length, &handler, &err));
    assert_string_equal(err.text, "the XML is nested deeper than 16");
    buf_reset(&text, SIZE_MAX);
    buf_put_text(&text, "<a>");
    for (int i = 0; i <= XML_TEXT_MAX; i++)
        buf_put_char(&text, 'x');
    buf_put_text(&text, "</a>");
    assert_false(xml_parse(text.data, text.length, &handler, &err));
    assert_string_equal(err.text, "a text of the XML has more than 16384 bytes");
    buf_finish(&text);
}

static void test_xml_find(void **state)
{
    (void)state;
    static const char xml[] = "<Error><Code>SlowDown</Code><B><Code>x</Code></B></Error>";
    char text[5];
    assert_true(xml_find(xml, sizeof xml - 1, "Code", text, sizeof text));
    assert_string_equal(text, "Slow");
    assert_false(xml_find(xml, sizeof xml - 1, "Message", text, sizeof text));
    assert_string_equal(text, "");
    assert_false(xml_find("<Error><Code>a", 14, "Code", text, sizeof text));
    assert_false(xml_find(NULL, 0, "Code", text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gs),       cmocka_unit_test(test_gs_refusals),
        cmocka_unit_test(test_s3),       cmocka_unit_test(test_s3_refusals),
        cmocka_unit_test(test_az),       cmocka_unit_test(test_xml_limits),
        cmocka_unit_test(test_xml_find),
    };
    return cmocka_run_group_tests_name("sync/listing", tests, NULL, NULL);
}
