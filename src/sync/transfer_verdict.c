/* What a reply, or the lack of one, means for what comes next. */
#include "sync/transfer_private.h"

enum verdict transfer_judge(const struct response *response)
{
    int status = response->status;
    if (status >= 200 && status < 300)
        return VERDICT_GOOD;
    switch (status) {
    case 304:
        return VERDICT_UNCHANGED;
    case 401:
        return VERDICT_AUTH;
    case 403:
        return VERDICT_DENIED;
    case 404:
    case 410:
        return VERDICT_GONE;
    case 412:
        return VERDICT_CHANGED;
    case 408:
    case 429:
        return VERDICT_RETRY;
    default:
        return status >= 500 ? VERDICT_RETRY : VERDICT_BAD;
    }
}

enum failure transfer_failure_of(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_GOOD:
    case VERDICT_UNCHANGED:
        return FAILURE_NONE;
    case VERDICT_RETRY:
        return FAILURE_TRANSIENT;
    case VERDICT_AUTH:
    case VERDICT_DENIED:
        return FAILURE_AUTH;
    case VERDICT_GONE:
        return FAILURE_GONE;
    case VERDICT_CHANGED:
        return FAILURE_CHANGED;
    case VERDICT_BAD:
        break;
    }
    return FAILURE_OTHER;
}

void transfer_count_reply(struct transfer *transfer, CURLcode code, long status)
{
    bool told = code == CURLE_OK && status >= 100 && status < 600;
    transfer->counts.replies[told ? status / 100 : 0]++;
}

bool transfer_is_passing(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
        return true;
    default:
        return false;
    }
}
