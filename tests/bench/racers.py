# SPDX-License-Identifier: Apache-2.0
"""The servers that tests/bench/run races, built and started: bare, ours, and
those of others, where they can be built."""

import atexit
import copy
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
IDL = os.path.join(HERE, "race.thrift")
SERVER, CLIENT = "0", "1"       # processors
BINARY = "-p", "binary"


def as_usual():
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def sh(*words, **more):
    """Not before all others, if we are: Go's linker waits by spinning."""
    return subprocess.run(words, check=True, capture_output=True, text=True,
                          preexec_fn=as_usual, **more).stdout


def make(build):
    """Ours, as it is installed."""
    if not os.path.exists(os.path.join(build, "Makefile")):
        if not os.path.exists(os.path.join(ROOT, "configure")):
            sh("autoreconf", "-i", cwd=ROOT)
        os.makedirs(build, exist_ok=True)
        sh(os.path.join(ROOT, "configure"), "-q", "CFLAGS=-O2 -g", cwd=build)
    sh("make", "-j2", "all", cwd=build)


def cpu_ns(pid):
    """On the processor, of all its threads, by the scheduler's count."""
    ns = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            ns += int(f.read().split()[0])
    return ns


class Racer:
    """A server that prints its port; pid is what takes processor time."""

    asked = ()                  # how it is asked: options of bench

    def __init__(self, name, *command):
        self.name = name
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER, *command], stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.process.kill)
        self.pid = self.process.pid
        self.port = int(self.process.stdout.readline())
        self.address = ":%d" % self.port

    def once_more(self, name, *asked, address=None):
        """The same server, asked in another way."""
        other = copy.copy(self)
        other.name, other.asked = name, asked
        other.address = address or self.address
        return other

    def cpu_ns(self):
        return cpu_ns(self.pid)

    def own_bytes(self):
        """Of memory that has no file."""
        with open("/proc/%d/status" % self.pid) as f:
            return int(re.search(r"RssAnon:\s+(\d+)", f.read())[1]) * 1024


def build_module(build, out):
    sh(os.path.join(build, "thriftfork-gen"), "-o", out, IDL,
       os.path.join(HERE, "codec.thrift"))
    so = os.path.join(out, "race.so")
    sh("cc", "-O2", "-shared", "-fPIC", "-I", ROOT + "/include", "-I",
       out, "-o", so, HERE + "/race.c", out + "/race.tf.c",
       out + "/codec.tf.c")
    return so


def tests_lib(build):
    """Its modules can be imported from now on, for that build."""
    os.environ["TF_BUILD"] = build
    sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))


class Ours(Racer):
    def __init__(self, name, build, so, log=None, *options):
        tests_lib(build)
        from harness import Server
        self.name, self.log = name, log
        if log is not None:
            options += ("-o", "access-log=" + log)
        self.server = Server(["taskset", "-c", SERVER, build + "/thriftfork",
                              "run", so], *options, workers=1)
        self.port = self.server.port
        self.address = ":%d" % self.port
        self.pid, = self.server.workers().values()

    def lines(self):
        """In its access log, which is empty from now on."""
        if self.log is None:
            return 0
        with open(self.log, "rb") as f:
            n = sum(piece.count(b"\n") for piece in
                    iter(lambda: f.read(1 << 20), b""))
        os.truncate(self.log, 0)
        return n


def build_bare(out, upstream):
    sh("cc", "-O2", "-D_GNU_SOURCE", "-o", out + "/bare", HERE + "/bare.c")
    return Racer("bare", out + "/bare", str(upstream.port))


def build_apache(out):
    sh("thrift", "-r", "--gen", "cpp:templates", "-out", out, IDL)
    sh("c++", "-std=c++17", "-O2", "-I", out, "-o", out + "/apache",
       HERE + "/race_apache.cc", out + "/Race.cpp", out + "/codec_types.cpp",
       "-lthriftnb", "-lthrift", "-levent", "-lpthread")
    return Racer("TNonblockingServer", out + "/apache")


def build_python(out):
    sh("thrift", "-r", "--gen", "py", "-out", out, IDL)
    return Racer("python TThreadPool", sys.executable, HERE + "/race_py.py",
                 out)


GO_LIBRARY = "github.com/apache/thrift@v0.17.0"     # as Debian's compiler


def build_go(out):
    """Go fetches the library, if it has not done so before."""
    out = os.path.join(out, "go")
    os.mkdir(out)
    shutil.copy(HERE + "/race_go.go", out + "/main.go")
    sh("thrift", "-r", "--gen", "go:package_prefix=race/", "-out", out, IDL)
    sh("go", "mod", "init", "race", cwd=out)
    sh("go", "get", GO_LIBRARY, cwd=out)
    sh("go", "build", "-o", "race_go", ".", cwd=out)
    return Racer("Go TSimpleServer", out + "/race_go")


# Optimized as Volo's own benchmark is; volo-build's code is for pilota 0.13.
VOLO_CARGO = """\
[package]
name = "race_volo"
edition = "2024"

[dependencies]
pilota = "0.13"
tokio = { version = "1", features = ["macros", "net", "rt", "time"] }
volo = "=0.12.4"
volo-thrift = "=0.12.7"

[build-dependencies]
volo-build = "=0.12.3"

[profile.release]
lto = true
codegen-units = 1
"""
VOLO_BUILD = """\
fn main() {
    volo_build::Builder::thrift().add_service("%s").write().unwrap();
}
"""


