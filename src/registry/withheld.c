/* Models that an operator does not want to be live. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "registry/registry_private.h"

#define WITHHELD_MAX ((size_t)1000) /* names come from requests */

/* The lock is held. */
static size_t find(const struct registry *registry, const char *name)
{
    size_t i = 0;
    while (i < registry->withheld_count && strcmp(registry->withheld[i], name) != 0)
        i++;
    return i;
}

/* The lock is held for writing. */
static bool add(struct registry *registry, const char *name, struct err *err)
{
    if (find(registry, name) < registry->withheld_count)
        return true;
    if (registry->withheld_count == WITHHELD_MAX)
        return err_set(err, ERR_LIMIT, "%zu models are unloaded, which is the limit", WITHHELD_MAX);
    char **names = mem_resize(registry->withheld, registry->withheld_count + 1, sizeof(char *));
    char *copy = mem_copy_text(name, strlen(name));
    if (names != NULL)
        registry->withheld = names;
    if (names == NULL || copy == NULL) {
        free(copy);
        return err_set(err, ERR_MEMORY, "no memory for a name");
    }
    names[registry->withheld_count++] = copy;
    return true;
}

bool registry_withhold(struct registry *registry, const char *name, struct err *err)
{
    pthread_rwlock_wrlock(&registry->lock);
    bool ok = add(registry, name, err);
    pthread_rwlock_unlock(&registry->lock);
    return ok;
}

void registry_allow(struct registry *registry, const char *name)
{
    pthread_rwlock_wrlock(&registry->lock);
    size_t place = find(registry, name);
    if (place < registry->withheld_count) {
        free(registry->withheld[place]);
        registry->withheld[place] = registry->withheld[--registry->withheld_count];
    }
    pthread_rwlock_unlock(&registry->lock);
}

bool registry_is_withheld(struct registry *registry, const char *name)
{
    pthread_rwlock_rdlock(&registry->lock);
    bool withheld = find(registry, name) < registry->withheld_count;
    pthread_rwlock_unlock(&registry->lock);
    return withheld;
}

unsigned registry_scans_begun(const struct registry *registry)
{
    return atomic_load(&registry->scans_begun);
}

unsigned registry_scans_ended(const struct registry *registry)
{
    return atomic_load(&registry->scans_ended);
}

void registry_each_withheld(struct registry *registry,
                            void (*take)(void *context, const char *name), void *context)
{
    pthread_rwlock_rdlock(&registry->lock);
    for (size_t i = 0; i < registry->withheld_count; i++)
        take(context, registry->withheld[i]);
    pthread_rwlock_unlock(&registry->lock);
}
