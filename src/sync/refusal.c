#include "sync/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/json.h"
#include "sync/record.h"

#define STATE_SIZE_MAX ((size_t)16 * 1024 * 1024)

void refusal_init(struct refusal *refusal, const char *path)
{
    *refusal = (struct refusal){.path = path};
}

bool refusal_changed(const struct refusal *refusal)
{
    struct stat status;
    return stat(refusal->path, &status) == 0 &&
           (status.st_ino != refusal->inode || status.st_ctim.tv_sec != refusal->changed.tv_sec ||
            status.st_ctim.tv_nsec != refusal->changed.tv_nsec);
}

static const char *text_of(const struct json *object, const char *key)
{
    bool found;
    size_t length;
    const struct json *value =
        json_type(object) == JSON_OBJECT ? json_object_get(object, key, &found) : NULL;
    return value != NULL && json_type(value) == JSON_STRING ? json_string(value, &length) : "";
}

static const struct json *array_of(const struct json *object, const char *key)
{
    bool found;
    const struct json *value =
        json_type(object) == JSON_OBJECT ? json_object_get(object, key, &found) : NULL;
    return value != NULL && json_type(value) == JSON_ARRAY ? value : NULL;
}

/* Why the worker refused these very files, or NULL. A digest of "" is of files that it could not
 * even read. */
static const char *refused_why(const struct json *root, const char *model, const char *version,
                               const char *bundle)
{
    const struct json *models = array_of(root, "models");
    for (size_t i = 0; models != NULL && i < json_array_length(models); i++) {
        const struct json *entry = json_array_at(models, i);
        const char *digest = text_of(entry, "refused");
        const char *reason = text_of(entry, "reason");
        if (strcmp(text_of(entry, "name"), model) != 0 ||
            strcmp(text_of(entry, "version"), version) != 0 || reason[0] == '\0')
            continue;
        if (digest[0] == '\0' || strcmp(digest, bundle) == 0)
            return reason;
    }
    return NULL;
}

struct heed {
    struct mirror *mirror;
    const struct json *root;
    bool rollback;
};

static void tell(const struct heed *heed, enum mirror_event event, const char *model,
                 const char *version, const char *text)
{
    if (heed->mirror->on_event != NULL)
        heed->mirror->on_event(heed->mirror->context, event, model, version, text);
}

static void roll_back(const struct heed *heed, const char *model)
{
    const struct publish *publish = heed->mirror->publish;
    char previous[PUBLISH_TARGET_SIZE];
    char version[PUBLISH_TARGET_SIZE];
    struct err err = ERR_INIT;
    publish_target(publish, model, "previous", previous);
    int fd = publish_version_open(publish, model, previous);
    if (fd < 0)
        return;
    close(fd);
    publish_version_of(previous, version, sizeof version);
    if (publish_link(publish, model, version, previous, &err) &&
        publish_flip(publish, model, previous, &err))
        tell(heed, EVENT_ROLLED_BACK, model, version, previous);
    else
        tell(heed, EVENT_FAILED, model, version, err.text);
}

static bool heed_model(void *context, const char *model, struct err *err)
{
    const struct heed *heed = context;
    const struct publish *publish = heed->mirror->publish;
    char current[PUBLISH_TARGET_SIZE];
    char version[PUBLISH_TARGET_SIZE];
    char name[512];
    char known[64];
    struct record record;
    (void)err;
    publish_target(publish, model, "current", current);
    publish_version_of(current, version, sizeof version);
    int fd = publish_version_open(publish, model, current);
    bool read = fd >= 0 && record_read(fd, &record, NULL);
    if (fd >= 0)
        close(fd);
    if (!read)
        return true;
    const char *why = refused_why(heed->root, model, version, record.bundle);
    snprintf(name, sizeof name, "%s@%s@%.12s", model, version, record.print);
    record_finish(&record);
    if (why == NULL || publish_mark_read(publish, "quarantine", name, known, sizeof known))
        return true;
    if (!publish_mark_write(publish, "quarantine", name, why, NULL))
        return true;
    tell(heed, EVENT_QUARANTINED, model, version, why);
    if (heed->rollback)
        roll_back(heed, model);
    return true;
}

void refusal_heed(struct refusal *refusal, struct mirror *mirror, bool rollback)
{
    struct json *root = NULL;
    struct stat status;
    char *text;
    size_t size;
    if (stat(refusal->path, &status) != 0 ||
        !file_read(refusal->path, STATE_SIZE_MAX, &text, &size, NULL))
        return;
    refusal->changed = status.st_ctim;
    refusal->inode = status.st_ino;
    if (json_parse(text, size, &root, NULL)) {
        struct heed heed = {.mirror = mirror, .root = root, .rollback = rollback};
        publish_each_model(mirror->publish, heed_model, &heed, NULL);
        json_free(root);
    }
    free(text);
}
