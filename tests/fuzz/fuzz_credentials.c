/* Credential files and connection strings: the first byte chooses which. What is accepted can be
 * sent: to a host where secrets may go, in one line. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/aws_profile.h"
#include "sync/azure_settings.h"
#include "sync/google_file.h"
#include "sync/origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void read_google(const char *text, size_t size)
{
    struct google_file file;
    struct err err = ERR_INIT;
    if (!google_file_read(text, size, &file, &err)) {
        check(err.code != ERR_NONE);
        return;
    }
    check(file.token_url != NULL && origin_may_have_secrets(file.token_url));
    check(file.impersonation_url == NULL || origin_may_have_secrets(file.impersonation_url));
    check(file.subject_url == NULL || origin_may_have_secrets(file.subject_url));
    google_file_finish(&file);
}

static void read_profile(const char *text, size_t size, bool config)
{
    static const char *const keys[] = {"aws_access_key_id", "aws_secret_access_key", "region"};
    struct err err = ERR_INIT;
    char *value;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!aws_profile_get(text, size, config, "default", keys[i], &value, &err))
            check(value == NULL && err.code != ERR_NONE);
        check(value == NULL || strchr(value, '\n') == NULL);
        check(value == NULL || aws_profile_has(text, size, config, "default"));
        free(value);
    }
}

static void read_connection(const char *text, size_t size)
{
    struct azure_settings settings = {.account = NULL};
    struct err err = ERR_INIT;
    char *copy = mem_copy_text(text, size);
    if (azure_settings_read_connection(copy, &settings, &err))
        check(settings.account == NULL || settings.endpoint != NULL);
    else
        check(err.code != ERR_NONE);
    check(settings.key == NULL || strpbrk(settings.key, " \r\n") == NULL);
    azure_settings_finish(&settings);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    switch (data[0] % 4) {
    case 0:
        read_google(text, size - 1);
        break;
    case 1:
        read_profile(text, size - 1, false);
        break;
    case 2:
        read_profile(text, size - 1, true);
        break;
    default:
        read_connection(text, size - 1);
    }
    return 0;
}
