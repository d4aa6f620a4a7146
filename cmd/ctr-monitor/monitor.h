/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of ctr-monitor. */
#ifndef CTR_MONITOR_H
#define CTR_MONITOR_H

#include <stdbool.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "ctr/container.h"
#include "sys/spawn.h"

#define READ_SIZE    (128 * 1024)
#define MAX_CLIENTS  16
#define CLIENT_QUEUE (1u << 20) /* bytes that a slow client may lag behind */

enum log_kind { LOG_NONE, LOG_K8S, LOG_PASSTHROUGH };

/* log.c: the k8s-file log */
struct log_file {
	int dir, fd; /* dir of the file; fd -1: no log */
	char name[256];
	int64_t size, max_size; /* max_size 0: no rotation */
	int64_t lost;		/* bytes that a full disk refused */
	struct buf line;
};

int log_open(struct log_file *l, int dir, const char *name, int64_t max_size, struct err *e);
/* Adds output of stream 1 (stdout) or 2 (stderr). Never fails: a full disk is counted in lost. */
void log_write(struct log_file *l, int stream, const char *data, size_t len);
void log_close(struct log_file *l);

/* clients.c: who is attached */
struct packet {
	struct packet *next;
	size_t len;
	char data[];
};

struct client {
	int fd;
	bool owner;	  /* asked for the start: its slowness holds the container up */
	bool events_only; /* wants no output */
	bool sent_eof;	  /* shut its side down */
	struct packet *first, **last;
	size_t queued;
	int64_t dropped;
};

struct clients {
	struct client c[MAX_CLIENTS];
	size_t n;
};

/* What run() needs to know, taken out of the document so that the document can be freed. */
struct plan {
	char *id, *name, *bundle, *run_path, *runtime, *runtime_root, *pidfile, *cgroup_manager;
	char *store_path, *store_run_path;
	int store, store_run;
	bool plain;	     /* cleanup_plain() does for it */
	bool own_runtime;    /* ctr-runtime, not one of the user's choice */
	bool systemd_cgroup; /* for one of the user's choice */
	bool terminal, interactive, detach, remove;
	enum log_kind log;
	char *log_name;
	int64_t log_max;
	int64_t timeout;      /* seconds after which the container is ended, 0: never */
	int64_t preserve_fds; /* the caller's descriptors from 3 on, for the container */
};

struct monitor {
	struct plan plan;
	int bundle, run; /* directories */
	bool new_run;	 /* the latter was not there before */
	int epoll, listener, signals;
	int in;	      /* our end of the container's stdin, -1 closed */
	int out[2];   /* our ends of stdout, stderr; with a terminal out[0] is the master */
	int child[3]; /* the container's ends, until it is started */
	int console_listener;
	struct winsize size;  /* of the client's terminal; 0 rows: not known */
	struct child runtime; /* while it is held or works; pid 0: none */
	int go;		      /* a byte here lets it make the container */
	struct buf in_queue;
	bool in_eof;
	struct clients clients;
	struct log_file log;
	int pidfd;
	int memory_events; /* of the container's cgroup, -1 */
	bool oom_killed;
	pid_t pid;
	char started[TIME_TEXT_LEN];
	int report;   /* to the parent that waits for the start, -1 otherwise */
	char *buffer; /* READ_SIZE */
};

void clients_accept(struct monitor *m);
/* Sends to all; holds nobody up but the caller by queueing for the owner. */
void clients_output(struct monitor *m, char stream, const char *data, size_t len);
void clients_event(struct monitor *m, struct json *event);
/* The client's descriptor is ready. */
void client_ready(struct monitor *m, struct client *c, unsigned events);
struct client *client_of_fd(struct monitor *m, int fd);
/* True while an owner's queue is full: output is not read then. */
bool clients_hold(const struct monitor *m);
/* The container reads its input again. */
void clients_resume(struct monitor *m);
/* Waits a bounded time until all queues are sent, then closes all. */
void clients_finish(struct monitor *m);

/* stdio.c */
int stdio_make(struct monitor *m, struct err *e);
int stdio_take_console(struct monitor *m, struct err *e);
void stdio_feed(struct monitor *m, const char *data, size_t len);
/* True while the container reads its input too slowly: no more is taken from clients. */
bool stdio_input_full(const struct monitor *m);
void stdio_flush(struct monitor *m);
void stdio_end_input(struct monitor *m);
void stdio_resize(struct monitor *m, int rows, int columns);
/* One read of stream i (0, 1); false at its end. */
bool stdio_read(struct monitor *m, int i);

/*
 * split.c: the monitor's process, made before the document is read and asleep until it has a plan.
 * It shares the descriptors and *m with this process until it goes.
 */
struct split {
	struct monitor *m;
	char *texts; /* room for the plan's, shared too */
	pid_t pid;
	int go[2], gone[2];
};
int split_make(struct split *s, void (*life)(struct monitor *m), struct err *e);
/* Moves the plan's texts to shared memory. */
int split_share_plan(struct split *s, struct err *e);
/* Wakes the monitor; returns when it has descriptors of its own. */
int split_go(struct split *s, struct err *e);
/* Ends a monitor that did not go. */
void split_abandon(struct split *s);

/* limits.c: takes limits that cannot be applied here out of the configuration, with a warning */
void limits_fit(struct json *spec, struct plan *p);
/* memory.events of the container's own cgroup; -1 where it has none. */
int limits_watch_oom(pid_t pid);
/* It has changed: sets m->oom_killed. */
void limits_oom_event(struct monitor *m);

/*
 * start.c: the OCI runtime. Ours is started early and held, so that its own start-up overlaps with
 * the client's; others when the container is to run.
 */
void runtime_hold(struct monitor *m);
void runtime_call_off(struct monitor *m);
int runtime_start(struct monitor *m, struct err *e);

/*
 * A file of ours that is not there or not allowed is no command of the container's that is: the
 * code becomes ERR_FAILED. Returns -1.
 */
int own_failure(struct err *e);

/* loop.c */
struct report {	      /* of the start, for the parent that waits for it */
	struct err e; /* code 0: started */
	pid_t pid;
	char started[TIME_TEXT_LEN];
};

void monitor_loop(struct monitor *m);
int watch(struct monitor *m, int fd, unsigned events);
void unwatch(struct monitor *m, int fd);
void rewatch(struct monitor *m, int fd, unsigned events);

#endif
