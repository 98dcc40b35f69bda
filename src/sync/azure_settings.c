#include "sync/azure_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "sync/secret_file.h"

#define TEXT_SIZE_MAX 8192

void azure_settings_finish(struct azure_settings *settings)
{
    secret_free(settings->account);
    secret_free(settings->key);
    secret_free(settings->sas);
    secret_free(settings->endpoint);
    *settings = (struct azure_settings){.account = NULL};
}

static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] <= 0x20 || text[i] > 0x7e)
            return false;
    return length > 0;
}

static bool keep(char **kept, const char *text, size_t length, const char *what, struct err *err)
{
    if (!is_plain(text, length))
        return err_set(err, ERR_INVALID, "%s is empty or has blanks", what);
    secret_free(*kept);
    *kept = mem_copy_text(text, length);
    return *kept != NULL || err_set(err, ERR_MEMORY, "no memory for Azure settings");
}

/* The parts of a connection string that make an endpoint where none is said. */
struct parts {
    const char *protocol, *suffix;
    size_t protocol_length, suffix_length;
};

static bool take(struct azure_settings *settings, struct parts *parts, const char *text,
                 size_t name_length, size_t length, struct err *err)
{
    const char *value = text + name_length + 1;
    size_t size = length - name_length - 1;
    struct {
        const char *name;
        char **kept;
    } const known[] = {{"AccountName", &settings->account},
                       {"AccountKey", &settings->key},
                       {"SharedAccessSignature", &settings->sas},
                       {"BlobEndpoint", &settings->endpoint}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == name_length && memcmp(text, known[i].name, name_length) == 0)
            return keep(known[i].kept, value, size, known[i].name, err);
    if (name_length == 24 && memcmp(text, "DefaultEndpointsProtocol", 24) == 0) {
        parts->protocol = value;
        parts->protocol_length = size;
    } else if (name_length == 14 && memcmp(text, "EndpointSuffix", 14) == 0) {
        parts->suffix = value;
        parts->suffix_length = size;
    }
    return true;
}

static bool make_endpoint(struct azure_settings *settings, const struct parts *parts,
                          struct err *err)
{
    struct buf url = BUF_INIT;
    buf_put(&url, parts->protocol, parts->protocol_length);
    buf_printf(&url, "://%s.blob.", settings->account);
    buf_put(&url, parts->suffix, parts->suffix_length);
    const char *text = buf_text(&url);
    bool good = keep(&settings->endpoint, text, strlen(text), "EndpointSuffix", err);
    buf_finish(&url);
    return good;
}

bool azure_settings_read_connection(const char *text, struct azure_settings *settings,
                                    struct err *err)
{
    struct parts parts = {"https", "core.windows.net", 5, 16};
    if (strlen(text) > TEXT_SIZE_MAX)
        return err_set(err, ERR_LIMIT, "the connection string has more than %d bytes",
                       TEXT_SIZE_MAX);
    while (*text != '\0') {
        size_t length = strcspn(text, ";");
        const char *sign = memchr(text, '=', length);
        if (length > 0 && sign == NULL)
            return err_set(err, ERR_INVALID, "the connection string has a part without '='");
        if (length > 0 && !take(settings, &parts, text, (size_t)(sign - text), length, err))
            return err_prefix(err, "the connection string");
        text += length + (text[length] == ';');
    }
    if (settings->endpoint == NULL && settings->account != NULL)
        return make_endpoint(settings, &parts, err);
    return true;
}

static bool find_variable(const char *name, char **kept, struct err *err)
{
    const char *value = getenv(name);
    if (value == NULL || value[0] == '\0')
        return true;
    return keep(kept, value, strlen(value), name, err);
}

/* A query and an address as they are put together. */
static void trim(struct azure_settings *settings)
{
    if (settings->sas != NULL && settings->sas[0] == '?')
        memmove(settings->sas, settings->sas + 1, strlen(settings->sas));
    if (settings->endpoint != NULL)
        for (size_t end = strlen(settings->endpoint); end > 0 && settings->endpoint[end - 1] == '/';
             end--)
            settings->endpoint[end - 1] = '\0';
}

static bool find(const char *account, const char *endpoint, struct azure_settings *settings,
                 struct err *err)
{
    static const struct parts cloud = {"https", "core.windows.net", 5, 16};
    const char *connection = getenv("AZURE_STORAGE_CONNECTION_STRING");
    if ((connection != NULL && !azure_settings_read_connection(connection, settings, err)) ||
        !find_variable("AZURE_STORAGE_ACCOUNT", &settings->account, err) ||
        !find_variable("AZURE_STORAGE_KEY", &settings->key, err) ||
        !find_variable("AZURE_STORAGE_SAS_TOKEN", &settings->sas, err) ||
        (account[0] != '\0' &&
         !keep(&settings->account, account, strlen(account), "the account", err)) ||
        (endpoint[0] != '\0' &&
         !keep(&settings->endpoint, endpoint, strlen(endpoint), "the endpoint", err)))
        return false;
    if (settings->endpoint == NULL && settings->account != NULL &&
        !make_endpoint(settings, &cloud, err))
        return false;
    if (settings->endpoint == NULL)
        return err_set(err, ERR_MISSING,
                       "an az:// source needs its account: AZURE_STORAGE_ACCOUNT, a connection "
                       "string, or az://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX");
    trim(settings);
    return true;
}

bool azure_settings_find(const char *account, const char *endpoint, struct azure_settings *settings,
                         struct err *err)
{
    *settings = (struct azure_settings){.account = NULL};
    if (find(account, endpoint, settings, err))
        return true;
    azure_settings_finish(settings);
    return false;
}
