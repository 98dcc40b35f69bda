#include "sync/recheck.h"

#include <string.h>
#include <unistd.h>

#include "sync/record.h"

struct looking {
    struct mirror *mirror;
    bool bytes;
    size_t damaged;
};

/* False with err: ERR_MEMORY and ERR_UNAVAILABLE say nothing of the version. */
static bool target_is_good(const struct looking *looking, const char *model, const char *target,
                           struct err *err)
{
    const struct mirror *mirror = looking->mirror;
    struct record record;
    int fd = publish_version_open(mirror->publish, model, target);
    if (fd < 0)
        return err_set(err, ERR_INVALID, "it is not there");
    bool good = record_read(fd, &record, err);
    for (size_t i = 0; good && i < record.count; i++)
        good = record_file_matches(fd, &record.files[i], looking->bytes,
                                   transfer_stop(mirror->store->transfer), err);
    record_finish(&record);
    close(fd);
    return good;
}

static bool says_nothing(const struct err *err)
{
    return err->code == ERR_MEMORY || err->code == ERR_UNAVAILABLE;
}

static void tell(const struct mirror *mirror, enum mirror_event event, const char *model,
                 const char *target, const char *text)
{
    char version[PUBLISH_TARGET_SIZE];
    publish_version_of(target, version, sizeof version);
    if (mirror->on_event != NULL)
        mirror->on_event(mirror->context, event, model, version, text);
}

static bool look_at(void *context, const char *model, struct err *err)
{
    struct looking *looking = context;
    struct mirror *mirror = looking->mirror;
    char current[PUBLISH_TARGET_SIZE];
    char previous[PUBLISH_TARGET_SIZE];
    struct err why = ERR_INIT;
    publish_target(mirror->publish, model, "current", current);
    if (current[0] == '\0' || target_is_good(looking, model, current, &why))
        return true;
    publish_target(mirror->publish, model, "previous", previous);
    struct err other = ERR_INIT;
    if (!says_nothing(&why) && (strcmp(previous, current) == 0 || previous[0] == '\0' ||
                                !target_is_good(looking, model, previous, &other)))
        previous[0] = '\0';
    if (says_nothing(&why) || says_nothing(&other)) {
        *err = says_nothing(&why) ? why : other;
        return false;
    }
    looking->damaged++;
    tell(mirror, EVENT_DAMAGED, model, current, why.text);
    if (!publish_take_away(mirror->publish, model, current, previous, err))
        return false;
    if (previous[0] != '\0')
        tell(mirror, EVENT_ROLLED_BACK, model, previous, previous);
    return true;
}

bool recheck_run(struct mirror *mirror, enum recheck how, size_t *damaged, struct err *err)
{
    char boot[PUBLISH_BOOT_SIZE];
    char before[PUBLISH_BOOT_SIZE];
    *damaged = 0;
    if (how == RECHECK_NEVER)
        return true;
    publish_boot_id(boot);
    bool known = publish_mark_read(mirror->publish, ".", "checked", before, sizeof before) &&
                 strcmp(boot, before) == 0;
    struct looking looking = {.mirror = mirror, .bytes = how == RECHECK_ALWAYS || !known};
    bool ok = publish_each_model(mirror->publish, look_at, &looking, err);
    *damaged = looking.damaged;
    if (ok && !known && boot[0] != '\0') /* no harm without: it is looked at once more */
        publish_mark_write(mirror->publish, ".", "checked", boot, NULL);
    return ok;
}