def put(path, text):
    """Leaves a file alone that holds the text: it has been compiled."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path) or open(path).read() != text:
        with open(path, "w") as f:
            f.write(text)


def build_volo(out):
    """Beside out, which is made anew: at first it takes five minutes."""
    at = os.path.join(os.path.dirname(out), "volo")
    put(at + "/Cargo.toml", VOLO_CARGO)
    put(at + "/build.rs", VOLO_BUILD % IDL)
    with open(HERE + "/race_volo.rs") as f:
        put(at + "/src/main.rs", f.read())
    sh("cargo", "build", "--release", "--jobs=2", "--target-dir=target",
       cwd=at)
    # In compact it dies of the first bool.
    return Racer("Volo", at + "/target/release/race_volo").once_more(
        "Volo, binary", *BINARY)


KITEX = "github.com/cloudwego/kitex"
KITEX_VERSION = "@v0.13.1"
KITEX_TOOLS = (("kitex", KITEX + "/tool/cmd/kitex"),
               ("thriftgo", "github.com/cloudwego/thriftgo"))
SONIC = "github.com/bytedance/sonic@v1.15.0"    # for a Go that is newer
LINK = "-ldflags=-checklinkname=0"              # than what Kitex knows


def build_kitex(out):
    """Beside out, as Volo."""
    at = os.path.join(os.path.dirname(out), "kitex")
    with open(HERE + "/race_kitex.go") as f:
        put(at + "/main.go", f.read())
    if not os.path.exists(at + "/go.mod"):
        sh("go", "mod", "init", "race", cwd=at)
    sh("go", "get", KITEX_TOOLS[0][1] + KITEX_VERSION,
       KITEX + KITEX_VERSION, SONIC, cwd=at)
    for name, package in KITEX_TOOLS:
        sh("go", "build", "-o", name, package, cwd=at)
    sh(at + "/kitex", "-module", "race", IDL, cwd=at,
       env={**os.environ, "PATH": at + ":" + os.environ["PATH"]})
    sh("go", "mod", "tidy", cwd=at)
    sh("go", "build", LINK, "-o", "race_kitex", ".", cwd=at)
    return Racer("Kitex", at + "/race_kitex").once_more("Kitex, binary",
                                                        *BINARY)


PEERS = (("TNonblockingServer (libthrift-dev, libevent-dev)", build_apache),
         ("python3-thrift", build_python),
         ("Go's Apache library (go)", build_go),
         ("Volo (cargo)", build_volo), ("Kitex (go)", build_kitex))


def build_counting(build, out):
    so = build_module(build, out)
    uncounted = os.path.join(build, "uncounted")
    if not os.path.exists(uncounted + "/thriftfork"):
        sys.exit("%s is not there: make uncounted" % uncounted)
    return [Ours("nothing counted", uncounted, so),
            Ours("counted", build, so),
            Ours("access log, all", build, so, out + "/all.log"),
            Ours("access log, 1 of 100", build, so, out + "/100.log",
                 "-o", "access-log-sample=100")]


def build_threaded(build, out):
    """Ours, whose slow method is not its loop's."""
    return Ours("thriftfork, threads", build, os.path.join(out, "race.so"),
                None, "-o", "threads=8", "-o", "threaded.Race.nap=yes")


def build_all(build, out, peers):
    ours = Ours("thriftfork", build, build_module(build, out))
    racers = [build_bare(out, ours), ours]
    for what, how in PEERS if peers else ():
        try:
            racers.append(how(out))
        except (OSError, ValueError, subprocess.CalledProcessError) as why:
            text = getattr(why, "stderr", None) or str(why)
            print("left out: %s: %s" % (what, text.strip().splitlines()[-1]))
    return racers


def in_binary(racers):
    """Ours once more, if others have to be asked in binary."""
    if all(racer.asked != BINARY for racer in racers):
        return []
    return [racers[1].once_more("thriftfork, binary", *BINARY)]


def build_dialects(build, out):
    """Ours, in all that it speaks; what is not plain costs the client more."""
    tests_lib(build)
    from tls import Authority
    ca = Authority()
    crt, key = ca.issue("server")
    ours = Ours("compact, framed", build, build_module(build, out), None,
                "-l", "unix:%s/socket" % out, "-o", "tls-certificate=" + crt,
                "-o", "tls-key=" + key)
    return [ours, ours.once_more("binary, framed", *BINARY),
            ours.once_more("compact, unframed", "-f", "unframed"),
            ours.once_more("THeader", "-f", "header"),
            ours.once_more("THeader, zlib", "-f", "header", "-o",
                           "transforms=zlib"),
            ours.once_more("JSON", "-p", "json"),
            ours.once_more("HTTP", address="http://127.0.0.1" + ours.address),
            ours.once_more("unix socket", address="unix:%s/socket" % out),
            ours.once_more("TLS", "-o", "tls-ca=" + ca.ca,
                           address="tls://127.0.0.1" + ours.address),
            ours.once_more("zlib stream", "-o", "zlib=yes")]
