/* Preloaded into every process of a test: writes down whatever looks up a name or leaves this machine, and refuses it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void note(const char *what, const char *whom) {
    const char *log = getenv("NETWORK_LOG");
    char line[512];
    int length = snprintf(line, sizeof line, "%s %s\n", what, whom ? whom : "?");
    int file = log ? open(log, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
    if (file >= 0) {
        if (write(file, line, length) < 0) abort();
        close(file);
    }
}

static int here(const char *name) {
    return !name || !strncmp(name, "127.", 4) || !strcmp(name, "::1") || !strcmp(name, "localhost") ||
           !strcmp(name, "0.0.0.0") || !strcmp(name, "::") || !*name;
}

static int leaves(const struct sockaddr *to, const char *what) {
    char text[INET6_ADDRSTRLEN] = "";
    if (!to) return 0;
    if (to->sa_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)to)->sin_addr, text, sizeof text);
    else if (to->sa_family == AF_INET6) inet_ntop(AF_INET6, &((struct sockaddr_in6 *)to)->sin6_addr, text, sizeof text);
    else return 0;
    if (here(text)) return 0;
    note(what, text);
    errno = ENETUNREACH;
    return 1;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (here(name)) return next(name, service, hints, found);
    note("getaddrinfo", name);
    return EAI_NONAME;
}

struct hostent *gethostbyname(const char *name) {
    note("gethostbyname", name);
    return NULL;
}

int connect(int socket, const struct sockaddr *to, socklen_t size) {
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    return leaves(to, "connect") ? -1 : next(socket, to, size);
}

ssize_t sendto(int socket, const void *data, size_t length, int flags, const struct sockaddr *to, socklen_t size) {
    ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "sendto");
    return leaves(to, "sendto") ? -1 : next(socket, data, length, flags, to, size);
}
