/* Replies that bring tokens and keys: the first byte chooses which. What is accepted fits in one
 * header, and ends some time. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sync/aws_keys.h"
#include "sync/secret_file.h"
#include "sync/token.h"
#include "sync/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1000

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_word(const char *text)
{
    check(text != NULL && text[0] != '\0');
    for (; *text != '\0'; text++)
        check(*text > 0x20 && *text < 0x7f);
}

static void read_token(const char *text, size_t size, bool impersonated)
{
    struct token token = {.text = NULL};
    struct err err = ERR_INIT;
    if (impersonated ? token_read_impersonated(text, size, &token, &err)
                     : token_read(text, size, NOW, &token, &err)) {
        check_word(token.text);
        check(impersonated || (token.expires >= 0 && token.expires < INT64_C(1) << 40));
    } else {
        check(err.code != ERR_NONE && token.text == NULL);
    }
    token_finish(&token);
}

static void read_keys(const char *text, size_t size, bool xml)
{
    struct aws_keys keys = {.access_key = NULL};
    struct err err = ERR_INIT;
    if (xml ? aws_keys_read_xml(text, size, &keys, &err)
            : aws_keys_read_json(text, size, &keys, &err)) {
        check_word(keys.access_key);
        check_word(keys.secret_key);
        if (keys.token != NULL)
            check_word(keys.token);
    } else {
        check(err.code != ERR_NONE && keys.access_key == NULL);
    }
    aws_keys_finish(&keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char code[16], *member;
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    switch (data[0] % 5) {
    case 0:
        read_token(text, size - 1, false);
        break;
    case 1:
        read_token(text, size - 1, true);
        break;
    case 2:
        read_keys(text, size - 1, false);
        break;
    case 3:
        read_keys(text, size - 1, true);
        break;
    default:
        xml_find(text, size - 1, "Code", code, sizeof code);
        check(strlen(code) < sizeof code);
        token_read_member(text, size - 1, "id", &member, NULL);
        secret_free(member);
    }
    return 0;
}
