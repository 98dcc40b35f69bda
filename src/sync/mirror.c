#include "sync/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/version.h"
#include "sync/command_run.h"
#include "sync/manifest.h"
#include "sync/phase.h"
#include "sync/record.h"
#include "sync/stage.h"

#define MARK_SIZE 256

static void tell(const struct mirror *mirror, enum mirror_event event, const char *model,
                 const char *version, const char *text)
{
    if (mirror->on_event != NULL)
        mirror->on_event(mirror->context, event, model, version, text);
}

/* --- the source ---------------------------------------------------------------------------- */

static bool pointer_fetch(struct mirror *mirror, const char *revision, struct err *err)
{
    struct store_object object = {
        .name = PLAN_POINTER, .name_length = sizeof PLAN_POINTER - 1, .size = -1};
    char *data;
    size_t size;
    bool unchanged;
    memcpy(object.revision, revision, sizeof object.revision);
    if (!store_read(mirror->store, &object, mirror->pointer_revision, MANIFEST_SIZE_MAX, &data,
                    &size, &unchanged, err))
        return err_prefix(err, "%s", PLAN_POINTER);
    if (unchanged)
        return true;
    catalog_finish(&mirror->catalog);
    bool ok = pointer_read(data, size, &mirror->catalog, err);
    free(data);
    if (ok)
        memcpy(mirror->pointer_revision, object.revision, sizeof object.revision);
    else {
        mirror->pointer_revision[0] = '\0';
        transfer_set_failure(mirror->store->transfer, FAILURE_INTEGRITY);
    }
    return ok;
}

bool mirror_list(struct mirror *mirror, struct err *err)
{
    enum mirror_layout layout = mirror->options.layout;
    char revision[STORE_REVISION_SIZE] = "";
    if (!mirror->store->type->lists || layout == LAYOUT_MANIFEST)
        return pointer_fetch(mirror, revision, err);
    struct catalog catalog;
    bool ok =
        catalog_list(mirror->store, mirror->options.single, &mirror->options.limits, &catalog, err);
    bool pointed = ok && catalog.has_pointer && layout == LAYOUT_AUTO;
    memcpy(revision, catalog.pointer_revision, sizeof revision);
    if (!ok || pointed) {
        catalog_finish(&catalog);
        return ok && pointer_fetch(mirror, revision, err);
    }
    catalog_finish(&mirror->catalog);
    mirror->catalog = catalog;
    mirror->pointer_revision[0] = '\0';
    return true;
}

/* Once for as long as the version is as it is. */
static void tell_once(struct mirror *mirror, enum mirror_event event,
                      const struct plan_version *version, const char *text)
{
    struct seen_version *seen = seen_find(&mirror->seen, version);
    if (seen == NULL || (seen->told && strcmp(seen->print, version->print) == 0))
        return;
    memcpy(seen->print, version->print, sizeof seen->print);
    seen->told = seen->met = true;
    tell(mirror, event, version->model, version->version, text);
}

/* --- one model's course -------------------------------------------------------------------- */

struct course {
    struct mirror *mirror;
    struct mirror_report *report;
    char model[130];
    struct plan_version *wanted;
    bool placed; /* it is on the disk */
    char current[PUBLISH_TARGET_SIZE];
    struct stage stage;
    bool staged;
    char target[PUBLISH_TARGET_SIZE];
    struct err *err;
};

static struct transfer *transfer_of(const struct course *course)
{
    return course->mirror->store->transfer;
}

static enum outcome outcome_of(const struct course *course)
{
    switch (transfer_failure(transfer_of(course))) {
    case FAILURE_CHANGED:
    case FAILURE_GONE:
        return OUTCOME_CHANGED;
    case FAILURE_INTEGRITY:
        return OUTCOME_WRONG;
    case FAILURE_SPACE:
        return OUTCOME_SPACE;
    default:
        return OUTCOME_FAULT;
    }
}

static void mark_name(const struct plan_version *version, char name[MARK_SIZE + 64])
{
    snprintf(name, MARK_SIZE + 64, "%s@%s@%.12s", version->model, version->version, version->print);
}

