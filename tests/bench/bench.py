# SPDX-License-Identifier: GPL-2.0-or-later
"""The benchmarks: each measure alternates between rp and its peer, and prints medians and a ratio.

bench.py TOP [NAME...]: only the measures named: counters start parallel pull monitor log runtime size

counters tells what does not depend on how busy the machine is, for ours and for podman: programs (calls of
execve(2) that succeeded, the container's own among them) and system calls, counted by strace -f; page faults
and CPU time of all processes, by perf stat where a user may use it, else from getrusage(2) as
tests/lib/account.c takes it, which counts some 70 page faults a start more, those of the kernel's own access to
a process's memory; the first line says which. Stores of 1,000 containers, and of 1,000 images with a tag each,
are fabricated from one record. `tests/bench/run counters` runs nothing else.
"""
import hashlib, json, os, random, re, shutil, socket, statistics, subprocess, sys, tempfile, time

top, only = sys.argv[1], sys.argv[2:]
B = os.environ["B"]
base = tempfile.mkdtemp(prefix="b.", dir=os.environ.get("RP_BENCH_DIR", "/tmp"))
os.environ.update(HOME=base, XDG_RUNTIME_DIR=base + "/r", XDG_DATA_HOME=base + "/d", XDG_CONFIG_HOME=base + "/c",
                  PATH=B + "/bin:" + os.environ["PATH"])
for d in "rdc":
    os.mkdir(f"{base}/{d}", 0o700)
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
failed = []


def sh(*argv, **kw):
    return subprocess.run(argv, check=True, **{**quiet, **kw})


def timed(argv):
    t = time.perf_counter()
    sh(*argv)
    return time.perf_counter() - t


def row(name, ours, theirs, peer, unit, goal, better="less"):
    ratio = ours / theirs
    met = ratio <= goal if better == "less" else ratio >= goal
    print(f"{name:<44} rp {ours:9.2f} {unit:<4} {peer:<7} {theirs:9.2f} {unit:<4} ratio {ratio:6.3f}"
          f"  goal {'<=' if better == 'less' else '>='} {goal:g}  {'met' if met else 'NOT met'}")
    sys.stdout.flush()


def paired(a, b, n):
    for argv in (a, b):
        sh(*argv)
    x, y = [], []
    for _ in range(n):
        x.append(timed(a))
        y.append(timed(b))
    return statistics.median(x) * 1e3, statistics.median(y) * 1e3


def podman():
    """Debian's podman with crun where it runs here, else with runc."""
    for runtime in ("crun", "runc"):
        argv = ["podman", "--runtime", runtime]
        if subprocess.run(argv + ["run", "--rm", "--network", "none", "localhost/busybox", "true"], **quiet).returncode == 0:
            return argv
    return None


def perf_usable():
    out = subprocess.run(["perf", "stat", "-x,", "-e", "page-faults:u,task-clock:u", "true"], capture_output=True, text=True) \
        if shutil.which("perf") else None
    return out is not None and out.returncode == 0 and "<not" not in out.stderr


def faults_and_cpu(argv):
    """(page faults, CPU microseconds) of all processes of one run"""
    if not perf_usable.known:
        out = subprocess.run([B + "/tests/account", *argv], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True).stderr
        return [int(w) for w in out.split("\n")[-2].split()]
    log = base + "/perf"
    sh("perf", "stat", "-x,", "-o", log, "-e", "page-faults:u,task-clock:u", *argv)
    got = {l.split(",")[2].split(":")[0]: float(l.split(",")[0]) for l in open(log) if l.count(",") > 2}
    return got["page-faults"], got["task-clock"] * 1e3


def count(argv):
    """[programs, system calls, page faults, CPU ms] of one run; the last two are medians of five."""
    sh(*argv)
    log = base + "/strace"
    sh("strace", "-f", "-qq", "-o", log, *argv)
    with open(log) as f:
        lines = [l for l in f if re.match(r"\d+ +\w+\(", l)]
    used = [faults_and_cpu(argv) for _ in range(5)]
    ends = sum(1 for l in open(log) if re.search(r"execve\(.* = 0$|<\.\.\. execve resumed>.* = 0$", l))
    return [ends, len(lines), statistics.median(u[0] for u in used), statistics.median(u[1] for u in used) / 1e3]


