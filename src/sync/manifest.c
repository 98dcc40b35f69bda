#include "sync/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "codec/json.h"
#include "sync/name.h"

static bool bad(struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "%s", what);
}

static const char *text_of(const struct json *object, const char *key, size_t *length)
{
    bool found;
    const struct json *value = json_object_get(object, key, &found);
    *length = 0;
    return found && json_type(value) == JSON_STRING ? json_string(value, length) : NULL;
}

static bool is_format(const struct json *root, const char *format)
{
    size_t length;
    const char *text = json_type(root) == JSON_OBJECT ? text_of(root, "format", &length) : NULL;
    return text != NULL && strcmp(text, format) == 0;
}

static bool digest_of(const struct json *object, unsigned char sha256[32])
{
    size_t length;
    const char *text = text_of(object, "sha256", &length);
    return text != NULL && digest_from_hex(text, length, sha256, 32);
}

/* --- the pointer --------------------------------------------------------------------------- */

static bool entry_read(const struct json_iterator *entry, struct catalog *catalog, struct err *err)
{
    size_t version_length;
    size_t manifest_length;
    unsigned char sha256[32];
    if (json_type(entry->value) != JSON_OBJECT)
        return bad(err, "the pointer has a model that is no object");
    const char *version = text_of(entry->value, "version", &version_length);
    const char *manifest = text_of(entry->value, "manifest", &manifest_length);
    if (!file_name_is_safe(entry->key, entry->key_length) || version == NULL ||
        !file_name_is_safe(version, version_length) || strcmp(version, "current") == 0 ||
        strcmp(version, "previous") == 0)
        return bad(err, "the pointer has a model or a version whose name is not plain");
    if (manifest == NULL || !name_is_path(manifest, manifest_length, NULL) ||
        !digest_of(entry->value, sha256))
        return bad(err, "the pointer has a model without a manifest's name and SHA-256");
    struct plan_version *added =
        catalog_add(catalog, entry->key, entry->key_length, version, version_length, err);
    if (added == NULL)
        return false;
    added->manifest = (struct store_object){.name = mem_copy_text(manifest, manifest_length),
                                            .name_length = manifest_length,
                                            .size = -1,
                                            .has_sha256 = true};
    memcpy(added->manifest.sha256, sha256, sizeof sha256);
    digest_hex(sha256, sizeof sha256, added->print);
    added->has_manifest = added->by_pointer = true;
    return added->manifest.name != NULL || err_set(err, ERR_MEMORY, "no memory for the pointer");
}

bool pointer_read(const char *text, size_t length, struct catalog *catalog, struct err *err)
{
    struct json *root = NULL;
    bool found = false;
    if (!json_parse_document(text, length, &root, err))
        return err_prefix(err, "the pointer");
    const struct json *models =
        is_format(root, "omen-pointer/1") ? json_object_get(root, "models", &found) : NULL;
    bool ok =
        found && json_type(models) == JSON_OBJECT && json_object_size(models) <= POINTER_MODELS_MAX;
    if (!ok)
        bad(err, "the pointer is no omen-pointer/1 with models");
    for (struct json_iterator it = json_begin(ok ? models : NULL); ok && json_next(&it);)
        ok = entry_read(&it, catalog, err);
    json_free(root);
    if (ok)
        catalog_sort(catalog);
    return ok;
}

/* --- a manifest ---------------------------------------------------------------------------- */