static bool is_quarantined(const struct mirror *mirror, const struct plan_version *version)
{
    char name[MARK_SIZE + 64];
    char reason[MARK_SIZE];
    mark_name(version, name);
    return mirror->quarantined > 0 &&
           publish_mark_read(mirror->publish, "quarantine", name, reason, sizeof reason);
}

/* On the disk as the source has it? */
static bool is_placed(const struct course *course, const struct plan_version *version,
                      char target[PUBLISH_TARGET_SIZE])
{
    const struct publish *publish = course->mirror->publish;
    struct seen_version *seen = seen_find(&course->mirror->seen, version);
    struct record record;
    publish_target(publish, version->model, version->version, target);
    if (seen != NULL && target[0] != '\0' && strcmp(seen->placed, target) == 0)
        return strcmp(seen->placed_print, version->print) == 0;
    int fd = publish_version_open(publish, version->model, target);
    if (fd < 0)
        return false;
    bool read = record_read(fd, &record, NULL);
    bool same = read && strcmp(record.print, version->print) == 0;
    if (read && seen != NULL) {
        memcpy(seen->placed, target, sizeof seen->placed);
        memcpy(seen->placed_print, record.print, sizeof seen->placed_print);
    }
    record_finish(&record);
    close(fd);
    return same;
}

/* The model's versions in the catalog, and how many. */
static struct plan_version *group_find(struct mirror *mirror, const char *model, size_t *count)
{
    const struct catalog *catalog = &mirror->catalog;
    for (size_t i = 0; i < catalog->count;
         i++) { /* models come in the order that they have there */
        size_t at = (mirror->next + i) % catalog->count;
        if (strcmp(catalog->versions[at].model, model) != 0)
            continue;
        while (at > 0 && strcmp(catalog->versions[at - 1].model, model) == 0)
            at--;
        *count = catalog_group(catalog, at);
        mirror->next = at + *count;
        return &catalog->versions[at];
    }
    *count = 0;
    return NULL;
}

/* The version that should be served: the pinned one, or the newest that is whole. */
static struct plan_version *choose(struct course *course, const char *pin)
{
    struct mirror *mirror = course->mirror;
    size_t count;
    struct plan_version *group = group_find(mirror, course->model, &count);
    for (size_t i = 0; i < count; i++) {
        struct plan_version *version = &group[i];
        if (pin[0] != '\0' && strcmp(version->version, pin) != 0)
            continue;
        bool settled = seen_is_settled(&mirror->seen, version, mirror->options.settle);
        if (version->refused[0] != '\0')
            tell_once(mirror, EVENT_REFUSED, version, version->refused);
        else if (is_quarantined(mirror, version) && pin[0] == '\0')
            continue;
        else if ((course->placed = is_placed(course, version, course->target)) || /* was whole */
                 plan_is_complete(group, count, version, mirror->options.complete, settled))
            return version;
        else {
            course->report->waiting++;
            tell_once(mirror, EVENT_WAITING, version, "it is not whole yet");
        }
    }
    return NULL;
}

/* A source that lost versions takes none away here: only a pin or a pointer goes backwards. */
static bool goes_backwards(const struct plan_version *version, const char *current)
{
    char now[PUBLISH_TARGET_SIZE];
    if (version->by_pointer || current[0] == '\0')
        return false;
    publish_version_of(current, now, sizeof now);
    return version_compare(version->version, now) < 0;
}

/* A run that was cut off just after the flip may have left the download. */
static void tidy(struct mirror *mirror, const struct plan_version *version)
{
    struct seen_version *seen = seen_find(&mirror->seen, version);
    if (seen != NULL && seen->tidy)
        return;
    stage_forget(mirror->publish, version);
    if (seen != NULL)
        seen->tidy = true;
}

static enum outcome decide(struct course *course)
{
    struct mirror *mirror = course->mirror;
    char pin[MARK_SIZE];
    snprintf(pin, sizeof pin, "%s", mirror->options.version);
    if (pin[0] == '\0' && mirror->pinned > 0)
        publish_mark_read(mirror->publish, "pins", course->model, pin, sizeof pin);
    publish_target(mirror->publish, course->model, "current", course->current);
    course->wanted = choose(course, pin);
    if (course->wanted == NULL)
        return OUTCOME_NOTHING;
    if (pin[0] == '\0' && goes_backwards(course->wanted, course->current))
        return OUTCOME_NOTHING;
    if (!course->placed)
        return OUTCOME_GOOD;
    tidy(mirror, course->wanted);
    return strcmp(course->target, course->current) == 0 ? OUTCOME_NOTHING : OUTCOME_PLACED;
}

