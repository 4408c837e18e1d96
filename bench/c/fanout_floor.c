/* The floor under a fan-out: one thread, no protocol, one send(2) for each delivery. It checks nothing.
 *
 * usage: fanout_floor TENANTS SUBSCRIBERS FRAME_BYTES
 * Prints its port, accepts TENANTS * SUBSCRIBERS connections, prints "ready". Then every line "N" on
 * standard input makes it send N frames: each to all subscribers of the next tenant. What follows N is
 * written into the frames.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES = 4, BACKLOG = 4096 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_anywhere(void)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof where) || listen(fd, BACKLOG))
        die("listen");
    if (getsockname(fd, (struct sockaddr *)&where, &size))
        die("getsockname");
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);
    return fd;
}

static void deliver(int fd, const unsigned char *frame, size_t size)
{
    size_t sent = 0;
    while (sent < size) {
        ssize_t part = send(fd, frame + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (part >= 0) {
            sent += (size_t)part;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd full = {.fd = fd, .events = POLLOUT};
            poll(&full, 1, 1000);
        } else {
            die("send");
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s TENANTS SUBSCRIBERS FRAME_BYTES\n", argv[0]);
        return 2;
    }
    long tenants = atol(argv[1]), subscribers = atol(argv[2]), payload = atol(argv[3]) - HEAD_BYTES;
    if (tenants < 1 || subscribers < 1 || payload < 126 || payload > 65535)
        return 2;
    long count = tenants * subscribers;
    int *sockets = calloc((size_t)count, sizeof *sockets);
    unsigned char *frame = calloc(1, (size_t)(payload + HEAD_BYTES));
    if (!sockets || !frame)
        die("memory");
    frame[0] = 0x81;
    frame[1] = 126;
    frame[2] = (unsigned char)(payload >> 8);
    frame[3] = (unsigned char)(payload & 255);
    memset(frame + HEAD_BYTES, 'x', (size_t)payload);
    int door = listen_anywhere();
    for (long at = 0; at < count; at++) {
        int yes = 1;
        sockets[at] = accept(door, NULL, NULL);
        if (sockets[at] < 0 || setsockopt(sockets[at], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes))
            die("accept");
    }
    puts("ready");
    fflush(stdout);
    char line[64];
    long next = 0;
    while (fgets(line, sizeof line, stdin)) {
        char *stamp = strchr(line, ' ');
        if (stamp)
            memcpy(frame + HEAD_BYTES, stamp + 1, strcspn(stamp + 1, "\n"));
        for (long left = atol(line); left > 0; left--) {
            for (long at = 0; at < subscribers; at++)
                deliver(sockets[next * subscribers + at], frame, (size_t)(payload + HEAD_BYTES));
            next = (next + 1) % tenants;
        }
    }
    return 0;
}