def count_row(name, ours, theirs=None, goals=None):
    units = ("programs", "calls", "faults", "ms CPU")
    text = f"{name:<34}"
    for i, unit in enumerate(units):
        digits = 1 if i == 3 else 0
        text += f" {unit} {ours[i]:.{digits}f}"
        if theirs:
            text += f" : {theirs[i]:.{digits}f}"
        if goals and goals[i]:
            limit = goals[i] * theirs[i] if i == 3 else goals[i]
            text += f" ({'met' if ours[i] <= limit else 'NOT met'}: <= {limit:.{digits}f})"
        text += "," if i < 3 else ""
    print(text)
    sys.stdout.flush()


def many_containers(n):
    """As many containers as this in our store, by copies of the record of the one that is there."""
    store = base + "/d/rp"
    first = os.listdir(store + "/containers")[0]
    text = open(f"{store}/containers/{first}/container.json").read()
    name = json.loads(text)["container"]["name"]
    for i in range(n - 1):
        new = f"{i:064x}"
        os.mkdir(f"{store}/containers/{new}")
        with open(f"{store}/containers/{new}/container.json", "w") as f:
            f.write(text.replace(first, new).replace(f'"{name}"', f'"many{i}"'))
        os.symlink(f"../containers/{new}", f"{store}/names/many{i}")


def many_images(n):
    """Images that differ in an annotation of their manifest, with a tag each."""
    store = base + "/d/rp"
    index = json.load(open(store + "/index.json"))
    first = index["manifests"][0]
    manifest = json.load(open(store + "/blobs/sha256/" + first["digest"][7:]))
    for i in range(n - 1):
        text = json.dumps({**manifest, "annotations": {"number": str(i)}}).encode()
        digest = hashlib.sha256(text).hexdigest()
        with open(f"{store}/blobs/sha256/{digest}", "wb") as f:
            f.write(text)
        tag = json.loads(json.dumps(first))
        tag.update(digest="sha256:" + digest, size=len(text))
        tag["annotations"]["org.opencontainers.image.ref.name"] = f"localhost/many:{i}"
        index["manifests"].append(tag)
    json.dump(index, open(store + "/index.json", "w"))


def exec_argv(name):
    """rp exec where there is one, else what it will run."""
    if subprocess.run(["rp", "exec", "--help"], **quiet).returncode == 0:
        return ["rp", "exec", name, "true"]
    ident = subprocess.run(["rp", "inspect", name, "--format", "{{.Id}}"], check=True, capture_output=True, text=True).stdout.strip()
    return ["ns-enter-pause", "--", "ctr-runtime", "--root", base + "/r/rp/runtime", "exec", ident, "true"]


def counters():
    perf_usable.known = perf_usable()
    print("page faults and CPU time: " + ("perf stat" if perf_usable.known else "getrusage"))
    run = ["run", "--rm", "--network", "none"]
    # the limits are for all processes together; CPU time as a part of podman's
    count_row("run --rm --network none true", count(["rp", *run, "busybox", "true"]), count(PODMAN + [*run, "localhost/busybox", "true"]),
              (9, 1500, 500, 0.10))
    net = ["--network", "slirp4netns"]
    count_row("the same with slirp4netns", count(["rp", "run", "--rm", *net, "busybox", "true"]),
              count(PODMAN + ["run", "--rm", *net, "localhost/busybox", "true"]))
    for argv, image in ((["rp"], "busybox"), (PODMAN, "localhost/busybox")):
        sh(*argv, "run", "-d", "--name", "one", "--network", "none", image, "sleep", "1000")
    argv = exec_argv("one")
    count_row("exec true" if argv[0] == "rp" else "exec true (ctr-runtime exec)", count(argv), count(PODMAN + ["exec", "one", "true"]))
    for name, words in (("ps, 1 container", ["ps", "-a"]), ("inspect", ["inspect", "one"]), ("images, 1 tag", ["images"])):
        count_row(name, count(["rp", *words]), count(PODMAN + words))
    many_containers(1000)
    count_row("ps, 1,000 containers", count(["rp", "ps", "-a"]))
    many_images(1000)
    sh(*PODMAN, "tag", "localhost/busybox", *(f"localhost/many:{i}" for i in range(999)))
    count_row("images, 1,000 tags", count(["rp", "images"]), count(PODMAN + ["images"]))
    sh("rp", "rm", "-f", "-t", "0", "one")
    sh(*PODMAN, "rm", "-f", "-t", "0", "one")
    for n in os.listdir(base + "/d/rp/names"):
        os.unlink(base + "/d/rp/names/" + n)
    for n in os.listdir(base + "/d/rp/containers"):
        shutil.rmtree(base + "/d/rp/containers/" + n, ignore_errors=True)
    index = json.load(open(base + "/d/rp/index.json"))
    index["manifests"] = index["manifests"][:1]
    json.dump(index, open(base + "/d/rp/index.json", "w"))
    sh(*PODMAN, "untag", "localhost/busybox", *(f"localhost/many:{i}" for i in range(999)))


