/* The documents of the manifest layout, from whoever can write to the source: hostile until read.
 *
 * CURRENT, the pointer: {"format": "omen-pointer/1", "models": {NAME: {"version": V,
 * "manifest": "NAME/V/omen-manifest.json", "sha256": HEX}}}.
 * A manifest: {"format": "omen-manifest/1", "model": NAME, "version": V, "serial": N,
 * "expires": "2026-12-31T00:00:00Z" (may be missing), "files": [{"path": P, "size": N,
 * "sha256": HEX, "object": NAME (may be missing: NAME/V/P)}]}. */
#ifndef OMEN_SYNC_MANIFEST_H
#define OMEN_SYNC_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sync/plan.h"

#define MANIFEST_SIZE_MAX ((size_t)16 * 1024 * 1024)
#define POINTER_MODELS_MAX 10000

/* Adds a version (with its manifest's object, sha256 and print, without files) per model. */
bool pointer_read(const char *text, size_t length, struct catalog *catalog, struct err *err);

/* Fills the files of a version whose model and version it must name. With has_listing, each file
 * must be one that is there already, and gets the manifest's digest; else they are new. now: the
 * wall clock, for "expires". */
bool manifest_read(const char *text, size_t length, bool has_listing, int64_t now,
                   struct plan_version *version, struct err *err);

void manifest_write(const struct plan_version *version, int64_t serial, struct buf *out);
/* Writes the models of a catalog that came from pointer_read. */
void pointer_write(const struct catalog *catalog, struct buf *out);

#endif
