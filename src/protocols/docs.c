#include "protocols/docs.h"

#include "protocols/embedded.h"

/* Nothing from elsewhere, nothing inline, in nobody's frame. Links are relative, so that the page
 * may be served under a prefix. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "connect-src 'self'; img-src data:; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'";

static void answer(struct http_response *response, const char *type, const struct embedded *file)
{
    response->content_type = type;
    http_response_header(response, "Content-Security-Policy", policy);
    http_response_header(response, "Referrer-Policy", "no-referrer");
    buf_put(&response->body, file->data, file->length);
}

static void page_html(void *context, struct http_request *request, const struct router_match *match,
                      struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    answer(response, "text/html; charset=utf-8", &embedded_page_html);
}

static void page_css(void *context, struct http_request *request, const struct router_match *match,
                     struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    answer(response, "text/css; charset=utf-8", &embedded_page_css);
}

static void page_js(void *context, struct http_request *request, const struct router_match *match,
                    struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    answer(response, "text/javascript; charset=utf-8", &embedded_page_js);
}

/* To the page, whose links would lead astray from here. */
static void page_without_slash(void *context, struct http_request *request,
                               const struct router_match *match, struct http_response *response)
{
    (void)context;
    (void)request;
    (void)match;
    response->status = 301;
    response->content_type = "text/plain; charset=utf-8";
    http_response_header(response, "Location", "../docs");
}

static const struct router_route routes[] = {
    {.method = HTTP_GET, .pattern = "/docs", .handle = page_html},
    {.method = HTTP_GET, .pattern = "/docs/", .handle = page_without_slash},
    {.method = HTTP_GET, .pattern = "/docs/page.css", .handle = page_css},
    {.method = HTTP_GET, .pattern = "/docs/page.js", .handle = page_js},
};

const struct protocol protocol_docs = {
    .name = "docs",
    .routes = routes,
    .route_count = sizeof routes / sizeof routes[0],
};
