/* route/status.c: the one table that turns an err into an HTTP status. */
#include "route/route.h"

int route_status(err e)
{
    static const short status[ERR__COUNT] = {
        [ERR_OK] = 200,    [ERR_INPUT] = 400, [ERR_ANONYMOUS] = 401, [ERR_FORBIDDEN] = 403, [ERR_NOT_FOUND] = 404, [ERR_CONFLICT] = 409,
        [ERR_LIMIT] = 429, [ERR_NOMEM] = 500, [ERR_STORE] = 500,     [ERR_WORKER] = 500,    [ERR_BUSY] = 503,
    };
    return (unsigned)e < ERR__COUNT ? status[e] : 500;
}
