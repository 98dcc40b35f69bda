#include "cli/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "codec/json.h"

static const char *const new_names[] = {"model.json", "omen.json", NULL};

void sidecar_finish(struct sidecar *sidecar)
{
    free(sidecar->directory);
    free(sidecar->name);
    free(sidecar->text);
    free(sidecar->trained_name);
    free(sidecar->trained);
    *sidecar = (struct sidecar){.directory = NULL};
}

static bool keep(char **to, const char *text, size_t length, struct err *err)
{
    free(*to);
    *to = mem_copy_text(text, length);
    return *to != NULL || err_set(err, ERR_MEMORY, "no memory for a file's name");
}

/* --- what a file is ------------------------------------------------------------------------ */

static const struct json *member(const struct json *object, const char *key)
{
    bool found = false;
    return json_type(object) == JSON_OBJECT ? json_object_get(object, key, &found) : NULL;
}

/* A document, and the name of the trainer's file in it, if there is one. */
static bool is_document(const char *data, size_t size, char **names_file)
{
    struct json *root = NULL;
    *names_file = NULL;
    if (size == 0 || memmem(data, size, "\"omen/", 6) == NULL ||
        !json_parse_document(data, size, &root, NULL))
        return false;
    const struct json *format = member(root, "format");
    bool is =
        json_type(format) == JSON_STRING && strncmp(json_string(format, NULL), "omen/", 5) == 0;
    const struct json *file = member(member(root, "model"), "file");
    if (is && json_type(file) == JSON_STRING) {
        size_t length;
        const char *name = json_string(file, &length);
        *names_file = mem_copy_text(name, length);
    }
    json_free(root);
    return is;
}

static bool read_inside(const struct sidecar *sidecar, const char *name,
                        const struct load_limits *limits, char **data, size_t *size,
                        struct err *err)
{
    char *path = NULL;
    if (!file_name_is_safe(name, strlen(name)))
        return err_set(err, ERR_INVALID, "'%.64s' is no name of a file that a model may have",
                       name);
    if (asprintf(&path, "%s/%s", sidecar->directory, name) < 0)
        return err_set(err, ERR_MEMORY, "no memory for a path");
    bool ok = file_read(path, (size_t)limits->max_model_bytes, data, size, err);
    free(path);
    return ok;
}

/* --- finding ------------------------------------------------------------------------------- */

static bool begin_document(struct sidecar *sidecar, const char *format, struct err *err)
{
    struct buf text = BUF_INIT;
    buf_put_text(&text, "{\n \"format\": \"omen/1\",\n \"model\": {\"file\": ");
    json_write_string(&text, sidecar->trained_name, strlen(sidecar->trained_name));
    buf_printf(&text, ", \"format\": \"%s\"}\n}\n", format);
    bool ok = !text.failed && keep(&sidecar->text, text.data, text.length, err);
    sidecar->size = text.length;
    buf_finish(&text);
    return ok || err_set(err, ERR_MEMORY, "no memory for a document");
}

/* The document beside the trainer's file that names it, or a name that is free. */
static bool find_beside(struct sidecar *sidecar, const struct load_limits *limits,
                        const char *format, struct err *err)
{
    for (const char *const *name = new_names; *name != NULL; name++) {
        struct err own = ERR_INIT;
        char *names_file = NULL;
        if (strcmp(*name, sidecar->trained_name) == 0)
            continue;
        if (!keep(&sidecar->name, *name, strlen(*name), err))
            return false;
        if (!read_inside(sidecar, *name, limits, &sidecar->text, &sidecar->size, &own)) {
            if (own.code == ERR_NOT_FOUND)
                return begin_document(sidecar, format, err);
            *err = own;
            return false;
        }
        bool mine = is_document(sidecar->text, sidecar->size, &names_file) && names_file != NULL &&
                    strcmp(names_file, sidecar->trained_name) == 0;
        free(names_file);
        sidecar->exists = mine;
        if (mine)
            return true;
        free(sidecar->text);
        sidecar->text = NULL;
    }
    return err_set(err, ERR_INVALID,
                   "beside %.64s there are %s and %s, and neither is its document",
                   sidecar->trained_name, new_names[0], new_names[1]);
}

