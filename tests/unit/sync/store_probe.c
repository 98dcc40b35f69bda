/* Drives one store from the command line, for tests with real servers: what a store lists, tells,
 * brings and takes, and what kind of failure it reports. Answers in JSON lines. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "codec/json.h"
#include "sync/store.h"

static const char usage[] =
    "usage: store_probe [OPTION VALUE]... list URL [UNDER] | look URL NAME | read URL NAME |\n"
    "       get URL NAME FILE | put URL NAME FILE REVISION | small URL NAME TEXT REVISION\n"
    "options: endpoint region account profile project (texts), anonymous path_style writable\n"
    "         (yes or no), patience retries stall part pause objects (numbers)\n";

struct probe {
    struct store_options store;
    struct transfer_options transfer;
    struct store *source;
    struct store_object object; /* of a download */
};

static bool set_option(struct probe *probe, const char *name, const char *value)
{
    struct {
        const char *name;
        const char **text;
        bool *flag;
        int64_t *number;
        int64_t unit;
    } const known[] = {
        {.name = "endpoint", .text = &probe->store.endpoint},
        {.name = "region", .text = &probe->store.region},
        {.name = "account", .text = &probe->store.account},
        {.name = "profile", .text = &probe->store.profile},
        {.name = "project", .text = &probe->store.billing_project},
        {.name = "proxy", .text = &probe->transfer.proxy},
        {.name = "anonymous", .flag = &probe->store.anonymous},
        {.name = "path_style", .flag = &probe->store.path_style},
        {.name = "writable", .flag = &probe->store.writable},
        {.name = "patience", .number = &probe->store.metadata_patience, .unit = CLOCK_NS_PER_MS},
        {.name = "objects", .number = &probe->store.max_objects, .unit = 1},
        {.name = "retries", .number = &probe->transfer.retries, .unit = 1},
        {.name = "stall", .number = &probe->transfer.stall_timeout, .unit = CLOCK_NS_PER_MS},
        {.name = "lanes", .number = &probe->transfer.object_connections, .unit = 1},
        {.name = "part", .number = &probe->transfer.part_size, .unit = 1},
        {.name = "pause", .number = &probe->transfer.retry_pause, .unit = CLOCK_NS_PER_MS},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        if (known[i].text != NULL)
            *known[i].text = value;
        else if (known[i].flag != NULL)
            *known[i].flag = strcmp(value, "yes") == 0;
        else
            *known[i].number = strtoll(value, NULL, 10) * known[i].unit;
        return true;
    }
    return false;
}

