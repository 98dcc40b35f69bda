/* The loader thread: scans at start, on inotify events (settled for a few milliseconds), every
 * `rescan_ns`, and when asked. */
#ifndef OMEN_REGISTRY_WATCH_H
#define OMEN_REGISTRY_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "registry/registry.h"

struct watch;

/* Starts the thread (all signals blocked in it). **Keeps** registry. The first scan is done by the
 * thread, so that a large model does not hold up the start. */
struct watch *watch_create(struct registry *registry, int64_t rescan_ns, struct err *err);
/* From the next scan on. Any thread. */
void watch_set_rescan(struct watch *watch, int64_t rescan_ns);
/* Until the first scan is done, whatever it found, or the time has passed: then false. */
bool watch_wait(struct watch *watch, int64_t timeout_ns);
/* Scan now (SIGHUP). Any thread. */
void watch_wake(struct watch *watch);
/* Stops and joins: a scan under way ends with the version that it is at. Accepts NULL. */
void watch_destroy(struct watch *watch);

#endif
