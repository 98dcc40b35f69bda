#include "sync/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

static struct seen_version *seen_add(struct seen *seen, const char *name)
{
    uint32_t before;
    if (seen->count >= STRMAP_NONE)
        return NULL;
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
    if (added->name == NULL ||
        !strmap_add(&seen->places, added->name, strlen(name), (uint32_t)seen->count, &before)) {
        free(added->name);
        return NULL;
    }
    seen->count++;
    return added;
}

struct seen_version *seen_find(struct seen *seen, const struct plan_version *version)
{
    char name[300];
    snprintf(name, sizeof name, "%s/%s", version->model, version->version);
    uint32_t place = strmap_get(&seen->places, name, strlen(name));
    return place != STRMAP_NONE ? &seen->versions[place] : seen_add(seen, name);
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

/* Places have changed. What finds no memory here is met anew, as if it had just come. */
static void seen_place(struct seen *seen)
{
    uint32_t before;
    strmap_finish(&seen->places);
    for (size_t i = 0; i < seen->count; i++)
        strmap_add(&seen->places, seen->versions[i].name, strlen(seen->versions[i].name),
                   (uint32_t)i, &before);
}

void seen_sweep(struct seen *seen)
{
    size_t kept = 0;
    for (size_t i = 0; i < seen->count; i++) {
        seen->versions[kept] = seen->versions[i];
        if (seen->versions[i].met)
            seen->versions[kept++].met = false;
        else
            free(seen->versions[i].name);
    }
    if (kept == seen->count)
        return;
    seen->count = kept;
    seen_place(seen);
}

void seen_finish(struct seen *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        free(seen->versions[i].name);
    free(seen->versions);
    strmap_finish(&seen->places);
    *seen = (struct seen){.versions = NULL};
}
