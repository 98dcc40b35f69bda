#include "sync/metadata.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "sync/secret_file.h"
#include "sync/token.h"
#include "sync/xml.h"

#define PAUSE_FIRST (CLOCK_NS_PER_S / 8)
#define PAUSE_MAX CLOCK_NS_PER_S /* a signal is noticed after it at the latest */

static enum verdict judge(const struct response *response)
{
    if (response->status == 200)
        return VERDICT_GOOD;
    if (response->status == 0 || response->status == 404 || response->status == 429 ||
        response->status >= 500)
        return VERDICT_RETRY;
    return VERDICT_DENIED;
}

bool metadata_fetch(struct transfer *transfer, const struct request *request, const char *who,
                    int64_t patience, struct response *response, struct err *err)
{
    int64_t end = clock_monotonic_ns() + patience, pause = PAUSE_FIRST;
    while (
        !transfer_fetch_once(transfer, request, NULL, judge, METADATA_REPLY_MAX, response, err)) {
        enum failure failure = transfer_failure(transfer);
        int64_t left = end - clock_monotonic_ns();
        if (judge(response) != VERDICT_RETRY || failure == FAILURE_STOPPED ||
            failure == FAILURE_TIMEOUT || left <= 0)
            return metadata_refused(response, who, err);
        int64_t wait = pause < left ? pause : left;
        nanosleep(&(struct timespec){wait / CLOCK_NS_PER_S, wait % CLOCK_NS_PER_S}, NULL);
        pause = pause < PAUSE_MAX / 2 ? 2 * pause : PAUSE_MAX;
        response_finish(response);
    }
    return true;
}

static bool is_word(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    size_t length = strlen(text);
    return length > 0 && length < 64 && strspn(text, letters) == length;
}

bool metadata_refused(const struct response *response, const char *who, struct err *err)
{
    char code[64] = "", *word = NULL;
    if (response->status == 0)
        return err_prefix(err, "%s", who);
    if (response->body.length > 0 &&
        token_read_member(response->body.data, response->body.length, "error", &word, NULL) &&
        is_word(word))
        snprintf(code, sizeof code, "%s", word);
    else
        xml_find(response->body.data, response->body.length, "Code", code, sizeof code);
    secret_free(word);
    bool said = is_word(code);
    return err_set(err, ERR_IO, "%s answers %d%s%s%s", who, response->status, said ? " (" : "",
                   said ? code : "", said ? ")" : "");
}
