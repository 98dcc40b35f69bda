/* list: what a source has. */
#include <stdio.h>
#include <string.h>

#include "sync/commands.h"
#include "sync/session.h"

static const char *state_of(const struct plan_version *version)
{
    if (version->refused[0] != '\0')
        return version->refused;
    if (version->by_pointer)
        return "current, by pointer";
    if (version->has_manifest)
        return "complete, by manifest";
    return version->has_marker ? "complete, by marker" : "complete when it settles";
}

static void print_version(const struct plan_version *version)
{
    if (version->by_pointer)
        printf("%s %s - - %s\n", version->model, version->version, state_of(version));
    else
        printf("%s %s %zu %lld %s\n", version->model, version->version, version->count,
               (long long)version->bytes, state_of(version));
}

int command_list(const struct options *options, char *const *words, int count)
{
    struct session session = {.options = options,
                              .publish = {.root_fd = -1, .sync_fd = -1, .lock_fd = -1}};
    struct err err = ERR_INIT;
    if (count != 1)
        return session_complain(EXIT_USAGE, "list takes SOURCE");
    session_catch_signals();
    int code = session_open_source(&session, words[0], false);
    if (code == EXIT_GOOD && !mirror_list(&session.mirror, &err)) {
        code = session_exit_of(transfer_failure(session.transfer));
        code = session_complain(code != EXIT_GOOD ? code : EXIT_OTHER, "%s", err.text);
    }
    const struct catalog *catalog = &session.mirror.catalog;
    for (size_t i = 0; code == EXIT_GOOD && i < catalog->count; i++)
        if (options->model[0] == '\0' || strcmp(options->model, catalog->versions[i].model) == 0)
            print_version(&catalog->versions[i]);
    if (code == EXIT_GOOD && catalog->strays > 0)
        fprintf(stderr, "omen-sync: %zu objects belong to no version\n", catalog->strays);
    session_close(&session);
    return fflush(stdout) == 0 ? code : EXIT_OTHER;
}