/* A document was read into text: what it names is read, too. **Takes** names_file. */
static bool take_document(struct sidecar *sidecar, const struct load_limits *limits,
                          char *names_file, struct err *err)
{
    sidecar->exists = true;
    sidecar->trained_name = names_file;
    return names_file == NULL ||
           read_inside(sidecar, names_file, limits, &sidecar->trained, &sidecar->trained_size, err);
}

static bool find_by_file(const char *path, const struct load_limits *limits,
                         struct sidecar *sidecar, struct err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    char *names_file, *data;
    size_t size;
    if (!keep(&sidecar->directory, slash == NULL ? "." : path, length, err) ||
        !read_inside(sidecar, name, limits, &data, &size, err))
        return false;
    if (is_document(data, size, &names_file)) {
        sidecar->text = data;
        sidecar->size = size;
        bool kept = keep(&sidecar->name, name, strlen(name), err);
        return take_document(sidecar, limits, names_file, err) && kept;
    }
    const struct format_file file = {.name = name, .data = data, .size = size};
    const struct format *format = format_detect_trained(&file);
    sidecar->trained = data;
    sidecar->trained_size = size;
    if (format == NULL) {
        struct artifact artifact;
        return format_load(&file, 1, &artifact, err); /* says what it is */
    }
    return keep(&sidecar->trained_name, name, strlen(name), err) &&
           find_beside(sidecar, limits, format->name, err);
}

static bool find_in_bundle(const struct bundle *bundle, const char *directory,
                           const struct load_limits *limits, struct sidecar *sidecar,
                           struct err *err)
{
    const char *found = NULL;
    for (size_t i = 0; i < bundle->count; i++) {
        char *names_file = NULL;
        if (is_document(bundle->files[i].data, bundle->files[i].size, &names_file))
            found = bundle->files[i].name;
        free(names_file);
    }
    for (size_t i = 0; found == NULL && i < bundle->count; i++)
        if (format_detect_trained(&bundle->files[i]) != NULL)
            found = bundle->files[i].name;
    if (found == NULL)
        return err_set(err, ERR_NOT_FOUND, "none of the %zu files is a model", bundle->count);
    char *path = NULL;
    if (asprintf(&path, "%s/%s", directory, found) < 0)
        return err_set(err, ERR_MEMORY, "no memory for a path");
    bool ok = find_by_file(path, limits, sidecar, err);
    free(path);
    return ok;
}

bool sidecar_find(const char *path, const struct load_limits *limits, struct sidecar *sidecar,
                  struct err *err)
{
    struct stat status;
    struct bundle bundle;
    struct bundle_print print;
    struct artifact artifact;
    const struct bundle_limits bundle_limits = {(size_t)limits->max_model_bytes,
                                                (size_t)limits->max_model_files};
    *sidecar = (struct sidecar){.directory = NULL};
    if (stat(path, &status) != 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                             "cannot be looked at");
    if (!S_ISDIR(status.st_mode))
        return find_by_file(path, limits, sidecar, err);
    if (!bundle_read(AT_FDCWD, path, &bundle_limits, &bundle, &print, err))
        return false;
    /* Whether there is one model, and which files are two. */
    bool ok = format_load(bundle.files, bundle.count, &artifact, err);
    if (ok)
        artifact_finish(&artifact);
    ok = ok && find_in_bundle(&bundle, path, limits, sidecar, err);
    bundle_finish(&bundle);
    return ok;
}

bool sidecar_load(const struct sidecar *sidecar, const char *text, size_t size,
                  struct artifact *artifact, struct err *err)
{
    struct format_file files[2];
    size_t count = 0;
    if (text != NULL || sidecar->exists)
        files[count++] = (struct format_file){.name = sidecar->name,
                                              .data = text != NULL ? text : sidecar->text,
                                              .size = text != NULL ? size : sidecar->size};
    if (sidecar->trained_name != NULL)
        files[count++] = (struct format_file){
            .name = sidecar->trained_name, .data = sidecar->trained, .size = sidecar->trained_size};
    return format_load(files, count, artifact, err);
}

