#include "sync/auth.h"

#include <string.h>

bool auth_sign(struct auth *auth, struct request *request, struct err *err)
{
    char origin[sizeof auth->origin];
    if (auth == NULL)
        return true;
    if (!request_origin(request->url, origin, sizeof origin) || strcmp(origin, auth->origin) != 0)
        return err_set(err, ERR_INTERNAL, "credentials of %s are for another host than asked",
                       auth->type->name);
    return auth->type->sign(auth, request, err) || err_prefix(err, "%s", auth->type->name);
}

bool auth_refresh(struct auth *auth, struct err *err)
{
    if (auth == NULL || auth->type->refresh == NULL)
        return err_set(err, ERR_UNAVAILABLE, "there are no credentials to renew");
    return auth->type->refresh(auth, err) || err_prefix(err, "%s", auth->type->name);
}

bool auth_learn(struct auth *auth, const struct response *response)
{
    return auth != NULL && auth->type->learn != NULL && auth->type->learn(auth, response);
}

void auth_destroy(struct auth *auth)
{
    if (auth != NULL)
        auth->type->destroy(auth);
}
