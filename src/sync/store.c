#include "sync/store.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/stores.h"

const struct store_type *const store_types[] = {&store_file, &store_https, &store_gs,
                                                &store_s3,   &store_az,    NULL};

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7f)
            return true;
    return false;
}

static bool parts_copy(struct source_url *url, const char *text, const char *host, const char *path)
{
    while (*path == '/' && strncmp(text, "file:", 5) != 0)
        path++;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 1 && path[0] == '/' && strncmp(text, "file:", 5) != 0)
        length = 0;
    url->text = mem_copy_text(text, strlen(text));
    url->scheme = mem_copy_text(text, (size_t)(host - 3 - text));
    url->bucket = mem_copy_text(host, strcspn(host, "/"));
    url->prefix = mem_copy_text(path, length);
    return url->text != NULL && url->scheme != NULL && url->bucket != NULL && url->prefix != NULL;
}

bool source_url_parse(const char *text, struct source_url *url, struct err *err)
{
    *url = (struct source_url){.text = NULL};
    const char *mark = strstr(text, "://");
    if (mark == NULL || mark == text)
        return err_set(err, ERR_INVALID, "a source is SCHEME://BUCKET/PREFIX");
    if (has_control(text) || strpbrk(text, "?#") != NULL)
        return err_set(err, ERR_INVALID, "a source has no query, fragment or control character");
    const char *host = mark + 3;
    const char *path = host + strcspn(host, "/");
    if (memchr(host, '@', (size_t)(path - host)) != NULL)
        return err_set(err, ERR_INVALID,
                       "a source holds no user or password: credentials come from files or the "
                       "environment");
    if (!parts_copy(url, text, host, path)) {
        source_url_finish(url);
        return err_set(err, ERR_MEMORY, "no memory for a source");
    }
    for (char *c = url->scheme; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return true;
}

void source_url_finish(struct source_url *url)
{
    free(url->text);
    free(url->scheme);
    free(url->bucket);
    free(url->prefix);
    *url = (struct source_url){.text = NULL};
}

static const struct store_type *type_find(const char *scheme)
{
    for (const struct store_type *const *type = store_types; *type != NULL; type++)
        for (const char *const *name = (*type)->schemes; *name != NULL; name++)
            if (strcmp(*name, scheme) == 0)
                return *type;
    return NULL;
}

struct store *store_open(const struct source_url *url, const struct store_options *options,
                         struct transfer *transfer, struct err *err)
{
    const struct store_type *type = type_find(url->scheme);
    if (type == NULL) {
        transfer_set_failure(transfer, FAILURE_USAGE);
        err_set(err, ERR_UNSUPPORTED, "there is no store for sources of this scheme");
        return NULL;
    }
    struct store *store = type->open(url, options, transfer, err);
    if (store != NULL) {
        store->type = type;
        store->transfer = transfer;
    }
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    auth_destroy(store->auth);
    store->type->close(store);
}

static bool body_take(struct response *response, char **data, size_t *size, struct err *err)
{
    buf_text(&response->body);
    if (response->body.failed)
        return err_set(err, ERR_MEMORY, "no memory for an object");
    *data = response->body.data;
    *size = response->body.length;
    response->body = BUF_INIT;
    return true;
}

bool store_read(struct store *store, struct store_object *object, const char *known, size_t limit,
                char **data, size_t *size, bool *unchanged, struct err *err)
{
    const struct store_type *type = store->type;
    *data = NULL;
    *unchanged = false;
    if (type->read != NULL)
        return type->read(store, object, known, limit, data, size, unchanged, err);
    if (object->revision[0] == '\0' && !type->look(store, object->name, object, err))
        return false;
    if (known[0] != '\0' && strcmp(object->revision, known) == 0) {
        *unchanged = true;
        return true;
    }
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool ok = type->get(store, object, -1, -1, &request, err) &&
              transfer_fetch(store->transfer, &request, store->auth, type->judge, limit, &response,
                             err) &&
              body_take(&response, data, size, err);
    response_finish(&response);
    request_finish(&request);
    return ok;
}