/* --- changing ------------------------------------------------------------------------------ */

/* Behind the string that begins at `at`. The text is JSON: it was parsed. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at < end ? at + 1 : end;
}

/* The comma or brace that ends the member of the top-level object in which `at` is. */
static const char *skip_member(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end && (depth > 0 || (*at != ',' && *at != '}'))) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    }
    return at;
}

static bool has_key(const char *at, const char *end, const char *key)
{
    size_t length = strlen(key);
    while (at < end && *at != '"')
        at++;
    return (size_t)(end - at) > length + 1 && memcmp(at + 1, key, length) == 0 &&
           at[length + 1] == '"';
}

static const char *trimmed_end(const char *begin, const char *end)
{
    while (end > begin && strchr(" \t\r\n", end[-1]) != NULL)
        end--;
    return end;
}

static void put_member(struct buf *out, bool first, const char *key, const char *value)
{
    if (value != NULL)
        buf_printf(out, "%s\n \"%s\": %s", first ? "" : ",", key, value);
}

bool sidecar_splice(const char *text, size_t size, const char *golden, const char *baseline,
                    struct buf *out, struct err *err)
{
    const char *end = text + size;
    const char *at = memchr(text, '{', size);
    bool first = true;
    if (at == NULL)
        return err_set(err, ERR_INTERNAL, "the document is no object");
    buf_put_char(out, '{');
    at++;
    while (at < end && *at != '}') {
        const char *next = skip_member(at, end);
        bool replaced = (golden != NULL && has_key(at, next, "golden")) ||
                        (baseline != NULL && has_key(at, next, "baseline"));
        if (!replaced && trimmed_end(at, next) > at) {
            if (!first)
                buf_put_char(out, ',');
            buf_put(out, at, (size_t)(trimmed_end(at, next) - at));
            first = false;
        }
        at = next < end && *next == ',' ? next + 1 : next;
    }
    put_member(out, first, "golden", golden);
    put_member(out, first && golden == NULL, "baseline", baseline);
    buf_put_text(out, "\n}\n");
    return !out->failed || err_set(err, ERR_MEMORY, "no memory for the document");
}

static bool write_all(int fd, const char *text, size_t size, struct err *err)
{
    while (size > 0) {
        ssize_t written = write(fd, text, size);
        if (written < 0 && errno != EINTR)
            return err_set_errno(err, ERR_IO, errno, "cannot write");
        text += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return fsync(fd) == 0 || err_set_errno(err, ERR_IO, errno, "cannot write");
}

/* The rights of the file that is replaced, or those of any new file. */
static mode_t mode_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0)
        return status.st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static bool replace(const char *path, char *temporary, const char *text, size_t size,
                    struct err *err)
{
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "cannot write beside %s", path);
    bool ok = fchmod(fd, mode_of(path)) == 0 ||
              err_set_errno(err, ERR_IO, errno, "cannot set the rights");
    ok = ok && write_all(fd, text, size, err);
    if (close(fd) != 0 && ok)
        ok = err_set_errno(err, ERR_IO, errno, "cannot write");
    if (ok && rename(temporary, path) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "cannot rename");
    if (!ok)
        unlink(temporary);
    return ok || err_prefix(err, "%s", path);
}

bool sidecar_write(const struct sidecar *sidecar, const char *text, size_t size, struct err *err)
{
    char *path = NULL, *temporary = NULL;
    bool ok = asprintf(&path, "%s/%s", sidecar->directory, sidecar->name) >= 0 &&
              /* hidden: no worker takes it for a part of the model */
              asprintf(&temporary, "%s/.%s.XXXXXX", sidecar->directory, sidecar->name) >= 0;
    ok = ok ? replace(path, temporary, text, size, err)
            : err_set(err, ERR_MEMORY, "no memory for a path");
    free(path);
    free(temporary);
    return ok;
}