/* --- manifest and signature ---------------------------------------------------------------- */

static bool wrong(struct course *course)
{
    transfer_set_failure(transfer_of(course), FAILURE_INTEGRITY);
    return false;
}

static bool object_read(struct course *course, struct store_object *object, char **data,
                        size_t *size)
{
    bool unchanged;
    return store_read(course->mirror->store, object, "", MANIFEST_SIZE_MAX, data, size, &unchanged,
                      course->err);
}

static bool signature_try(struct course *course, const char *suffix, const char *data, size_t size,
                          bool *found)
{
    const struct mirror_options *options = &course->mirror->options;
    char name[STORE_NAME_MAX + 16];
    char *text = NULL;
    size_t length;
    snprintf(name, sizeof name, "%s%s", course->wanted->manifest.name, suffix);
    struct store_object object = {.name = name, .name_length = strlen(name), .size = -1};
    *found = object_read(course, &object, &text, &length);
    if (!*found)
        return false;
    bool ok =
        signature_verify(options->keys, options->key_count, data, size, text, length, course->err);
    free(text);
    return ok || wrong(course);
}

static bool signature_check(struct course *course, const char *data, size_t size)
{
    static const char *const suffixes[] = {".minisig", ".sig"};
    bool found = false;
    for (size_t i = 0; i < 2 && !found; i++) {
        bool ok = signature_try(course, suffixes[i], data, size, &found);
        if (ok)
            return true;
        if (!found && transfer_failure(transfer_of(course)) != FAILURE_GONE)
            return false;
    }
    if (!found)
        err_set(course->err, ERR_NOT_FOUND, "its manifest is not signed");
    return wrong(course);
}

/* A serial that goes down is an old manifest, shown again. */
static bool serial_check(struct course *course)
{
    const struct mirror *mirror = course->mirror;
    char text[MARK_SIZE];
    if (mirror->options.allow_downgrade || mirror->options.version[0] != '\0' ||
        publish_mark_read(mirror->publish, "pins", course->model, text, sizeof text) ||
        !publish_mark_read(mirror->publish, "serials", course->model, text, sizeof text) ||
        course->wanted->serial >= strtoll(text, NULL, 10))
        return true;
    err_set(course->err, ERR_INVALID,
            "its manifest's serial is lower than that of what was served before "
            "(--allow-downgrade takes it)");
    return wrong(course);
}

static bool manifest_check(struct course *course, const char *data, size_t size)
{
    struct plan_version *version = course->wanted;
    const struct mirror *mirror = course->mirror;
    char expected[DIGEST_TEXT_SIZE];
    char text[DIGEST_TEXT_SIZE];
    digest_hex(version->manifest.sha256, 32, expected);
    if (!digest_sha256(data, size, text, course->err))
        return false;
    if (version->manifest.has_sha256 && strcmp(text, expected) != 0) {
        err_set(course->err, ERR_INVALID, "its manifest is not the one that the pointer names");
        return wrong(course);
    }
    if (mirror->options.require_signature && !signature_check(course, data, size))
        return false;
    bool listed = !version->by_pointer;
    if (version->by_pointer && version->count > 0)
        return true; /* read in a course before */
    if (!manifest_read(data, size, listed, clock_wall_ns(), version, course->err)) {
        if (course->err->code == ERR_NOT_FOUND) /* not all of it was uploaded yet */
            transfer_set_failure(transfer_of(course), FAILURE_TRANSIENT);
        else
            wrong(course);
        return false;
    }
    if (!plan_seal(version, &mirror->options.limits, course->err))
        return false;
    if (version->refused[0] != '\0') {
        err_set(course->err, ERR_INVALID, "%s", version->refused);
        return wrong(course);
    }
    return serial_check(course);
}

