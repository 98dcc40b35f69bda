/* rollback, pin and verify: what needs no source. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sync/commands.h"
#include "sync/record.h"
#include "sync/session.h"

static int local_open(struct session *session, const struct options *options, const char *directory)
{
    struct err err = ERR_INIT;
    *session = (struct session){.options = options,
                                .publish = {.root_fd = -1, .sync_fd = -1, .lock_fd = -1}};
    int code = session_open_directory(session, directory, false);
    if (code != EXIT_GOOD)
        return code;
    if (publish_lock(&session->publish, options->lock_timeout, NULL, &err))
        return EXIT_GOOD;
    session_close(session);
    return session_complain(EXIT_LOCKED, "%s", err.text);
}

static bool names_are_safe(char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (!file_name_is_safe(words[i], strlen(words[i])))
            return false;
    return true;
}

/* --- rollback ------------------------------------------------------------------------------ */

static int flip_to(struct session *session, const char *model, const char *target)
{
    struct err err = ERR_INIT;
    char version[PUBLISH_TARGET_SIZE];
    int fd = publish_version_open(&session->publish, model, target);
    if (fd < 0)
        return session_complain(EXIT_GONE, "%s: there is no such version on the disk", model);
    close(fd);
    publish_version_of(target, version, sizeof version);
    /* The pin first: a pull that comes in between keeps to it. */
    if (!publish_mark_write(&session->publish, "pins", model, version, &err) ||
        !publish_link(&session->publish, model, version, target, &err) ||
        !publish_flip(&session->publish, model, target, &err))
        return session_complain(session_exit_of_disk(&err), "%s: %s", model, err.text);
    printf("%s: version %s is current, and pinned\n", model, version);
    return EXIT_GOOD;
}

int command_rollback(const struct options *options, char *const *words, int count)
{
    struct session session;
    char target[PUBLISH_TARGET_SIZE];
    if (count < 1 || count > 2 || !names_are_safe(words, count))
        return session_complain(EXIT_USAGE, "rollback takes NAME and perhaps VERSION");
    int code = local_open(&session, options, options->directory);
    if (code != EXIT_GOOD)
        return code;
    publish_target(&session.publish, words[0], count == 2 ? words[1] : "previous", target);
    code = target[0] != '\0'
               ? flip_to(&session, words[0], target)
               : session_complain(EXIT_GONE, "%s: there is no such version to go to", words[0]);
    session_close(&session);
    return code;
}

/* --- pin ----------------------------------------------------------------------------------- */

int command_pin(const struct options *options, char *const *words, int count)
{
    struct session session;
    struct err err = ERR_INIT;
    if (count != 2 || !names_are_safe(words, count))
        return session_complain(EXIT_USAGE, "pin takes NAME and VERSION, or NAME and none");
    bool none = strcmp(words[1], "none") == 0;
    int code = local_open(&session, options, options->directory);
    if (code != EXIT_GOOD)
        return code;
    char target[PUBLISH_TARGET_SIZE];
    publish_target(&session.publish, words[0], words[1], target);
    bool ok = publish_mark_write(&session.publish, "pins", words[0], none ? NULL : words[1], &err);
    if (ok && !none && target[0] != '\0')
        ok = publish_flip(&session.publish, words[0], target, &err);
    if (!ok)
        code = session_complain(session_exit_of_disk(&err), "%s: %s", words[0], err.text);
    else if (none)
        printf("%s: not pinned\n", words[0]);
    else
        printf("%s: pinned to version %s%s\n", words[0], words[1],
               target[0] != '\0' ? "" : ", which the next pull gets");
    session_close(&session);
    return code;
}

/* --- verify -------------------------------------------------------------------------------- */

struct verification {
    struct publish *publish;
    size_t versions, files, bad;
};

static void verify_target(struct verification *verification, const char *model, const char *link)
{
    char target[PUBLISH_TARGET_SIZE];
    struct record record;
    struct err err = ERR_INIT;
    publish_target(verification->publish, model, link, target);
    if (target[0] == '\0')
        return;
    int fd = publish_version_open(verification->publish, model, target);
    if (fd < 0 || !record_read(fd, &record, &err)) {
        printf("%s %s: no record\n", model, link);
        verification->bad++;
    } else {
        for (size_t i = 0; i < record.count; i++, verification->files++) {
            if (record_file_matches(fd, &record.files[i], true, NULL, NULL))
                continue;
            printf("%s %s: %s is not what was published\n", model, link, record.files[i].path);
            verification->bad++;
        }
        verification->versions++;
        record_finish(&record);
    }
    if (fd >= 0)
        close(fd);
}

static bool verify_model(void *context, const char *model, struct err *err)
{
    (void)err;
    verify_target(context, model, "current");
    verify_target(context, model, "previous");
    return true;
}

int command_verify(const struct options *options, char *const *words, int count)
{
    struct session session;
    struct err err = ERR_INIT;
    if (count > 1)
        return session_complain(EXIT_USAGE, "verify takes DIR");
    int code = local_open(&session, options, count == 1 ? words[0] : options->directory);
    if (code != EXIT_GOOD)
        return code;
    struct verification verification = {.publish = &session.publish};
    if (!publish_each_model(&session.publish, verify_model, &verification, &err))
        code = session_complain(EXIT_OTHER, "%s", err.text);
    printf("%zu versions, %zu files, %zu bad\n", verification.versions, verification.files,
           verification.bad);
    if (code == EXIT_GOOD && verification.bad > 0)
        code = EXIT_INTEGRITY;
    session_close(&session);
    return code;
}
