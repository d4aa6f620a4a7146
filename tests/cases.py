# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the case folders tests/cases/PROGRAM/BEHAVIOUR and prints TAP: cases.py FOLDER [ONLY [I/N]]

ONLY: those whose name contains it. I/N: of these the Ith, (I+N)th, ...

argv (one word a line), stdin.json, stdout.json (compared as JSON values), stdout.re and stderr.re
(extended regular expressions), exit (default 0), setup and check (sh scripts, run before and after in
the case's fresh directory). @TMP@ stands for that directory, which is HOME and the XDG folders too.
A folder with the file "ns" runs its program inside the user's namespaces.
"""
import json, os, re, shutil, subprocess, sys, tempfile

top, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
shard, shards = map(int, sys.argv[3].split("/")) if len(sys.argv) > 3 else (0, 1)
bins = os.path.join(os.environ["B"], "bin")


def read(path, tmp):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        return f.read().replace("@TMP@", tmp)


def run_case(program, case, tmp):
    env = {"HOME": tmp, "XDG_DATA_HOME": tmp + "/data", "XDG_RUNTIME_DIR": tmp + "/run", "LANG": "C.UTF-8",
           "XDG_CONFIG_HOME": tmp + "/config", "PATH": bins + ":" + os.environ["PATH"], "B": os.environ["B"],
           "CASE": case, "TMP": tmp, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
    os.mkdir(tmp + "/run", 0o700)
    path = lambda n: os.path.join(case, n)
    if os.path.exists(path("setup")):
        r = subprocess.run(["sh", "-eu", path("setup")], cwd=tmp, env=env, capture_output=True, text=True, timeout=60)
        if r.returncode:
            return "setup failed: " + r.stderr.strip()
    words = read(path("argv"), tmp).splitlines() if os.path.exists(path("argv")) else []
    argv = [os.path.join(bins, program)] + words
    if os.path.exists(path("ns")):
        argv = [os.path.join(bins, "ns-enter-pause"), "--"] + argv
    stdin = read(path("stdin.json"), tmp) if os.path.exists(path("stdin.json")) else ""
    r = subprocess.run(argv, cwd=tmp, env=env, input=stdin.encode("utf-8", "surrogateescape"), capture_output=True,
                       timeout=60)
    out, err = r.stdout.decode("utf-8", "replace"), r.stderr.decode("utf-8", "replace")
    want = int(read(path("exit"), tmp)) if os.path.exists(path("exit")) else 0
    if r.returncode != want:
        return f"exit status {r.returncode}, expected {want}: {err.strip()}"
    if os.path.exists(path("stdout.json")):
        try:
            if json.loads(out) != json.loads(read(path("stdout.json"), tmp)):
                return "another document: " + out.strip()[:2000]
        except ValueError:
            return "no JSON on standard output: " + out[:200]
    elif want and out and not os.path.exists(path("stdout.re")):
        return "standard output is not empty: " + out[:200]
    for name, text in (("stdout.re", out), ("stderr.re", err)):
        if os.path.exists(path(name)):
            for line in read(path(name), tmp).splitlines():
                if line and not re.search(line, text, re.M):
                    return f"{name}: no match for {line!r} in {text.strip()[:600]!r}"
    if os.path.exists(path("check")):
        r = subprocess.run(["sh", "-eu", path("check")], cwd=tmp, env=env, capture_output=True, text=True, timeout=60)
        if r.returncode:
            return "check failed: " + (r.stderr + r.stdout).strip()
    if os.path.exists(tmp + "/run/rp/pause.json"):
        subprocess.run([os.path.join(bins, "ns-enter-pause"), "--stop"], env=env, timeout=30)
    return None


def main():
    number = 0
    for program in sorted(os.listdir(top)):
        for name in sorted(os.listdir(os.path.join(top, program))):
            case = os.path.join(top, program, name)
            if only not in f"cases/{program}/{name}" or not os.path.isdir(case):
                continue
            number += 1
            if number % shards != shard:
                continue
            tmp = tempfile.mkdtemp(prefix="rp-case.", dir="/tmp")
            try:
                wrong = run_case(program, case, tmp)
            except Exception as e:  # a case that hangs or cannot be read has failed
                wrong = repr(e)
            finally:
                subprocess.run(["chmod", "-R", "u+rwX", tmp], stderr=subprocess.DEVNULL)
                shutil.rmtree(tmp, ignore_errors=True)
            print(f"{'not ok' if wrong else 'ok'} {number} {program}/{name}")
            if wrong:
                print("# " + wrong.replace("\n", "\n# "))
                print(f"# again: make check T=cases/{program}/{name}")
            sys.stdout.flush()
    print(f"1..{number}")


main()
