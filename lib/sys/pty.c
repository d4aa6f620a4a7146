/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudoterminals: see pty.h for the contract. */
#include "sys/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"

int pty_peer(int master, int *peer, struct err *e)
{
	int unlock = 0;

	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(e, "ioctl", "cannot unlock a pseudoterminal");
	*peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *peer < 0 ? err_sys(e, "ioctl", "cannot open the peer of a pseudoterminal") : 0;
}

int pty_open(int devpts, int *master, int *peer, struct err *e)
{
	_close_ int m = openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);

	if (m < 0)
		return err_sys(e, "openat", "cannot open a pseudoterminal");
	if (pty_peer(m, peer, e) < 0)
		return -1;
	*master = take_fd(&m);
	return 0;
}

int pty_plain_lines(int fd, struct err *e)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return err_sys(e, "tcgetattr", "cannot set up the terminal");
	t.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(fd, TCSANOW, &t) < 0
		       ? err_sys(e, "tcsetattr", "cannot set up the terminal")
		       : 0;
}

int pty_adopt(int peer, struct err *e)
{
	if (ioctl(peer, TIOCSCTTY, 0) < 0)
		return err_sys(e, "ioctl", "cannot set the controlling terminal");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(peer, fd) < 0)
			return err_sys(e, "dup2", "cannot connect the terminal");
	return 0;
}

int pty_size(int fd, uint16_t rows, uint16_t cols, struct err *e)
{
	struct winsize w = {.ws_row = rows, .ws_col = cols};

	if (ioctl(fd, TIOCSWINSZ, &w) < 0)
		return err_sys(e, "ioctl", "cannot set the size of the terminal");
	return 0;
}

/* One read and a whole write. Returns false at the end of from. */
static bool copy_some(int from, int to)
{
	char data[16384];
	ssize_t n = read(from, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	return n > 0 && fd_write_all(to, data, (size_t)n, NULL) == 0;
}

static void pass_size(int master)
{
	struct winsize w;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0)
		ioctl(master, TIOCSWINSZ, &w);
}

static void proxy_loop(int master, int winch, int pidfd)
{
	struct pollfd p[4] = {
		{master, POLLIN, 0},
		{STDIN_FILENO, POLLIN, 0},
		{winch, POLLIN, 0},
		{pidfd, POLLIN, 0},
	};

	/* The master reports POLLHUP when the last one that had the peer open is gone. */
	while (p[0].fd >= 0 && (poll(p, 4, -1) >= 0 || errno == EINTR)) {
		struct signalfd_siginfo si;

		if (p[1].revents && !copy_some(STDIN_FILENO, master))
			p[1].fd = -1;
		if (p[2].revents && read(winch, &si, sizeof(si)) > 0)
			pass_size(master);
		if (p[0].revents && !copy_some(master, STDOUT_FILENO))
			p[0].fd = -1;
		else if (p[3].revents && !p[0].revents)
			break;
	}
}

int pty_proxy(int master, int pidfd, struct err *e)
{
	_close_ int winch = -1;
	struct termios saved, raw;
	bool tty = tcgetattr(STDIN_FILENO, &saved) == 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	winch = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (winch < 0)
		return err_sys(e, "signalfd", "cannot watch the terminal");
	if (tty) {
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
		pass_size(master);
	}
	proxy_loop(master, winch, pidfd);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	return 0;
}