/* Of a listed file, found by its path, so that its revision is pinned too. */
static bool digest_give(struct plan_version *version, const char *path, int64_t size,
                        const unsigned char sha256[32], bool *seen, struct err *err)
{
    size_t low = 0;
    size_t high = version->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(version->files[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low >= version->count || strcmp(version->files[low].path, path) != 0)
        return err_set(err, ERR_NOT_FOUND, "the manifest has a file that the source has not");
    struct store_object *object = &version->files[low].object;
    if (seen[low])
        return bad(err, "the manifest has a file twice");
    if (object->size != size)
        return err_set(err, ERR_RANGE, "a file's size is not what the manifest says");
    seen[low] = object->has_sha256 = true;
    memcpy(object->sha256, sha256, 32);
    return true;
}

static bool file_make(struct plan_version *version, const struct json *file, const char *path,
                      size_t path_length, int64_t size, const unsigned char sha256[32],
                      struct err *err)
{
    char name[NAME_PATH_MAX + 300];
    size_t length;
    const char *object_name = text_of(file, "object", &length);
    if (object_name == NULL) {
        snprintf(name, sizeof name, "%s/%s/%s", version->model, version->version, path);
        object_name = name;
        length = strlen(name);
    }
    if (length > STORE_NAME_MAX || !name_is_path(object_name, length, err))
        return bad(err, "the manifest has an object whose name is no plain path");
    struct store_object object = {
        .name = object_name, .name_length = length, .size = size, .has_sha256 = true};
    memcpy(object.sha256, sha256, 32);
    return plan_add(version, path, path_length, &object, err);
}

struct reading {
    struct plan_version *version;
    bool *seen; /* NULL: there is no listing */
};

static bool file_read_entry(struct reading *reading, const struct json *file, struct err *err)
{
    bool found = false;
    size_t length = 0;
    int64_t size = -1;
    unsigned char sha256[32];
    const char *path = json_type(file) == JSON_OBJECT ? text_of(file, "path", &length) : NULL;
    const struct json *number = path != NULL ? json_object_get(file, "size", &found) : NULL;
    if (path == NULL || !name_is_path(path, length, NULL))
        return bad(err, "the manifest has a file without a plain path");
    if (!found || json_type(number) != JSON_NUMBER || !json_integer(number, &size) || size < 0)
        return bad(err, "the manifest has a file without a size");
    if (!digest_of(file, sha256))
        return bad(err, "the manifest has a file without a SHA-256");
    if (reading->seen != NULL)
        return digest_give(reading->version, path, size, sha256, reading->seen, err);
    return file_make(reading->version, file, path, length, size, sha256, err);
}

/* What is listed but not in the manifest is no part of the version. */
static void drop_unseen(struct plan_version *version, const bool *seen)
{
    size_t kept = 0;
    for (size_t i = 0; i < version->count; i++) {
        if (seen[i]) {
            version->files[kept++] = version->files[i];
        } else {
            free(version->files[i].path);
            free((char *)version->files[i].object.name);
        }
    }
    version->count = kept;
}

static bool files_read(const struct json *files, bool has_listing, struct plan_version *version,
                       struct err *err)
{
    struct reading reading = {.version = version};
    if (has_listing)
        reading.seen = mem_array(version->count, sizeof *reading.seen);
    bool ok = !has_listing || reading.seen != NULL ||
              err_set(err, ERR_MEMORY, "no memory for a manifest");
    for (size_t i = 0; ok && i < json_array_length(files); i++)
        ok = file_read_entry(&reading, json_array_at(files, i), err);
    if (ok && has_listing)
        drop_unseen(version, reading.seen);
    free(reading.seen);
    return ok;
}

static bool names_version(const struct json *root, const struct plan_version *version)
{
    size_t length;
    const char *model = text_of(root, "model", &length);
    const char *name = text_of(root, "version", &length);
    return model != NULL && name != NULL && strcmp(model, version->model) == 0 &&
           strcmp(name, version->version) == 0;
}

static bool times_read(const struct json *root, int64_t now, struct plan_version *version,
                       struct err *err)
{
    bool found;
    size_t length;
    struct tm date = {0};
    const struct json *serial = json_object_get(root, "serial", &found);
    version->serial = 0;
    if (found && (json_type(serial) != JSON_NUMBER || !json_integer(serial, &version->serial) ||
                  version->serial < 0))
        return bad(err, "the manifest's serial is no whole number");
    json_object_get(root, "expires", &found);
    if (!found)
        return true;
    const char *expires = text_of(root, "expires", &length);
    const char *end = expires != NULL ? strptime(expires, "%Y-%m-%dT%H:%M:%S", &date) : NULL;
    if (end == NULL || strcmp(end, "Z") != 0)
        return bad(err, "the manifest's expires is no time like 2026-12-31T00:00:00Z");
    return (int64_t)timegm(&date) > now / CLOCK_NS_PER_S || bad(err, "the manifest has expired");
}

bool manifest_read(const char *text, size_t length, bool has_listing, int64_t now,
                   struct plan_version *version, struct err *err)
{
    struct json *root = NULL;
    bool found = false;
    if (!json_parse_document(text, length, &root, err))
        return err_prefix(err, "the manifest");
    const struct json *files =
        is_format(root, "omen-manifest/1") ? json_object_get(root, "files", &found) : NULL;
    bool ok = found && json_type(files) == JSON_ARRAY && json_array_length(files) > 0;
    if (!ok)
        bad(err, "the manifest is no omen-manifest/1 with files");
    else if (!names_version(root, version))
        ok = bad(err, "the manifest is of another model or version");
    ok = ok && times_read(root, now, version, err) && files_read(files, has_listing, version, err);
    json_free(root);
    return ok;
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "\"%s\": ", key);
    json_write_string(out, text, strlen(text));
}

void manifest_write(const struct plan_version *version, int64_t serial, struct buf *out)
{
    char hex[65];
    buf_put_text(out, "{\"format\": \"omen-manifest/1\",\n ");
    write_member(out, "model", version->model);
    buf_put_text(out, ", ");
    write_member(out, "version", version->version);
    buf_printf(out, ", \"serial\": %lld,\n \"files\": [", (long long)serial);
    for (size_t i = 0; i < version->count; i++) {
        const struct plan_file *file = &version->files[i];
        digest_hex(file->object.sha256, 32, hex);
        buf_put_text(out, i > 0 ? ",\n  {" : "\n  {");
        write_member(out, "path", file->path);
        buf_printf(out, ", \"size\": %lld, \"sha256\": \"%s\"}", (long long)file->object.size, hex);
    }
    buf_put_text(out, "]}\n");
}

void pointer_write(const struct catalog *catalog, struct buf *out)
{
    char hex[65];
    buf_put_text(out, "{\"format\": \"omen-pointer/1\", \"models\": {");
    for (size_t i = 0; i < catalog->count; i++) {
        const struct plan_version *version = &catalog->versions[i];
        digest_hex(version->manifest.sha256, 32, hex);
        buf_put_text(out, i > 0 ? ",\n  " : "\n  ");
        json_write_string(out, version->model, strlen(version->model));
        buf_put_text(out, ": {");
        write_member(out, "version", version->version);
        buf_put_text(out, ", ");
        write_member(out, "manifest", version->manifest.name);
        buf_printf(out, ", \"sha256\": \"%s\"}", hex);
    }
    buf_put_text(out, "}}\n");
}
