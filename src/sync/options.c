#include "sync/options.h"

#include <stddef.h>
#include <string.h>

#define KIB 1024.0
#define MIB (1024.0 * KIB)
#define TIB (1024.0 * 1024.0 * MIB)
#define MS 1e6
#define SECOND 1e9
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* The order of enum mirror_layout, plan_complete, publish_fsync, recheck, log_level, log_format. */
static const char *const layouts[] = {"auto", "versions", "manifest", NULL};
static const char *const completes[] = {"auto", "manifest", "marker", "settled", NULL};
static const char *const fsyncs[] = {"auto", "always", "never", NULL};
static const char *const rechecks[] = {"auto", "always", "never", NULL};
static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const formats[] = {"auto", "text", "json", NULL};

#define VALUE(member) .offset = offsetof(struct options, member)
#define BOUNDS(minimum_, maximum_) .minimum = (minimum_), .maximum = (maximum_)

static const struct config_option rows[] = {
    {"sync", "once", CONFIG_BOOL, VALUE(once), "no",
     .help = "Synchronise once and exit, as an init container does."},
    {"sync", "period", CONFIG_DURATION, VALUE(period), "30s", BOUNDS(10 * MS, DAY),
     .help = "Time between two looks at the source, give or take a fifth."},
    {"sync", "timeout", CONFIG_DURATION, VALUE(timeout), "0", BOUNDS(0, 7 * DAY),
     .help = "Longest time for one synchronisation; what was downloaded stays for the next. 0: no "
             "limit."},
    {"sync", "lock-timeout", CONFIG_DURATION, VALUE(lock_timeout), "60s", BOUNDS(0, DAY),
     .help = "How long to wait for another omen-sync on the same directory."},
    {"sync", "max-failures", CONFIG_INTEGER, VALUE(max_failures), "0", BOUNDS(0, 1e9),
     .help = "Exit after so many failures in a row. 0: never; with --once the first one ends it. A "
             "higher number has --once wait, a period each time, for a source that cannot be "
             "reached or has no models yet."},
    {"sync", "allow-stale", CONFIG_BOOL, VALUE(allow_stale), "no",
     .help = "With --once: succeed, with a warning, if the source cannot be reached but a model is "
             "there from before."},
    {"sync", "model", CONFIG_TEXT, VALUE(model), "",
     .help = "Only the model of this name. Empty: all."},
    {"sync", "single", CONFIG_TEXT, VALUE(single), "",
     .help = "The source is one model, and this is its name: VERSION/files, each version beginning "
             "with a digit, or files alone, which are then version 1. Any other source, and one "
             "with a CURRENT, is read as without this."},
    {"sync", "version", CONFIG_TEXT, VALUE(version), "",
     .help = "Only this version of each model. Empty: the newest that is whole."},
    {"sync", "layout", CONFIG_CHOICE, VALUE(layout), "auto", .choices = layouts,
     .help = "versions: NAME/VERSION/files, as listed. manifest: what the object CURRENT points "
             "to. auto: manifest if there is a CURRENT; always manifest for https."},
    {"sync", "complete", CONFIG_CHOICE, VALUE(complete), "auto", .choices = completes,
     .help = "What tells that a version was uploaded to its end: the file omen-manifest.json in "
             "it, the file _SUCCESS in it, or two equal listings. auto: the strictest that any "
             "version of the model has."},
    {"sync", "settle", CONFIG_DURATION, VALUE(settle), "5s", BOUNDS(0, DAY),
     .help = "How far apart two equal listings must be to make a version complete."},
    {"sync", "patience", CONFIG_DURATION, VALUE(patience), "5m", BOUNDS(0, 7 * DAY),
     .help = "With --once: how long to wait for a model of which no version is whole yet. Where an "
             "older one is whole, that is taken."},
    {"sync", "keep", CONFIG_INTEGER, VALUE(keep), "2", BOUNDS(0, 1000),
     .help = "Versions of a model that stay on the disk besides current, previous and pinned."},
    {"sync", "grace", CONFIG_DURATION, VALUE(grace), "10m", BOUNDS(0, 365 * DAY),
     .help = "How long a version stays at least after another took its place."},
    {"sync", "fsync", CONFIG_CHOICE, VALUE(fsync), "auto", .choices = fsyncs,
     .help = "Wait for the disk before a version is published. auto: unless the directory is in "
             "memory (tmpfs)."},
    {"sync", "reserve", CONFIG_SIZE, VALUE(reserve), "16m", BOUNDS(0, 1024 * TIB),
     .help = "Bytes of the disk that are to stay free."},
    {"sync", "max-disk-bytes", CONFIG_SIZE, VALUE(max_disk_bytes), "0", BOUNDS(0, 1024 * TIB),
     .help = "Bytes that all models may take on the disk, old versions too; these go first. 0: no "
             "limit. Below an emptyDir's sizeLimit, whose excess evicts the pod."},
    {"sync", "recheck", CONFIG_CHOICE, VALUE(recheck), "auto", .choices = rechecks,
     .help = "Look at the current versions when it starts: always: at every byte. auto: at every "
             "byte after a restart of the machine, else that the files are there. What is damaged "
             "is taken away, the previous version becomes current, and it is downloaded again."},
    {"sync", "max-object-bytes", CONFIG_SIZE, VALUE(max_object_bytes), "64g", BOUNDS(1, 1024 * TIB),
     .help = "A version with a larger file is refused."},
    {"sync", "max-total-bytes", CONFIG_SIZE, VALUE(max_total_bytes), "256g", BOUNDS(1, 1024 * TIB),
     .help = "A version whose files are larger together is refused."},
    {"sync", "max-objects", CONFIG_INTEGER, VALUE(max_objects), "100000", BOUNDS(1, 1e7),
     .help = "A version with more files, or a listing with more objects, is refused."},
    {"sync", "public-key", CONFIG_TEXT, VALUE(public_key), "",
     .help = "Files of Ed25519 public keys (PEM or minisign's), separated by colons: a manifest is "
             "signed by one of them."},
    {"sync", "require-signature", CONFIG_BOOL, VALUE(require_signature), "no",
     .help = "Refuse every version without a signed manifest, before any file of it is read."},
    {"sync", "allow-downgrade", CONFIG_BOOL, VALUE(allow_downgrade), "no",
     .help = "Take a manifest whose serial is lower than that of what was served before."},
    {"sync", "check", CONFIG_TEXT, VALUE(check), "",
     .help = "Shell command that must succeed before a version becomes current, with OMEN_MODEL, "
             "OMEN_VERSION and OMEN_PATH set: for example omen check \"$OMEN_PATH\"."},
    {"sync", "on-change", CONFIG_TEXT, VALUE(on_change), "",
     .help =
         "Shell command after a version became current, with the same variables. Its failure is "
         "told and changes nothing."},
    {"sync", "command-timeout", CONFIG_DURATION, VALUE(command_timeout), "60s", BOUNDS(MS, DAY),
     .help = "Longest time for one of these commands."},
    {"sync", "signal-pid-file", CONFIG_TEXT, VALUE(signal_pid_file), "",
     .help =
         "After a change, send HUP to the process whose number is in this file. The worker sees "
         "changes by itself."},
    {"sync", "worker-state", CONFIG_TEXT, VALUE(worker_state), "",
     .help = "The worker's state-file: a version that the worker refused is quarantined until the "
             "source changes it."},
    {"sync", "auto-rollback", CONFIG_BOOL, VALUE(auto_rollback), "no",
     .help = "Make the previous version current when the worker refused the current one."},
    {"sync", "directory", CONFIG_TEXT, VALUE(directory), "/models",
     .help = "Of rollback and pin: the directory of models."},
    {"sync", "signing-key", CONFIG_TEXT, VALUE(signing_key), "",
     .help = "Of push: file of the Ed25519 private key (PEM) that signs the manifest."},
    {"sync", "checker", CONFIG_TEXT, VALUE(checker), "omen check",
     .help = "Of push: the command that must succeed with the version's directory as its last "
             "argument. Empty: none."},

    {"transfer", "connections", CONFIG_INTEGER, VALUE(connections), "8", BOUNDS(1, 64),
     .help = "Connections at a time."},
    {"transfer", "object-connections", CONFIG_INTEGER, VALUE(object_connections), "4",
     BOUNDS(1, 64), .help = "Of these for one file."},
    {"transfer", "part-size", CONFIG_SIZE, VALUE(part_size), "16m", BOUNDS(64 * KIB, 1024 * MIB),
     .help = "Bytes of one request: larger files are read in parts."},
    {"transfer", "bandwidth", CONFIG_SIZE, VALUE(bandwidth), "0", BOUNDS(0, TIB),
     .help = "Bytes per second of all downloads together. 0: no limit."},
    {"transfer", "retries", CONFIG_INTEGER, VALUE(retries), "8", BOUNDS(0, 1000),
     .help = "Attempts in a row that bring no byte before a download fails."},
    {"transfer", "connect-timeout", CONFIG_DURATION, VALUE(connect_timeout), "10s",
     BOUNDS(10 * MS, HOUR), .help = "Longest time to connect."},
    {"transfer", "stall-timeout", CONFIG_DURATION, VALUE(stall_timeout), "30s",
     BOUNDS(SECOND, HOUR),
     .help = "An attempt that brings less than 1 KiB/s for so long is made again."},
    {"transfer", "retry-pause", CONFIG_DURATION, VALUE(retry_pause), "1s", BOUNDS(MS, HOUR),
     .help = "Longest pause before the second attempt; it doubles up to 32 times this. A server's "
             "Retry-After is heeded up to five minutes."},
    {"transfer", "proxy", CONFIG_TEXT, VALUE(proxy), "",
     .help = "Proxy for all but metadata services. Empty: as https_proxy and http_proxy say."},
    {"transfer", "no-proxy", CONFIG_TEXT, VALUE(no_proxy), "",
     .help = "Hosts without proxy. Empty: as no_proxy says."},
    {"transfer", "ca-file", CONFIG_TEXT, VALUE(ca_file), "",
     .help = "Certificates to trust. Empty: AWS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE, or the "
             "system's."},
    {"transfer", "ca-path", CONFIG_TEXT, VALUE(ca_path), "",
     .help = "Directory of certificates to trust. Empty: SSL_CERT_DIR, or the system's."},
    {"transfer", "client-cert", CONFIG_TEXT, VALUE(client_cert), "",
     .help = "Our own certificate, for servers that ask for one."},
    {"transfer", "client-key", CONFIG_TEXT, VALUE(client_key), "", .help = "Its key."},

    {"store", "endpoint", CONFIG_TEXT, VALUE(endpoint), "",
     .help = "Where the store is, instead of the cloud's own address."},
    {"store", "region", CONFIG_TEXT, VALUE(region), "",
     .help = "Region of an s3 bucket. Empty: the environment's, the profile's, or us-east-1."},
    {"store", "account", CONFIG_TEXT, VALUE(account), "",
     .help = "Storage account of az. Empty: AZURE_STORAGE_ACCOUNT."},
    {"store", "profile", CONFIG_TEXT, VALUE(profile), "",
     .help = "Profile of the AWS files. Empty: AWS_PROFILE, or default."},
    {"store", "billing-project", CONFIG_TEXT, VALUE(billing_project), "",
     .help = "Project that pays for a gs bucket whose reader pays."},
    {"store", "anonymous", CONFIG_BOOL, VALUE(anonymous), "no",
     .help = "Look for no credentials. Without it, none found is an error."},
    {"store", "path-style", CONFIG_BOOL, VALUE(path_style), "no",
     .help = "Put an s3 bucket's name into the path although there is no endpoint."},
    {"store", "token-file", CONFIG_TEXT, VALUE(token_file), "",
     .help = "Of https: file with a bearer token, read again for each request."},
    {"store", "header-file", CONFIG_TEXT, VALUE(header_file), "",
     .help = "Of https: file with headers, one a line, read again for each request."},
    {"store", "metadata-patience", CONFIG_DURATION, VALUE(metadata_patience), "45s",
     BOUNDS(0, HOUR),
     .help = "How long to wait for a cloud's metadata service, which may not answer in a pod's "
             "first seconds."},

    {"status", "listen", CONFIG_TEXT, VALUE(listen), "",
     .help = "HOST:PORT of /metrics, /healthz and /readyz. Empty: none."},
    {"status", "textfile", CONFIG_TEXT, VALUE(textfile), "",
     .help = "File that the metrics are written to after each synchronisation."},
    {"status", "progress", CONFIG_BOOL, VALUE(progress), "yes",
     .help =
         "Tell how far a download is: a line on a terminal, a log record every 10 s elsewhere."},
    {"status", "log-level", CONFIG_CHOICE, VALUE(log_level), "info", .choices = levels,
     .help = "The least severe events that are logged."},
    {"status", "log-format", CONFIG_CHOICE, VALUE(log_format), "auto", .choices = formats,
     .help = "auto: text on a terminal, JSON elsewhere."},
};

const struct config_table options_table = {
    .options = rows,
    .count = sizeof rows / sizeof rows[0],
    .values_size = sizeof(struct options),
    .environment = "OMEN_SYNC",
};

bool options_read(struct options *options, const char *path, char **environment, int count,
                  char **arguments, struct config_problems *problems, char **words, int *word_count)
{
    bool ok = config_read(&options_table, options, path, environment, problems);
    return config_read_words(&options_table, options, count, arguments, words, word_count,
                             problems) &&
           ok;
}

void options_finish(struct options *options)
{
    config_finish(&options_table, options);
}