static enum outcome read_manifest(struct course *course)
{
    struct plan_version *version = course->wanted;
    char *data = NULL;
    size_t size;
    transfer_set_failure(transfer_of(course), FAILURE_NONE);
    if (!version->has_manifest && course->mirror->options.require_signature) {
        err_set(course->err, ERR_INVALID, "it has no manifest that could be signed");
        wrong(course);
        return OUTCOME_WRONG;
    }
    if (!version->has_manifest)
        return OUTCOME_GOOD;
    bool ok =
        object_read(course, &version->manifest, &data, &size) && manifest_check(course, data, size);
    free(data);
    return ok ? OUTCOME_GOOD : outcome_of(course);
}

/* --- the other phases ---------------------------------------------------------------------- */

static void stage_end(struct course *course)
{
    if (course->staged)
        stage_close(&course->stage);
    course->staged = false;
}

static enum outcome fetch(struct course *course)
{
    struct mirror *mirror = course->mirror;
    transfer_set_failure(transfer_of(course), FAILURE_NONE);
    stage_end(course);
    course->staged = true;
    int64_t before = transfer_counts(transfer_of(course))->bytes;
    bool ok =
        stage_open(&course->stage, mirror->publish, course->wanted, mirror->store, course->err) &&
        stage_fetch(&course->stage, course->err);
    course->report->bytes += transfer_counts(transfer_of(course))->bytes - before;
    return ok ? OUTCOME_GOOD : outcome_of(course);
}

static enum outcome disk_outcome(const struct course *course)
{
    bool full = course->err->code == ERR_LIMIT;
    transfer_set_failure(transfer_of(course), full ? FAILURE_SPACE : FAILURE_OTHER);
    return full ? OUTCOME_SPACE : OUTCOME_FAULT;
}

static enum outcome publish_tree(struct course *course)
{
    struct seen_version *seen = seen_find(&course->mirror->seen, course->wanted);
    if (seen != NULL) {
        seen->placed[0] = '\0';
        seen->tidy = false;
    }
    transfer_set_failure(transfer_of(course), FAILURE_NONE);
    if (!stage_publish(&course->stage, course->mirror->options.source, course->target, course->err))
        return outcome_of(course);
    if (!publish_link(course->mirror->publish, course->model, course->wanted->version,
                      course->target, course->err))
        return disk_outcome(course);
    return OUTCOME_GOOD;
}

static enum outcome check(struct course *course)
{
    const struct mirror_options *options = &course->mirror->options;
    if (options->check[0] == '\0')
        return OUTCOME_GOOD;
    int fd = publish_version_open(course->mirror->publish, course->model, course->target);
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)getpid(), fd);
    bool ok = fd >= 0 && command_run_shell(options->check, course->model, course->wanted->version,
                                           path, options->check_timeout,
                                           transfer_stop(transfer_of(course)), course->err);
    if (fd >= 0)
        close(fd);
    if (ok)
        return OUTCOME_GOOD;
    transfer_set_failure(transfer_of(course), FAILURE_INTEGRITY);
    return OUTCOME_WRONG;
}

static enum outcome flip(struct course *course)
{
    const struct publish *publish = course->mirror->publish;
    char serial[32];
    if (!publish_flip(publish, course->model, course->target, course->err))
        return disk_outcome(course);
    if (course->wanted->serial > 0) {
        snprintf(serial, sizeof serial, "%lld", (long long)course->wanted->serial);
        publish_mark_write(publish, "serials", course->model, serial, NULL);
    }
    stage_forget(publish, course->wanted);
    return OUTCOME_GOOD;
}

static enum outcome carry_out(struct course *course, enum phase phase)
{
    struct mirror *mirror = course->mirror;
    switch (phase) {
    case PHASE_DECIDE:
        return decide(course);
    case PHASE_MANIFEST:
        return read_manifest(course);
    case PHASE_FETCH:
        return fetch(course);
    case PHASE_CONFIRM:
        return stage_check_source(&course->stage, course->err) ? OUTCOME_GOOD : outcome_of(course);
    case PHASE_PUBLISH:
        return publish_tree(course);
    case PHASE_CHECK:
        return check(course);
    case PHASE_FLIP:
        return flip(course);
    case PHASE_MAKE_ROOM:
        publish_collect(mirror->publish, 0);
        return OUTCOME_GOOD;
    case PHASE_RELIST:
        stage_end(course);
        return mirror_list(mirror, course->err) ? OUTCOME_GOOD : OUTCOME_FAULT;
    case PHASE_DISCARD:
        stage_discard(&course->stage);
        transfer_set_failure(transfer_of(course), FAILURE_INTEGRITY);
        return OUTCOME_GOOD;
    case PHASE_DONE:
    case PHASE_NOTHING:
    case PHASE_FAILED:
    case PHASE_COUNT:
        break;
    }
    return OUTCOME_FAULT;
}

