#include "registry/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/version.h"

/* Entries of one directory that are looked at: a bound on what a hostile one can cost. */
#define ENTRIES_MAX ((size_t)100000)

static void model_finish(struct listing_model *model)
{
    for (size_t i = 0; i < model->count; i++)
        free(model->versions[i].version);
    free(model->versions);
    free(model->name);
}

void listing_finish(struct listing *listing)
{
    if (listing == NULL)
        return;
    for (size_t i = 0; i < listing->count; i++)
        model_finish(&listing->models[i]);
    free(listing->models);
    *listing = (struct listing){0};
}

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory to list the models");
}

/* Room for one more at the end of an array that grows by doubling. */
static void *array_grow(void *items, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0; /* 0, 1, 2, 4, 8 ... */
    return full ? mem_resize(items, count > 0 ? count * 2 : 1, size) : items;
}

static bool version_add(struct listing_model *model, const char *version, bool alone,
                        struct err *err)
{
    struct listing_version *versions =
        array_grow(model->versions, model->count, sizeof *model->versions);
    if (versions == NULL)
        return no_memory(err);
    model->versions = versions;
    char *copy = mem_copy_text(version, strlen(version));
    if (copy == NULL)
        return no_memory(err);
    model->versions[model->count++] = (struct listing_version){.version = copy, .alone = alone};
    return true;
}

static struct listing_model *model_add(struct listing *listing, const char *name, size_t length,
                                       struct err *err)
{
    struct listing_model *models =
        array_grow(listing->models, listing->count, sizeof *listing->models);
    char *copy = NULL;
    if (models != NULL) {
        listing->models = models;
        copy = mem_copy_text(name, length);
    }
    if (copy == NULL) {
        no_memory(err);
        return NULL;
    }
    models[listing->count] = (struct listing_model){.name = copy};
    return &models[listing->count++];
}

static int compare_newest_first(const void *a, const void *b)
{
    const struct listing_version *one = a;
    const struct listing_version *other = b;
    int order = version_compare(other->version, one->version);
    return order != 0 ? order : (int)one->alone - (int)other->alone;
}

static int compare_names(const void *a, const void *b)
{
    const struct listing_model *one = a;
    const struct listing_model *other = b;
    int order = strcmp(one->name, other->name);
    return order != 0 ? order : (int)other->is_directory - (int)one->is_directory;
}

/* A share that is away for the moment says so of what is still there. Whatever else keeps an entry
 * from being looked at, such as a link to nowhere, is the entry's own fault. */
static bool is_passing(int reason)
{
    return reason == EIO || reason == ESTALE || reason == ENOTCONN || reason == ETIMEDOUT ||
           reason == ENOMEM;
}

/* The next entry, NULL at the end. False: the rest cannot be seen, which is not the end. */
static bool next_entry(DIR *directory, const struct dirent **entry, struct err *err)
{
    errno = 0;
    *entry = readdir(directory);
    return *entry != NULL || errno == 0 ||
           err_set_errno(err, ERR_IO, errno, "cannot list a directory of models");
}

/* Calls `take` for every entry with a safe name. */
static bool each_entry(DIR *directory,
                       bool (*take)(void *context, const char *name, const struct stat *status,
                                    struct err *err),
                       void *context, struct err *err)
{
    const struct dirent *entry;
    struct stat status;
    size_t seen = 0;
    bool ok = true;
    while (ok && (ok = next_entry(directory, &entry, err)) && entry != NULL) {
        if (seen++ >= ENTRIES_MAX)
            ok = err_set(err, ERR_LIMIT, "a directory of models has more than %zu entries",
                         ENTRIES_MAX);
        else if (!file_name_is_safe(entry->d_name, strlen(entry->d_name)))
            continue;
        else if (fstatat(dirfd(directory), entry->d_name, &status, 0) == 0)
            ok = take(context, entry->d_name, &status, err);
        else if (is_passing(errno))
            ok = err_set_errno(err, ERR_IO, errno, "cannot look at a model");
    }
    return ok;
}

static bool take_version(void *context, const char *name, const struct stat *status,
                         struct err *err)
{
    return !S_ISDIR(status->st_mode) || version_add(context, name, false, err);
}

