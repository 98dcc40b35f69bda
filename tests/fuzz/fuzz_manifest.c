/* Pointers and manifests. The first byte chooses: a pointer, a manifest alone, or one beside a
 * listing. Whatever is accepted and not refused names files that can be created below a directory,
 * within the limits; and what is written of it reads back to the same. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sync/manifest.h"
#include "sync/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct plan_limits limits = {1 << 20, 1 << 21, 1000};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_pointer(const char *text, size_t length)
{
    struct catalog catalog = {.versions = NULL};
    struct catalog again = {.versions = NULL};
    struct err err = ERR_INIT;
    struct buf out = BUF_INIT;
    if (pointer_read(text, length, &catalog, &err)) {
        pointer_write(&catalog, &out);
        check(pointer_read(out.data, out.length, &again, &err));
        check(again.count == catalog.count);
        for (size_t i = 0; i < catalog.count; i++) {
            const struct plan_version *version = &catalog.versions[i];
            check(strchr(version->model, '/') == NULL && version->model[0] != '.');
            check(strchr(version->version, '/') == NULL && version->version[0] != '.');
            check(name_is_path(version->manifest.name, version->manifest.name_length, NULL));
            check(strcmp(version->print, again.versions[i].print) == 0);
        }
    } else {
        check(err.text[0] != '\0');
    }
    buf_finish(&out);
    catalog_finish(&catalog);
    catalog_finish(&again);
}

static void check_version(const struct plan_version *version)
{
    int64_t bytes = 0;
    check(version->count > 0);
    for (size_t i = 0; i < version->count; i++) {
        const struct plan_file *file = &version->files[i];
        check(name_is_path(file->path, strlen(file->path), NULL));
        check(name_is_path(file->object.name, file->object.name_length, NULL));
        check(file->object.has_sha256 && file->object.size >= 0);
        check(i == 0 || strcmp(version->files[i - 1].path, file->path) < 0);
        bytes += file->object.size;
    }
    check(bytes == version->bytes && bytes <= limits.total_bytes);
}

static void check_written(struct plan_version *version)
{
    struct plan_version again = {.model = mem_copy_text("m", 1), .version = mem_copy_text("1", 1)};
    struct buf out = BUF_INIT;
    check(again.model != NULL && again.version != NULL);
    again.by_pointer = true;
    manifest_write(version, 1, &out);
    check(!out.failed && manifest_read(out.data, out.length, false, 0, &again, NULL));
    check(again.count == version->count);
    buf_finish(&out);
    plan_version_finish(&again);
}

static void check_manifest(const char *text, size_t length, bool listed)
{
    struct plan_version version = {.model = mem_copy_text("m", 1),
                                   .version = mem_copy_text("1", 1)};
    struct store_object object = {.name = "m/1/a", .name_length = 5, .size = 1};
    struct err err = ERR_INIT;
    check(version.model != NULL && version.version != NULL);
    version.has_manifest = true;
    version.by_pointer = !listed;
    if (listed)
        check(plan_add(&version, "a", 1, &object, &err) &&
              plan_add(&version, "b/c", 3, &object, &err) && plan_seal(&version, &limits, &err));
    version.print[0] = '\0';
    if (!manifest_read(text, length, listed, 0, &version, &err)) {
        check(err.text[0] != '\0');
    } else {
        check(plan_seal(&version, &limits, &err));
        if (version.refused[0] == '\0') {
            check_version(&version);
            check_written(&version);
        }
    }
    plan_version_finish(&version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    if (data[0] % 3 == 0)
        check_pointer(text, size - 1);
    else
        check_manifest(text, size - 1, data[0] % 3 == 1);
    return 0;
}
