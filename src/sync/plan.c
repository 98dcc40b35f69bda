#include "sync/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/version.h"
#include "sync/name.h"

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for the list of models");
}

/* Room for one more of an array that grows by doubling. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t more = *capacity > 0 ? *capacity * 2 : 8;
    void *larger = mem_resize(items, more, size);
    if (larger != NULL)
        *capacity = more;
    return larger;
}

void plan_version_finish(struct plan_version *version)
{
    for (size_t i = 0; i < version->count; i++) {
        free(version->files[i].path);
        free((char *)version->files[i].object.name);
    }
    free(version->files);
    free(version->model);
    free(version->version);
    free((char *)version->manifest.name);
    *version = (struct plan_version){.model = NULL};
}

void catalog_finish(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        plan_version_finish(&catalog->versions[i]);
    free(catalog->versions);
    *catalog = (struct catalog){.versions = NULL};
}

struct plan_version *catalog_add(struct catalog *catalog, const char *model, size_t model_length,
                                 const char *version, size_t version_length, struct err *err)
{
    struct plan_version *versions =
        grow(catalog->versions, catalog->count, &catalog->capacity, sizeof *versions);
    if (versions == NULL) {
        no_memory(err);
        return NULL;
    }
    catalog->versions = versions;
    struct plan_version *added = &versions[catalog->count];
    *added = (struct plan_version){.model = mem_copy_text(model, model_length),
                                   .version = mem_copy_text(version, version_length)};
    catalog->count++;
    if (added->model != NULL && added->version != NULL)
        return added;
    no_memory(err);
    return NULL;
}

void plan_refuse(struct plan_version *version, const char *reason)
{
    if (version->refused[0] == '\0')
        snprintf(version->refused, sizeof version->refused, "%s", reason);
}

/* --- one version's objects ----------------------------------------------------------------- */

static bool is_named(const char *path, size_t length, const char *name)
{
    return length == strlen(name) && memcmp(path, name, length) == 0;
}

static bool is_signature(const char *path, size_t length)
{
    return is_named(path, length, PLAN_MANIFEST ".minisig") ||
           is_named(path, length, PLAN_MANIFEST ".sig");
}

static bool object_copy(const struct store_object *from, struct store_object *to, struct err *err)
{
    *to = *from;
    to->name = mem_copy_text(from->name, from->name_length);
    return to->name != NULL || no_memory(err);
}

static bool file_add(struct plan_version *version, const char *path, size_t length,
                     const struct store_object *object, struct err *err)
{
    struct plan_file *files =
        grow(version->files, version->count, &version->capacity, sizeof *files);
    if (files == NULL)
        return no_memory(err);
    version->files = files;
    struct plan_file file = {.path = mem_copy_text(path, length)};
    if (file.path == NULL || !object_copy(object, &file.object, err)) {
        free(file.path);
        return no_memory(err);
    }
    files[version->count++] = file;
    return true;
}

bool plan_add(struct plan_version *version, const char *path, size_t path_length,
              const struct store_object *object, struct err *err)
{
    struct err own = ERR_INIT;
    if (name_is_folder(path, path_length) && object->size == 0 &&
        name_is_path(path, path_length - 1, &own))
        return true;
    if (path_length == 0)
        return true; /* the folder of the version itself */
    if (!name_is_path(path, path_length, &own)) {
        plan_refuse(version, own.text);
        return true;
    }
    if (is_named(path, path_length, PLAN_MARKER))
        version->has_marker = true;
    if (is_named(path, path_length, PLAN_MANIFEST) && !version->has_manifest) {
        version->has_manifest = true;
        return object_copy(object, &version->manifest, err);
    }
    if (is_signature(path, path_length) || is_named(path, path_length, PLAN_MARKER))
        return true;
    return file_add(version, path, path_length, object, err);
}

static int compare_files(const void *a, const void *b)
{
    const struct plan_file *one = a;
    const struct plan_file *other = b;
    return strcmp(one->path, other->path);
}

/* "a" beside "a/b": no directory can hold both. Equal names: no two objects are one file. Sorted,
 * names that could stand between "a" and "a/b" begin with "a" too. */
static bool names_clash(const struct plan_version *version)
{
    for (size_t i = 0; i + 1 < version->count; i++) {
        const char *path = version->files[i].path;
        size_t length = strlen(path);
        for (size_t j = i + 1;
             j < version->count && strncmp(version->files[j].path, path, length) == 0; j++) {
            char next = version->files[j].path[length];
            if (next == '\0' || next == '/')
                return true;
            if (next > '/')
                break;
        }
    }
    return false;
}

