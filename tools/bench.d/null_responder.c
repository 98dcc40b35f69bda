/* A FastCGI responder that does nothing: it reads each request to its end and gives one fixed
 * answer. What it costs behind nginx is what any responder on libfcgi costs, so tools/bench shows
 * what omen adds to it. Threads share one epoll set; a connection is in one thread's hands at a
 * time.
 *
 * usage: null-responder SOCKET [THREADS] */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fcgiapp.h>

#define BACKLOG 4096
#define ACCEPT_BURST 64
#define THREADS_MAX 64

static const char answer[] = "Content-Type: application/json\r\n"
                             "Content-Length: 16\r\n\r\n"
                             "{\"prediction\":0}";

static int listener, events;

static void watch(int operation, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.fd = fd};
    if (epoll_ctl(events, operation, fd, &event) != 0)
        perror("epoll_ctl");
}

static void accept_burst(void)
{
    for (int i = 0; i < ACCEPT_BURST; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            break;
        watch(EPOLL_CTL_ADD, fd);
    }
    watch(EPOLL_CTL_MOD, listener);
}

/* libfcgi would accept, linger and close by itself; these settings leave it one request on
 * our connection. */
static void serve(FCGX_Request *request, int fd)
{
    char unused[8192];
    request->ipcFd = fd;
    request->isBeginProcessed = 0;
    request->keepConnection = 1;
    request->detached = 1;
    request->appStatus = 0;
    if (FCGX_Accept_r(request) != 0)
        return; /* closed */
    while (FCGX_GetStr(unused, sizeof unused, request->in) > 0)
        ;
    if (FCGX_GetError(request->in) != 0)
        request->keepConnection = 0;
    FCGX_PutStr(answer, sizeof answer - 1, request->out);
    FCGX_Finish_r(request);
    int kept = request->ipcFd;
    request->ipcFd = -1;
    request->detached = 0;
    if (kept >= 0)
        watch(EPOLL_CTL_MOD, kept);
}

static void *thread_run(void *unused)
{
    (void)unused;
    FCGX_Request request;
    FCGX_InitRequest(&request, -1, 0);
    for (;;) {
        struct epoll_event event;
        int count = epoll_wait(events, &event, 1, -1);
        if (count < 0 && errno != EINTR)
            return NULL;
        if (count == 1 && event.data.fd == listener)
            accept_burst();
        else if (count == 1)
            serve(&request, event.data.fd);
    }
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 &&
        (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

int main(int count, char **arguments)
{
    int threads = count > 2 ? atoi(arguments[2]) : 2;
    if (count < 2 || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: null-responder SOCKET [THREADS]\n");
        return 2;
    }
    if (FCGX_Init() != 0)
        return 1;
    signal(SIGTERM, SIG_DFL); /* FCGX_Init took it */
    signal(SIGUSR1, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    events = epoll_create1(EPOLL_CLOEXEC);
    listener = listen_at(arguments[1]);
    if (events < 0 || listener < 0) {
        perror(arguments[1]);
        return 1;
    }
    watch(EPOLL_CTL_ADD, listener);
    pthread_t thread;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, thread_run, NULL) != 0)
            return 1;
    thread_run(NULL);
    return 1;
}
