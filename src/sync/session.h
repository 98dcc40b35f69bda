/* What every command needs: the source, the destination, and what happens meanwhile. */
#ifndef OMEN_SYNC_SESSION_H
#define OMEN_SYNC_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "sync/mirror.h"
#include "sync/options.h"
#include "sync/publish.h"
#include "sync/store.h"
#include "sync/transfer.h"

/* What the program ends with. */
enum session_exit {
    EXIT_GOOD = 0,
    EXIT_OTHER = 1,
    EXIT_USAGE = 2,
    EXIT_AUTH = 3,
    EXIT_GONE = 4,
    EXIT_INTEGRITY = 5,
    EXIT_SPACE = 6,
    EXIT_TIMEOUT = 7,
    EXIT_LOCKED = 8,
    EXIT_TRANSIENT = 75,
};
/* Of what publish says: the disk is full, or anything else. */
int session_exit_of_disk(const struct err *err);
int session_exit_of(enum failure failure);

#define SESSION_KEYS_MAX 16

struct session {
    const struct options *options;
    struct source_url url;
    struct store_options store_options;
    struct transfer *transfer;
    struct store *store;
    struct publish publish;
    struct mirror mirror;
    struct signature_key keys[SESSION_KEYS_MAX];
};

/* Set by TERM and INT. */
extern volatile int session_stop;
/* Set by HUP and USR1: look at the source now. */
extern volatile int session_wake;
void session_catch_signals(void);

/* Opens the source (writable: to push); the exit code, 0 when well. What went wrong was told. */
int session_open_source(struct session *session, const char *source, bool writable);
int session_open_directory(struct session *session, const char *directory, bool make);
void session_close(struct session *session);

/* "omen-sync: sentence" on standard error. Returns code. */
int session_complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