static void judge_sizes(struct plan_version *version, const struct plan_limits *limits)
{
    version->bytes = 0;
    if ((int64_t)version->count > limits->objects)
        plan_refuse(version, "it has more files than max-objects");
    for (size_t i = 0; i < version->count; i++) {
        int64_t size = version->files[i].object.size;
        if (size < 0)
            plan_refuse(version, "one of its objects is no regular file");
        else if (size > limits->object_bytes)
            plan_refuse(version, "one of its files is larger than max-object-bytes");
        else if (size > limits->total_bytes - version->bytes)
            plan_refuse(version, "its files together are larger than max-total-bytes");
        else
            version->bytes += size;
    }
}

static void print_object(struct buf *text, const char *path, const struct store_object *object)
{
    char hex[65] = "";
    if (object->has_sha256)
        digest_hex(object->sha256, 32, hex);
    buf_put_text(text, path);
    buf_put_char(text, '\n');
    buf_put_integer(text, object->size);
    buf_put_char(text, '\n');
    buf_put_text(text, object->revision);
    buf_put_char(text, '\n');
    buf_put_text(text, hex);
    buf_put_char(text, '\n');
    buf_put_hex(text, object->has_crc32c ? object->crc32c : 0);
    buf_put_char(text, '\n');
}

bool plan_seal(struct plan_version *version, const struct plan_limits *limits, struct err *err)
{
    struct buf text = BUF_INIT;
    if (version->count > 1)
        qsort(version->files, version->count, sizeof *version->files, compare_files);
    if (names_clash(version))
        plan_refuse(version, "two of its objects' names exclude each other as files");
    for (size_t i = 0; i < version->count; i++)
        if (strncmp(version->files[i].path, ".omen-sync", 10) == 0)
            plan_refuse(version, "one of its objects has a name that is kept for records");
    if (version->count == 0 && !version->has_manifest)
        plan_refuse(version, "it has no files");
    judge_sizes(version, limits);
    if (version->print[0] != '\0')
        return true;
    if (version->has_manifest)
        print_object(&text, "", &version->manifest);
    for (size_t i = 0; i < version->count; i++)
        print_object(&text, version->files[i].path, &version->files[i].object);
    bool ok = (!text.failed || no_memory(err)) &&
              digest_sha256(text.data, text.length, version->print, err);
    buf_finish(&text);
    return ok;
}

/* --- all of them --------------------------------------------------------------------------- */

static int compare_versions(const void *a, const void *b)
{
    const struct plan_version *one = a;
    const struct plan_version *other = b;
    int order = strcmp(one->model, other->model);
    return order != 0 ? order : version_compare(other->version, one->version);
}

void catalog_sort(struct catalog *catalog)
{
    if (catalog->count > 1)
        qsort(catalog->versions, catalog->count, sizeof *catalog->versions, compare_versions);
}

size_t catalog_group(const struct catalog *catalog, size_t from)
{
    size_t to = from;
    while (to < catalog->count &&
           strcmp(catalog->versions[to].model, catalog->versions[from].model) == 0)
        to++;
    return to - from;
}

/* Where a version's files are below the prefix. */
enum shape {
    SHAPE_MODELS,   /* NAME/VERSION/PATH */
    SHAPE_VERSIONS, /* VERSION/PATH, of the single model */
    SHAPE_FILES,    /* PATH, of its only version */
};

struct listing {
    struct catalog *catalog;
    size_t last;        /* the version that the object before was of */
    const char *single; /* the name of the one model that the source is, "": it has names itself */
    enum shape shape;
    struct store_object
        *held; /* until all names are known, which tell the shape; names are owned */
    size_t held_count, held_capacity;
};

struct place {
    const char *model, *version, *path;
    size_t model_length, version_length, path_length;
};

static bool is_reserved(const char *version, size_t length)
{
    return is_named(version, length, "current") || is_named(version, length, "previous");
}

/* Listings come in order, or nearly so: the last one and then all are looked at. */
static struct plan_version *version_find(struct listing *listing, const char *model,
                                         size_t model_length, const char *version,
                                         size_t version_length)
{
    struct catalog *catalog = listing->catalog;
    for (size_t i = 0; i <= catalog->count; i++) {
        size_t at = i == 0 ? listing->last : catalog->count - i;
        if (at >= catalog->count)
            continue;
        struct plan_version *found = &catalog->versions[at];
        if (is_named(model, model_length, found->model) &&
            is_named(version, version_length, found->version)) {
            listing->last = at;
            return found;
        }
    }
    return NULL;
}

/* Takes a name and the slash behind it off the front. */
static bool part_take(const char **rest, const char *end, const char **part, size_t *length)
{
    const char *slash = memchr(*rest, '/', (size_t)(end - *rest));
    if (slash == NULL)
        return false;
    *part = *rest;
    *length = (size_t)(slash - *rest);
    *rest = slash + 1;
    return file_name_is_safe(*part, *length);
}

static bool begins_with_digit(const char *name)
{
    return name[0] >= '0' && name[0] <= '9';
}