static enum phase course_run(struct course *course)
{
    int entered[PHASE_COUNT] = {0};
    enum phase phase = PHASE_DECIDE;
    while (!phase_is_end(phase)) {
        if (++entered[phase] > phase_limit(phase))
            return PHASE_FAILED;
        phase = phase_next(phase, carry_out(course, phase));
        if (phase == PHASE_COUNT)
            phase = PHASE_FAILED;
    }
    return phase;
}

static bool model_run(struct mirror *mirror, const char *model, struct mirror_report *report,
                      struct err *err)
{
    struct err own = ERR_INIT;
    struct course course = {.mirror = mirror, .report = report, .stage.fd = -1, .err = &own};
    snprintf(course.model, sizeof course.model, "%s", model);
    transfer_set_failure(mirror->store->transfer, FAILURE_NONE);
    enum phase end = course_run(&course);
    const char *version = course.wanted != NULL ? course.wanted->version : "";
    report->models++;
    if (end == PHASE_DONE) {
        report->published++;
        tell(mirror, EVENT_PUBLISHED, model, version, course.target);
    } else if (end == PHASE_NOTHING) {
        report->unchanged++;
        report->unserved += course.current[0] == '\0';
    } else {
        report->failed++;
        if (report->failure == FAILURE_NONE) {
            report->failure = transfer_failure(mirror->store->transfer);
            if (report->failure == FAILURE_NONE)
                report->failure = FAILURE_OTHER;
            if (err != NULL)
                *err = own;
        }
        tell(mirror, EVENT_FAILED, model, version, own.text);
    }
    stage_end(&course);
    return end != PHASE_FAILED;
}

/* --- all of them --------------------------------------------------------------------------- */

/* The names, copied: a course may list again. */
static char **names_copy(const struct mirror *mirror, size_t *count)
{
    const struct catalog *catalog = &mirror->catalog;
    char **names = mem_array(catalog->count, sizeof *names);
    *count = 0;
    for (size_t i = 0; names != NULL && i < catalog->count; i += catalog_group(catalog, i)) {
        const char *name = catalog->versions[i].model;
        if (mirror->options.model[0] != '\0' && strcmp(mirror->options.model, name) != 0)
            continue;
        names[*count] = mem_copy_text(name, strlen(name));
        *count += names[*count] != NULL;
    }
    return names;
}

bool mirror_run(struct mirror *mirror, struct mirror_report *report, struct err *err)
{
    size_t count;
    *report = (struct mirror_report){.failure = FAILURE_NONE};
    transfer_set_failure(mirror->store->transfer, FAILURE_NONE);
    if (!mirror_list(mirror, err)) {
        report->failure = transfer_failure(mirror->store->transfer);
        if (report->failure == FAILURE_NONE)
            report->failure = FAILURE_OTHER;
        return false;
    }
    mirror->pinned = publish_mark_count(mirror->publish, "pins");
    mirror->quarantined = publish_mark_count(mirror->publish, "quarantine");
    char **names = names_copy(mirror, &count);
    for (size_t i = 0; i < count; i++) {
        if (report->failure != FAILURE_STOPPED && report->failure != FAILURE_TIMEOUT)
            model_run(mirror, names[i], report, err);
        free(names[i]);
    }
    free(names);
    seen_sweep(&mirror->seen);
    if (report->published > 0)
        publish_collect(mirror->publish, mirror->publish->options.keep);
    return report->failed == 0;
}

void mirror_finish(struct mirror *mirror)
{
    catalog_finish(&mirror->catalog);
    seen_finish(&mirror->seen);
}
