/* Tells a service manager how we are: sd_notify(3)'s protocol, one datagram to NOTIFY_SOCKET. */
#ifndef OMEN_SERVER_NOTIFY_H
#define OMEN_SERVER_NOTIFY_H

/* "READY=1", "STOPPING=1". Does nothing when nobody asked for it. */
void notify_send(const char *state);

#endif