def start():
    for net in ("none",):
        ours, theirs = paired(["rp", "run", "--rm", "--network", net, "busybox", "true"],
                              PODMAN + ["run", "--rm", "--network", net, "localhost/busybox", "true"], 25)
        row(f"run --rm --network {net} true", ours, theirs, "podman", "ms", 1 / 8)


def parallel():
    def many(argv, n=100, width=16):
        t, running, bad = time.perf_counter(), [], 0
        for i in range(n):
            running.append(subprocess.Popen(argv, **quiet))
            if len(running) == width:
                bad += running.pop(0).wait() != 0
        bad += sum(p.wait() != 0 for p in running)
        return n / (time.perf_counter() - t), bad

    ours, bad = many(["rp", "run", "--rm", "--network", "none", "busybox", "true"])
    theirs, _ = many(PODMAN + ["run", "--rm", "--network", "none", "localhost/busybox", "true"])
    row("100 runs, 16 at a time: starts a second", ours, theirs, "podman", "/s", 5, "more")
    left = os.listdir(base + "/d/rp/containers") + os.listdir(base + "/r/rp/containers")
    print(f"{'':<44} errors {bad}, left behind {len(left)}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pull():
    port = free_port()
    with open(base + "/reg.yml", "w") as f:
        f.write(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                f"storage: {{filesystem: {{rootdirectory: {base}/reg}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n")
    os.makedirs(base + "/c/containers", exist_ok=True)
    with open(base + "/c/containers/registries.conf", "w") as f:
        f.write(f'[[registry]]\nlocation = "127.0.0.1:{port}"\ninsecure = true\n')
    registry = subprocess.Popen(["docker-registry", "serve", base + "/reg.yml"], **quiet)
    try:
        # 170 MB in 8,000 files that compress like those of a distribution, about 63 MB packed
        make_big(base + "/big")
        subprocess.run(["python3", top + "/tests/lib/tar2oci.py", base + "/big.tar", base + "/bigoci", "big"], check=True)
        time.sleep(1)
        ref = f"127.0.0.1:{port}/big:latest"
        sh("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", f"oci:{base}/bigoci:big", "docker://" + ref)
        x, y = [], []
        for _ in range(3):
            x.append(timed(["rp", "pull", "-q", ref]))
            sh("rp", "rmi", ref)
            y.append(timed(PODMAN + ["pull", "-q", "--tls-verify=false", ref]))
            sh(*PODMAN, "rmi", ref)
        size = sum(e.stat().st_size for e in os.scandir(base + "/bigoci/blobs/sha256")) / 1e6
        row(f"pull and unpack a layer of {size:.0f} MB", statistics.median(x) * 1e3, statistics.median(y) * 1e3, "podman",
            "ms", 1 / 3)
    finally:
        registry.terminate()
        registry.wait()


def make_big(path):
    random.seed(1)
    words = [bytes(random.choices(b"abcdefghijklmnopqrstuvwxyz_", k=random.randint(2, 12))) for _ in range(4000)]
    os.makedirs(path)
    for d in range(200):
        os.makedirs(f"{path}/usr/share/d{d}")
        for i in range(40):
            with open(f"{path}/usr/share/d{d}/f{i}", "wb") as f:
                n = int(random.lognormvariate(8.9, 1.2)) + 100
                text = b" ".join(random.choices(words, k=n // 8))
                f.write(text + random.randbytes(n // 12))
    subprocess.run(["tar", "-C", path, "--owner=0", "--group=0", "-cf", path + ".tar", "."], check=True)
    shutil.rmtree(path)


def private_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith("Private"))


def monitor():
    sh("rp", "run", "-d", "--name", "idle", "--network", "none", "busybox", "sleep", "100")
    sh(*PODMAN, "run", "-d", "--name", "idle", "--network", "none", "localhost/busybox", "sleep", "100")
    ours = json.load(open(next(p.path for p in os.scandir(base + "/r/rp/containers")) + "/monitor.json"))["pid"]
    theirs = int(subprocess.run(PODMAN + ["inspect", "idle", "--format", "{{.State.ConmonPid}}"], check=True,
                                capture_output=True, text=True).stdout)
    row("monitor: private memory, idle", private_kb(ours), private_kb(theirs), "conmon", "KiB", 300 / max(1, private_kb(theirs)))
    sh("rp", "rm", "-f", "-t", "0", "idle")
    sh(*PODMAN, "rm", "-f", "-t", "0", "idle")


def log():
    line = "x" * 99
    words = ["sh", "-c", f"yes {line} | head -n 3000000"]

    def rate(argv):
        t = time.perf_counter()
        sh(*argv)
        return 300 / (time.perf_counter() - t)

    x, y = [], []
    for _ in range(2):
        sh("rp", "run", "-d", "--name", "log", "--network", "none", "busybox", *words)
        x.append(rate(["rp", "wait", "log"]))
        sh("rp", "rm", "log")
        sh(*PODMAN, "run", "-d", "--name", "log", "--log-driver", "k8s-file", "--network", "none", "localhost/busybox", *words)
        y.append(rate(PODMAN + ["wait", "log"]))
        sh(*PODMAN, "rm", "log")
    row("300 MB in 100-byte lines to the log", max(x), max(y), "conmon", "MB/s", 1, "more")


RUNTIME_SCRIPT = """
import json, os, statistics, subprocess, sys, time
tools, bundles = json.loads(sys.argv[1]), json.loads(sys.argv[2])
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

def sh(*argv):
    subprocess.run(argv, check=True, **quiet)

def run(tool, bundle):
    sh(*tool, "run", "--bundle", bundle, "b")

def life(tool, bundle):
    sh(*tool, "create", "--bundle", bundle, "b")
    sh(*tool, "start", "b")
    sh(*tool, "delete", "--force", "b")

def exec_(tool, bundle):
    sh(*tool, "exec", "s", "/bin/true")

def median(what, bundle, n=40):
    times = [[] for _ in tools]
    for i in range(n + 1):
        for tool, t in zip(tools, times):
            start = time.perf_counter()
            what(tool, bundle)
            if i:
                t.append(time.perf_counter() - start)
    return [statistics.median(t) * 1e3 for t in times]

def peak(tool, bundle):
    with open(bundle + "/peak", "w") as f:
        # the container's streams are not ours: it keeps them open
        subprocess.run([sys.argv[3], *tool, "create", "--bundle", bundle, "m"], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=f)
    sh(*tool, "delete", "--force", "m")
    return int(open(bundle + "/peak").read().split()[-1])

out = {"run": median(run, bundles["all"]), "hostnet": median(run, bundles["hostnet"]), "life": median(life, bundles["all"]),
       "peak": [statistics.median(peak(t, bundles["all"]) for _ in range(5)) for t in tools]}
for tool in tools:
    sh(*tool, "run", "--detach", "--bundle", bundles["sleep"], "s")
out["exec"] = median(exec_, "", 120)
for tool in tools:
    sh(*tool, "delete", "--force", "s")
print(json.dumps(out))
"""


def runtime_bundles():
    """Bundles with the configuration that rp makes, Podman's seccomp profile in it."""
    trace = base + "/trace"
    sh("rp", f"--trace={trace}", "run", "--rm", "--network", "none", "busybox", "true")
    spec = json.load(open(next(d.path for d in os.scandir(trace) if d.name.endswith("spec-gen")) + "/stdout.json"))["spec"]
    spec["mounts"] = [m for m in spec["mounts"] if not m["source"].startswith(base) and m["type"] != "cgroup"]
    spec["root"]["path"] = base + "/rootfs"
    os.makedirs(base + "/rootfs")
    bundles = {}
    for name, args in (("all", ["/bin/true"]), ("hostnet", ["/bin/true"]), ("sleep", ["/bin/sleep", "1000"])):
        spec["process"]["args"] = args
        own = json.loads(json.dumps(spec))
        if name == "hostnet":
            own["linux"]["namespaces"] = [n for n in own["linux"]["namespaces"] if n["type"] != "network"]
            # a sysfs can be mounted only by the owner of the network namespace
            own["mounts"] = [m for m in own["mounts"] if m["type"] != "sysfs"]
            own["linux"].pop("sysctl", None)
        bundles[name] = f"{base}/bundle.{name}"
        os.makedirs(bundles[name])
        json.dump(own, open(bundles[name] + "/config.json", "w"))
    return bundles


def runtime():
    tools = [[f"{B}/bin/ctr-runtime", "--root", base + "/r/o"], ["crun", "--cgroup-manager", "disabled", "--root", base + "/r/t"]]
    layer = next(e.path for e in os.scandir(base + "/d/rp/layers/sha256")) + "/root"
    bundles, script = runtime_bundles(), base + "/runtime.py"
    with open(script, "w") as f:
        f.write(RUNTIME_SCRIPT)
    out = subprocess.run(["ns-enter-pause", "--private", "--", "sh", "-c", f'mount --bind {layer} {base}/rootfs && exec python3 "$@"', "sh",
                          script, json.dumps(tools), json.dumps(bundles), B + "/tests/peak"], capture_output=True, text=True)
    if out.returncode:
        raise RuntimeError(out.stderr.strip()[-400:])
    got = json.loads(out.stdout)
    for name, key, unit, goal in (("run /bin/true, all namespaces", "run", "ms", 0.35),
                                  ("run /bin/true, the host's network", "hostnet", "ms", 0.35),
                                  ("exec /bin/true", "exec", "ms", 0.4), ("create, start, delete", "life", "ms", 0.4),
                                  ("create, peak memory", "peak", "KiB", 0.5)):
        row("ctr-runtime " + name, got[key][0], got[key][1], "crun", unit, goal)


def size():
    total = 0
    seen = set()
    for e in os.scandir(B + "/bin"):
        # several names of one file
        if e.inode() in seen:
            continue
        seen.add(e.inode())
        out = base + "/stripped"
        subprocess.run(["strip", "-o", out, e.path], check=True)
        total += os.stat(out).st_size
    row("all programs, stripped", total / 1048576, 8, "limit", "MiB", 1)


def main():
    global PODMAN
    sh(top + "/contrib/mkimage", base + "/image", "busybox")
    sh("rp", "pull", "-q", f"oci:{base}/image:busybox")
    sh("skopeo", "copy", "--insecure-policy", f"oci:{base}/image:busybox", "containers-storage:localhost/busybox:latest")
    PODMAN = podman()
    print(f"kernel {os.uname().release}, {os.cpu_count()} CPUs, peer: {' '.join(PODMAN)}")
    for measure in (counters, start, parallel, pull, monitor, log, runtime, size):
        if not only or measure.__name__ in only:
            try:
                measure()
            except Exception as e:
                failed.append(measure.__name__)
                print(f"{measure.__name__}: {e!r}")
    subprocess.run(["rp", "system", "reset", "--force"], **quiet)
    subprocess.run(["podman", "system", "reset", "--force"], **quiet)
    subprocess.run(["podman", "unshare", "rm", "-rf", base], **quiet)
    shutil.rmtree(base, ignore_errors=True)
    sys.exit(1 if failed else 0)


main()
