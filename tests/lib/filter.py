#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the seccomp filter of a program says, and the capabilities that it kept.

	filter.py STRACE-LOG BEFORE CALL=VERDICT...

The log was made by strace -f -v -s 0 -e trace=seccomp,capset,.... The filters of the process that
has the first one in it are run, as the kernel would (seccomp(2), classic BPF), for each CALL: a name
of the table below. VERDICT is allow or deny. "caps=HEX" compares the permitted capabilities of its
last capset(2). BEFORE, unless "-", is a text in the log: what was opened or read. Only what was given
up before it comes up counts.
"""
import re
import sys

X86 = 0xC000003E
CALLS = {  # number on x86_64, first arguments
    "execve": (59, []),
    "fork": (57, []),
    "clone": (56, [17]),  # SIGCHLD
    "newuser": (56, [0x10000011]),  # CLONE_NEWUSER | SIGCHLD
    "inet": (41, [2, 1]),
    "unix": (41, [1, 1]),
    "vsock": (41, [40, 1]),
    "netlink": (41, [16, 3]),
    "mount": (165, []),
    "umount": (166, []),
    "unshare": (272, []),
    "setns": (308, []),
    "ptrace": (101, []),
    "bpf": (321, []),
    "io_uring": (425, []),
    "process_vm_readv": (310, []),
    "pidfd_getfd": (438, []),
    "keyctl": (250, []),
    "init_module": (175, []),
    "open": (257, []),
    "unlink": (263, []),
    "kill": (62, []),
    "read": (0, []),
    "write": (1, []),
}
WORDS = {
    "SECCOMP_RET_KILL_PROCESS": 0x80000000,
    "SECCOMP_RET_ALLOW": 0x7FFF0000,
    "SECCOMP_RET_ERRNO": 0x00050000,
}
INSTRUCTION = re.compile(r"BPF_(?:STMT|JUMP)\(([^,()]+), ([^,()]+)(?:, ([^,()]+), ([^,()]+))?\)")


def value(text):
    total = 0
    for part in text.split("|"):
        total |= WORDS[part] if part in WORDS else int(part, 0)
    return total


def program(line):
    return [
        (code, value(k), int(jt or "0", 0), int(jf or "0", 0))
        for code, k, jt, jf in INSTRUCTION.findall(line)
    ]


def run(instructions, nr, args):
    data = {0: nr, 4: X86}
    for i, arg in enumerate(args):
        data[16 + 8 * i] = arg & 0xFFFFFFFF
    pc = acc = 0
    while True:
        code, k, jt, jf = instructions[pc]
        pc += 1
        if code == "BPF_LD|BPF_W|BPF_ABS":
            acc = data.get(k, 0)
        elif code == "BPF_RET|BPF_K":
            return "allow" if k == WORDS["SECCOMP_RET_ALLOW"] else "deny"
        elif code.startswith("BPF_JMP|BPF_K|"):
            test = {
                "BPF_JEQ": acc == k,
                "BPF_JGE": acc >= k,
                "BPF_JGT": acc > k,
                "BPF_JSET": acc & k != 0,
            }[code.rsplit("|", 1)[1]]
            pc += jt if test else jf
        else:
            sys.exit("filter.py: unknown instruction " + code)


def whole_calls(lines):
    """strace -f prints a call in two parts where another process makes one meanwhile."""
    begun, whole = {}, []
    for line in lines:
        pid = re.match(r"\d*", line).group()
        if line.endswith("<unfinished ...>"):
            begun[pid] = line[: -len("<unfinished ...>")]
            continue
        resumed = re.match(r"\d* *<\.\.\. \w+ resumed>(.*)$", line)
        whole.append(begun.pop(pid, "") + resumed.group(1) if resumed else line)
    return whole


def main():
    log = whole_calls(open(sys.argv[1], errors="replace").read().split("\n"))
    before = sys.argv[2]
    if before != "-":
        seen = [i for i, l in enumerate(log) if before in l and "execve(" not in l]
        if not seen:
            sys.exit("filter.py: the log has no " + before)
        log = log[: seen[0]]
    installed = [l for l in log if "SECCOMP_SET_MODE_FILTER" in l and l.endswith("= 0")]
    if not installed:
        sys.exit("filter.py: no filter was installed before " + before)
    pid = re.match(r"\d* *", installed[0]).group()  # of strace -f
    log = [l for l in log if l.startswith(pid)]
    filters = [program(l) for l in installed if l.startswith(pid)]
    wrong = []
    for word in sys.argv[3:]:
        name, want = word.split("=")
        if name == "caps":
            kept = re.findall(r"capset\(.*permitted=([^,]+),.*= 0$", "\n".join(log), re.M)
            got = kept[-1] if kept else "none"
        else:
            verdicts = [run(f, *CALLS[name]) for f in filters]
            got = "deny" if "deny" in verdicts else "allow"
        if got != want:
            wrong.append("%s: %s, not %s" % (name, got, want))
    sys.exit("; ".join(wrong) if wrong else 0)


main()
