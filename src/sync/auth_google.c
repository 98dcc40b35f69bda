/* Google: application default credentials, as a token that is renewed in time. */
#include "sync/auths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "sync/google_file.h"
#include "sync/google_token.h"
#include "sync/token.h"
#include "sync/timestamp.h"

struct auth_google {
    struct auth auth;
    struct google_source source;
    struct token token;
};

static bool renew(struct auth *auth, struct err *err)
{
    struct auth_google *google = (struct auth_google *)auth;
    google->token.asked = timestamp_now();
    return google_token_get(&google->source, &google->token, err);
}

static bool sign(struct auth *auth, struct request *request, struct err *err)
{
    struct auth_google *google = (struct auth_google *)auth;
    int64_t now = timestamp_now();
    if (token_is_due(&google->token, now) && !renew(auth, err) &&
        !token_is_good(&google->token, now))
        return false;
    return token_authorize(&google->token, request, err);
}

static void destroy(struct auth *auth)
{
    struct auth_google *google = (struct auth_google *)auth;
    google_file_finish(&google->source.file);
    token_finish(&google->token);
    free(google);
}

static const struct auth_type type = {"Google", sign, renew, NULL, destroy};

/* Where gcloud leaves what `auth application-default login` brings. */
static void write_default_path(struct buf *path)
{
    const char *folder = getenv("CLOUDSDK_CONFIG"), *home = getenv("HOME");
    if (folder != NULL && folder[0] != '\0')
        buf_put_text(path, folder);
    else
        buf_printf(path, "%s/.config/gcloud", home != NULL ? home : "/nonexistent");
    buf_put_text(path, "/application_default_credentials.json");
}

static bool find(struct google_source *source, struct err *err)
{
    struct buf path = BUF_INIT;
    struct err failed = ERR_INIT;
    const char *set = getenv("GOOGLE_APPLICATION_CREDENTIALS");
    bool named = set != NULL && set[0] != '\0', good;
    char *data = NULL;
    size_t size = 0;
    if (named)
        buf_put_text(&path, set);
    else
        write_default_path(&path);
    const char *what = named ? "GOOGLE_APPLICATION_CREDENTIALS" : "gcloud's default credentials";
    if (file_read(buf_text(&path), GOOGLE_FILE_SIZE_MAX, &data, &size, &failed)) {
        source->from_metadata = false;
        good = google_file_read(data, size, &source->file, err) || err_prefix(err, "%s", what);
        explicit_bzero(data, size);
        free(data);
    } else {
        source->from_metadata = true;
        good = (!named && failed.code == ERR_NOT_FOUND) ||
               err_set(err, failed.code, "%s: %s", what, failed.text);
    }
    buf_finish(&path);
    return good;
}

struct auth *auth_google_create(bool writable, int64_t patience, struct transfer *transfer,
                                struct err *err)
{
    struct auth_google *google = mem_array(1, sizeof *google);
    if (google == NULL) {
        err_set(err, ERR_MEMORY, "no memory for credentials");
        return NULL;
    }
    google->auth = (struct auth){.type = &type, .transfer = transfer};
    google->source.transfer = transfer;
    google->source.patience = patience;
    google->source.scope = writable ? "https://www.googleapis.com/auth/devstorage.read_write"
                                    : "https://www.googleapis.com/auth/devstorage.read_only";
    if (!find(&google->source, err)) {
        free(google);
        return NULL;
    }
    return &google->auth;
}