static void put_digest(struct buf *out, const char *name, const unsigned char *bytes, size_t size)
{
    char text[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(bytes, size, text);
    buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

static bool print_object(void *context, const struct store_object *object, struct err *err)
{
    struct buf out = BUF_INIT;
    (void)context, (void)err;
    buf_put_text(&out, "{\"name\":");
    json_write_string(&out, object->name, object->name_length);
    buf_printf(&out, ",\"size\":%" PRId64 ",\"revision\":", object->size);
    json_write_string(&out, object->revision, strlen(object->revision));
    if (object->has_crc32c)
        buf_printf(&out, ",\"crc32c\":%" PRIu32, object->crc32c);
    if (object->has_md5)
        put_digest(&out, "md5", object->md5, sizeof object->md5);
    if (object->has_sha256)
        put_digest(&out, "sha256", object->sha256, sizeof object->sha256);
    printf("%s}\n", buf_text(&out));
    buf_finish(&out);
    return true;
}

static bool describe(void *context, size_t job, int64_t first, int64_t last,
                     struct request *request, struct err *err)
{
    struct probe *probe = context;
    (void)job;
    return probe->source->type->get(probe->source, &probe->object, first, last, request, err);
}

static bool is_pinned(void *context, size_t job, const struct response *response)
{
    struct probe *probe = context;
    (void)job;
    return probe->source->type->is_pinned(&probe->object, response);
}

/* What is there now is downloaded, although it may be replaced in the meantime. */
static bool download(struct probe *probe, const char *name, const char *path, struct err *err)
{
    const struct store_type *type = probe->source->type;
    probe->object.name = name;
    probe->object.name_length = strlen(name);
    if (!type->look(probe->source, name, &probe->object, err))
        return false;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t parts = transfer_part_count(probe->source->transfer, probe->object.size);
    struct transfer_job job = {
        .fd = fd, .size = probe->object.size, .map = mem_array(parts + 1, 1)};
    const struct transfer_source source = {probe, describe, is_pinned, type->judge,
                                           probe->source->auth};
    bool good = fd >= 0 && job.map != NULL
                    ? transfer_run(probe->source->transfer, &source, &job, 1, err)
                    : err_set(err, ERR_IO, "cannot write the file");
    free(job.map);
    close(fd);
    return good && print_object(NULL, &probe->object, err);
}

static bool upload(struct probe *probe, const char *name, const char *path, const char *body,
                   const char *revision, struct err *err)
{
    struct store_object object = {.name = name, .name_length = strlen(name)};
    struct stat status = {.st_size = body != NULL ? (off_t)strlen(body) : 0};
    int fd = body == NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (body == NULL && (fd < 0 || fstat(fd, &status) != 0))
        return err_set(err, ERR_IO, "cannot read the file");
    object.size = status.st_size;
    snprintf(object.revision, sizeof object.revision, "%s", revision);
    char *data = mem_array((size_t)status.st_size + 1, 1);
    if (data != NULL && body != NULL)
        memcpy(data, body, strlen(body));
    else if (data == NULL || pread(fd, data, (size_t)object.size, 0) != object.size)
        return err_set(err, ERR_IO, "cannot read the file");
    struct digest *md5 = digest_create(DIGEST_MD5);
    unsigned char bytes[DIGEST_SIZE_MAX];
    digest_update(md5, data, (size_t)object.size);
    object.has_md5 = digest_end(md5, bytes) == sizeof object.md5;
    memcpy(object.md5, bytes, sizeof object.md5);
    free(data);
    bool good = probe->source->type->put(probe->source, &object, fd, body, err);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool read_whole(struct probe *probe, const char *name, struct err *err)
{
    struct store_object object = {.name = name, .name_length = strlen(name)};
    char *data;
    size_t size;
    bool unchanged;
    if (!store_read(probe->source, &object, "", 1 << 20, &data, &size, &unchanged, err))
        return false;
    fwrite(data, 1, size, stdout);
    free(data);
    return true;
}

static bool run(struct probe *probe, char **words, int count, struct err *err)
{
    const char *verb = words[0];
    if (strcmp(verb, "list") == 0)
        return probe->source->type->list(probe->source, count > 2 ? words[2] : "", print_object,
                                         NULL, err);
    struct store_object object = {.name = words[2], .name_length = strlen(words[2])};
    if (strcmp(verb, "look") == 0)
        return probe->source->type->look(probe->source, words[2], &object, err) &&
               print_object(NULL, &object, err);
    if (strcmp(verb, "read") == 0)
        return read_whole(probe, words[2], err);
    if (strcmp(verb, "get") == 0 && count == 4)
        return download(probe, words[2], words[3], err);
    if (strcmp(verb, "put") == 0 && count == 5)
        return upload(probe, words[2], words[3], NULL, words[4], err);
    if (strcmp(verb, "small") == 0 && count == 5)
        return upload(probe, words[2], NULL, words[3], words[4], err);
    return err_set(err, ERR_INVALID, "%s", usage);
}

static bool open_and_run(struct probe *probe, struct transfer *transfer, char **words, int count,
                         struct err *err)
{
    struct source_url url;
    if (!source_url_parse(words[1], &url, err))
        return false;
    probe->source = store_open(&url, &probe->store, transfer, err);
    bool good = probe->source != NULL && run(probe, words, count, err);
    store_close(probe->source);
    source_url_finish(&url);
    return good;
}

int main(int argc, char **argv)
{
    struct probe probe = {.store = {.endpoint = "",
                                    .region = "",
                                    .account = "",
                                    .profile = "",
                                    .billing_project = "",
                                    .token_file = "",
                                    .header_file = "",
                                    .max_objects = 100000},
                          .transfer = {.connections = 4,
                                       .object_connections = 2,
                                       .part_size = 1 << 20,
                                       .retries = 4,
                                       .connect_timeout = 5 * CLOCK_NS_PER_S,
                                       .stall_timeout = 5 * CLOCK_NS_PER_S,
                                       .retry_pause = CLOCK_NS_PER_S / 20,
                                       .proxy = "",
                                       .no_proxy = "",
                                       .ca_file = "",
                                       .ca_path = "",
                                       .client_cert = "",
                                       .client_key = ""}};
    struct err err = ERR_INIT;
    int next = 1;
    while (next + 1 < argc && set_option(&probe, argv[next], argv[next + 1]))
        next += 2;
    if (argc - next < 2) {
        fputs(usage, stderr);
        return 2;
    }
    struct transfer *transfer = transfer_create(&probe.transfer, &err);
    bool good = transfer != NULL && open_and_run(&probe, transfer, argv + next, argc - next, &err);
    const struct transfer_counts *counts = transfer_counts(transfer);
    fprintf(stderr, "%s\n{\"failure\":%d,\"requests\":%lld,\"retries\":%lld,\"refreshes\":%lld}\n",
            err.text, good ? 0 : (int)transfer_failure(transfer), (long long)counts->requests,
            (long long)counts->retries, (long long)counts->token_refreshes);
    transfer_destroy(transfer);
    json_thread_finish();
    return good ? 0 : 1;
}
