#include "sync/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

static struct seen_version *seen_add(struct seen *seen, const char *name)
{
    if (seen->count == seen->capacity) {
        size_t more = seen->capacity > 0 ? 2 * seen->capacity : 16;
        struct seen_version *versions = mem_resize(seen->versions, more, sizeof *versions);
        if (versions == NULL)
            return NULL;
        seen->versions = versions;
        seen->capacity = more;
    }
    struct seen_version *added = &seen->versions[seen->count];
    *added = (struct seen_version){.name = mem_copy_text(name, strlen(name))};
    seen->count += added->name != NULL;
    return added->name != NULL ? added : NULL;
}

struct seen_version *seen_find(struct seen *seen, const struct plan_version *version)
{
    char name[300];
    snprintf(name, sizeof name, "%s/%s", version->model, version->version);
    for (size_t i = 0; i < seen->count; i++) { /* they come in the same order each time */
        size_t at = (seen->hint + i) % seen->count;
        if (strcmp(seen->versions[at].name, name) != 0)
            continue;
        seen->hint = at;
        return &seen->versions[at];
    }
    return seen_add(seen, name);
}

bool seen_is_settled(struct seen *seen, const struct plan_version *version, int64_t settle)
{
    int64_t now = clock_monotonic_ns();
    struct seen_version *found = seen_find(seen, version);
    if (found == NULL)
        return false;
    found->met = true;
    if (strcmp(found->print, version->print) != 0) {
        memcpy(found->print, version->print, sizeof found->print);
        found->since = now;
        found->told = false;
    }
    return found->since < now && now - found->since >= settle;
}

void seen_sweep(struct seen *seen)
{
    size_t kept = 0;
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->versions[i].met)
            seen->versions[kept++] = seen->versions[i];
        else
            free(seen->versions[i].name);
    }
    seen->count = kept;
    for (size_t i = 0; i < kept; i++)
        seen->versions[i].met = false;
}

void seen_finish(struct seen *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        free(seen->versions[i].name);
    free(seen->versions);
    *seen = (struct seen){.versions = NULL};
}
