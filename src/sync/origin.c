#include "sync/origin.h"

#include <stddef.h>
#include <string.h>

#include "sync/request.h"

bool origin_may_have_secrets(const char *url)
{
    static const char *const hosts[] = {"http://169.254.170.2",  "http://169.254.170.23",
                                        "http://[fd00:ec2::23]", "http://[::1]",
                                        "http://localhost",      NULL};
    char origin[300];
    if (!request_origin(url, origin, sizeof origin))
        return false;
    if (strncmp(origin, "https://", 8) == 0)
        return true;
    size_t length = strlen(origin);
    const char *port = strrchr(origin, ':');
    if (port != NULL && port > origin + 6 && strchr(port, ']') == NULL)
        length = (size_t)(port - origin);
    for (const char *const *host = hosts; *host != NULL; host++)
        if (strlen(*host) == length && strncmp(origin, *host, length) == 0)
            return true;
    static const char loopback[] = "http://127.";
    return strncmp(origin, loopback, sizeof loopback - 1) == 0 &&
           strspn(origin + 7, "0123456789.") == length - 7;
}
