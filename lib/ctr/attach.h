/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol between ctr-monitor and those who attach: packets on a SOCK_SEQPACKET socket.
 *
 * From the monitor: one byte ATTACH_STDOUT, ATTACH_STDERR or ATTACH_EVENT, then at most
 * ATTACH_DATA_MAX bytes of output, or one JSON object:
 *	{"event":"started","pid":N}
 *	{"event":"dropped","bytes":N}		a slow client lost this much output
 *	{"event":"exit","code":N}		the last packet
 *	{"event":"error","message":TEXT,"code":N}  did not start; the last packet
 * To the monitor: one byte ATTACH_STDIN, ATTACH_RESIZE ("ROWS COLUMNS"), ATTACH_SIGNAL ("NUMBER"),
 * ATTACH_START (empty: this client waits for the container, start it now) or ATTACH_EVENTS (empty:
 * this client wants no output), then the data.
 * shutdown(SHUT_WR) is the end of standard input.
 */
#ifndef RP_CTR_ATTACH_H
#define RP_CTR_ATTACH_H

#define ATTACH_STDIN	1
#define ATTACH_STDOUT	2
#define ATTACH_STDERR	3
#define ATTACH_EVENT	4
#define ATTACH_RESIZE	5
#define ATTACH_SIGNAL	6
#define ATTACH_START	7
#define ATTACH_EVENTS	8
#define ATTACH_DATA_MAX 32768

#endif