static bool is_link(int fd, const char *name)
{
    struct stat status;
    return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

/* Links that say which version counts are no versions themselves. */
static void links_drop(int fd, struct listing_model *model)
{
    size_t kept = 0;
    for (size_t i = 0; i < model->count; i++) {
        char *name = model->versions[i].version;
        if ((strcmp(name, "current") == 0 || strcmp(name, "previous") == 0) && is_link(fd, name))
            free(name);
        else
            model->versions[kept++] = model->versions[i];
    }
    model->count = kept;
}

/* The version whose directory `current` leads to, by the directory itself: the links may go
 * through others. */
static void current_find(int fd, struct listing_model *model)
{
    struct stat wanted;
    struct stat status;
    if (!is_link(fd, "current") || fstatat(fd, "current", &wanted, 0) != 0)
        return;
    for (size_t i = 0; i < model->count && model->current == NULL; i++)
        if (fstatat(fd, model->versions[i].version, &status, 0) == 0 &&
            status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev)
            model->current = model->versions[i].version;
}

static DIR *directory_open(int fd, const char *name)
{
    int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = inner >= 0 ? fdopendir(inner) : NULL;
    if (directory == NULL && inner >= 0)
        close(inner);
    return directory;
}

/* Half a list would retire the other half. */
static bool versions_read(int models_fd, struct listing_model *model, bool *cut, struct err *err)
{
    struct err own = ERR_INIT;
    DIR *directory = directory_open(models_fd, model->name);
    if (directory == NULL) {
        model->unreadable = errno != ENOENT;
        return true;
    }
    bool ok = each_entry(directory, take_version, model, &own);
    links_drop(dirfd(directory), model);
    current_find(dirfd(directory), model);
    closedir(directory);
    model->unreadable = !ok;
    *cut = *cut || own.code == ERR_LIMIT;
    return own.code != ERR_MEMORY || no_memory(err);
}

static bool take_model(void *context, const char *name, const struct stat *status, struct err *err)
{
    struct listing *listing = context;
    size_t length = strlen(name);
    bool document =
        S_ISREG(status->st_mode) && length > 5 && strcmp(name + length - 5, ".json") == 0;
    if (!S_ISDIR(status->st_mode) && !document)
        return true;
    struct listing_model *model = model_add(listing, name, document ? length - 5 : length, err);
    if (model == NULL)
        return false;
    model->is_directory = !document;
    return model->is_directory || version_add(model, "1", true, err);
}

/* NAME/ and NAME.json are one model; version 1 of the directory hides the document. */
static bool models_merge(struct listing *listing, struct err *err)
{
    size_t kept = 0;
    bool ok = true;
    for (size_t i = 0; i < listing->count; i++) {
        struct listing_model *last = kept > 0 ? &listing->models[kept - 1] : NULL;
        struct listing_model *model = &listing->models[i];
        if (last == NULL || strcmp(last->name, model->name) != 0) {
            listing->models[kept++] = *model;
            continue;
        }
        ok = ok && version_add(last, "1", true, err);
        model_finish(model);
    }
    listing->count = kept;
    return ok;
}

static void versions_order(struct listing_model *model, size_t limit, bool *cut)
{
    if (model->count > 1)
        qsort(model->versions, model->count, sizeof *model->versions, compare_newest_first);
    size_t kept = 0;
    for (size_t i = 0; i < model->count; i++) {
        struct listing_version *version = &model->versions[i];
        bool current = version->version == model->current;
        bool twice = kept > 0 && strcmp(model->versions[kept - 1].version, version->version) == 0;
        *cut = *cut || (!twice && !current && kept >= limit);
        if (twice || (!current && kept >= limit))
            free(version->version);
        else
            model->versions[kept++] = *version;
    }
    model->count = kept;
}

static void models_cut(struct listing *listing, size_t limit)
{
    listing->cut = listing->cut || listing->count > limit;
    while (listing->count > limit)
        model_finish(&listing->models[--listing->count]);
}

bool listing_read(int models_fd, size_t limit, struct listing *listing, struct err *err)
{
    *listing = (struct listing){0};
    DIR *directory = directory_open(models_fd, ".");
    if (directory == NULL)
        return err_set_errno(err, ERR_IO, errno, "cannot list the models directory");
    bool ok = each_entry(directory, take_model, listing, err);
    closedir(directory);
    if (!ok)
        return false;
    if (listing->count > 1)
        qsort(listing->models, listing->count, sizeof *listing->models, compare_names);
    for (size_t i = 0; ok && i < listing->count; i++)
        ok = !listing->models[i].is_directory ||
             versions_read(models_fd, &listing->models[i], &listing->cut, err);
    if (!ok || !models_merge(listing, err))
        return false;
    models_cut(listing, limit);
    for (size_t i = 0; i < listing->count; i++)
        versions_order(&listing->models[i], limit, &listing->cut);
    return true;
}
