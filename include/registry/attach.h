/* Models that someone names at run time: a link in the models directory, which the loader finds as
 * it finds everything else. */
#ifndef OMEN_REGISTRY_ATTACH_H
#define OMEN_REGISTRY_ATTACH_H

#include <stdbool.h>

#include "base/err.h"
#include "registry/registry.h"

/* MODELS/name/1 becomes a link to the directory `path`, which has to lie in the directory `root`
 * once every link is followed. ERR_INVALID: the name, or it is taken (name_is_taken);
 * ERR_NOT_FOUND: the directory; ERR_LIMIT: there are as many models as may be. */
bool registry_attach(struct registry *registry, const char *name, const char *path,
                     const char *root, bool *name_is_taken, struct err *err);
/* Takes the link away again; ERR_NOT_FOUND when the model is none that was attached. */
bool registry_detach(struct registry *registry, const char *name, struct err *err);
/* Where the link leads: a text of size bytes, "" for a model that was not attached. */
void registry_attached_path(struct registry *registry, const char *name, char *path, size_t size);

/* Waits for the loader to see what was changed: until the model is live, refused or gone, at most
 * so long. Returns a word as registry_entry's state has it, "" when it is not there; for "failed"
 * err has the reason. */
const char *registry_await(struct registry *registry, const char *name, bool gone,
                           int64_t nanoseconds, struct err *err);

#endif
