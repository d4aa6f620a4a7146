# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives "rp run -it" on a pseudo-terminal: echo, window size, a resize, detach keys."""
import fcntl, os, pty, select, struct, subprocess, sys, termios, time


def start(*argv):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    p = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                         preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    return p, master, slave


left = {}


def expect(master, text, seconds=30):
    """Reads until text has come; what came behind it is kept for the next call."""
    seen, end = left.pop(master, b""), time.time() + seconds
    while text.encode() not in seen:
        wait = end - time.time()
        if wait <= 0 or not select.select([master], [], [], wait)[0]:
            sys.exit(f"expected {text!r}, saw {seen!r}")
        seen += os.read(master, 4096)
    left[master] = seen.split(text.encode(), 1)[1]


p, master, slave = start("rp", "run", "-it", "--rm", "--network", "none", "busybox", "sh")
os.write(master, b"stty size; echo a$((40+2))b\n")
expect(master, "33 77")
expect(master, "a42b")
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 50, 0, 0))
os.kill(p.pid, 28)  # SIGWINCH, which the kernel would send to the foreground group
subprocess.run(["pkill", "-WINCH", "-P", str(p.pid), "ctr-attach"])
time.sleep(0.3)
os.write(master, b"stty size\n")
expect(master, "20 50")
os.write(master, b"exit 5\n")
assert p.wait(15) == 5, p.returncode

p, master, slave = start("rp", "run", "-it", "--name", "det", "--network", "none", "busybox", "sh")
os.write(master, b"echo up$((1+1))\n")
expect(master, "up2")
os.write(master, b"\x10\x11")
assert p.wait(15) == 0, p.returncode
state = subprocess.run(["rp", "ps", "--format", "{{.Names}}"], capture_output=True, text=True).stdout
assert "det" in state, state
subprocess.run(["rp", "rm", "-f", "-t", "0", "det"], check=True, stdout=subprocess.DEVNULL)