static bool place_find(const struct listing *listing, const struct store_object *object,
                       struct place *place)
{
    const char *rest = object->name;
    const char *end = object->name + object->name_length;
    *place = (struct place){.model = listing->single,
                            .model_length = strlen(listing->single),
                            .version = PLAN_SINGLE_VERSION,
                            .version_length = strlen(PLAN_SINGLE_VERSION)};
    if (listing->shape == SHAPE_MODELS &&
        !part_take(&rest, end, &place->model, &place->model_length))
        return false;
    if (listing->shape != SHAPE_FILES &&
        (!part_take(&rest, end, &place->version, &place->version_length) ||
         is_reserved(place->version, place->version_length)))
        return false;
    place->path = rest;
    place->path_length = (size_t)(end - rest);
    return listing->shape != SHAPE_VERSIONS || begins_with_digit(place->version);
}

static bool take_object(void *context, const struct store_object *object, struct err *err)
{
    struct listing *listing = context;
    struct catalog *catalog = listing->catalog;
    struct place place;
    if (is_named(object->name, object->name_length, PLAN_POINTER)) {
        catalog->has_pointer = true;
        memcpy(catalog->pointer_revision, object->revision, STORE_REVISION_SIZE);
        return true;
    }
    if (!place_find(listing, object, &place)) {
        catalog->strays++;
        return true;
    }
    struct plan_version *found =
        version_find(listing, place.model, place.model_length, place.version, place.version_length);
    if (found == NULL) {
        found = catalog_add(catalog, place.model, place.model_length, place.version,
                            place.version_length, err);
        listing->last = catalog->count - 1;
    }
    return found != NULL && plan_add(found, place.path, place.path_length, object, err);
}

/* --- a source that is one model ------------------------------------------------------------ */

static bool hold_object(void *context, const struct store_object *object, struct err *err)
{
    struct listing *listing = context;
    struct store_object *held =
        grow(listing->held, listing->held_count, &listing->held_capacity, sizeof *held);
    if (held == NULL)
        return no_memory(err);
    listing->held = held;
    if (!object_copy(object, &held[listing->held_count], err))
        return false;
    listing->held_count++;
    return true;
}

/* A file directly below the prefix makes all of it one version. Hidden ones do not, nor what stands
 * beside versions. */
static enum shape shape_find(const struct listing *listing)
{
    enum shape shape = SHAPE_MODELS;
    for (size_t i = 0; i < listing->held_count; i++) {
        const char *name = listing->held[i].name;
        size_t length = listing->held[i].name_length;
        const char *slash = memchr(name, '/', length);
        if (slash == NULL && length > 0 && name[0] != '.' && !is_named(name, length, PLAN_MARKER) &&
            !is_named(name, length, PLAN_POINTER))
            return SHAPE_FILES;
        if (slash == NULL || !begins_with_digit(name))
            continue;
        size_t left = length - (size_t)(slash + 1 - name);
        if (left > 0 && memchr(slash + 1, '/', left) == NULL)
            shape = SHAPE_VERSIONS;
    }
    return shape;
}

static bool list_single(struct store *store, struct listing *listing, struct err *err)
{
    bool ok = store->type->list(store, "", hold_object, listing, err);
    listing->shape = shape_find(listing);
    for (size_t i = 0; i < listing->held_count; i++) {
        ok = ok && take_object(listing, &listing->held[i], err);
        free((char *)listing->held[i].name);
    }
    free(listing->held);
    return ok;
}

bool catalog_list(struct store *store, const char *single, const struct plan_limits *limits,
                  struct catalog *catalog, struct err *err)
{
    struct listing listing = {.catalog = catalog, .single = single, .shape = SHAPE_MODELS};
    *catalog = (struct catalog){.versions = NULL};
    if (single[0] != '\0' ? !list_single(store, &listing, err)
                          : !store->type->list(store, "", take_object, &listing, err))
        return false;
    for (size_t i = 0; i < catalog->count; i++)
        if (!plan_seal(&catalog->versions[i], limits, err))
            return false;
    catalog_sort(catalog);
    return true;
}

bool plan_is_complete(const struct plan_version *group, size_t count,
                      const struct plan_version *version, enum plan_complete rule, bool settled)
{
    bool manifests = rule == COMPLETE_MANIFEST;
    bool markers = rule == COMPLETE_MARKER;
    for (size_t i = 0; rule == COMPLETE_AUTO && i < count; i++) {
        manifests = manifests || group[i].has_manifest;
        markers = markers || group[i].has_marker;
    }
    if (version->by_pointer)
        return true;
    if (rule == COMPLETE_AUTO && (manifests || markers))
        return version->has_manifest || version->has_marker;
    if (manifests)
        return version->has_manifest;
    return markers ? version->has_marker : settled;
}
