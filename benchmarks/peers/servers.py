"""The servers that are compared: how each is started so that all do equal work.

Each answers the same body with the same content type, writes no access log, keeps connections as
long as the client likes and serves from one thread (hello-2-loops from two). Files are looked at
once a second for changes, by nginx as by files, and have no extension, so that each names its own
type.

Over HTTP/2 each has its defaults: 100 or 128 streams a connection, pieces of 8 to 16 KiB. nghttpd
reads a file again for each answer, has no cache to switch on, and names no type for it, which the
others do.

Over TLS each shows the same certificate and speaks TLS 1.2 and 1.3 with session tickets; the
clients ask for 1.3 and X25519 first, and OpenSSL's configuration leaves one suite. h2o 2.2.5 has no
setting for groups: it accepts more of them than the others. nginx and h2o send two tickets after a
full handshake, which is OpenSSL's default and theirs; hello sends one.
"""

import contextlib
import dataclasses
import os
import pathlib
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from typing import Callable

import answers
import http2_client
import processes
from answers import BLOB, PLAINTEXT, PLAINTEXT_BODY, Resource
from certificates import Certificate
from processes import CannotMeasure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
HELLO = REPOSITORY / "bazel-bin/apps/hello/hello"
FILES = REPOSITORY / "bazel-bin/apps/files/files"
YARDSTICK = REPOSITORY / "bazel-bin/benchmarks/limits/raw_epoll"
BUILD_HELLO = "./bazelw build -c opt //apps/hello"
BUILD_FILES = "./bazelw build -c opt //apps/files"
BUILD_YARDSTICK = "./bazelw build -c opt //benchmarks/limits:raw_epoll"


@dataclass(frozen=True)
class Site:
    """Where one run of a server happens: its port, a directory of its own, what it serves.

    With a certificate it speaks TLS only, with `http2` HTTP/2 at least.
    """

    port: int
    directory: pathlib.Path
    resource: Resource
    certificate: Certificate | None = None
    http2: bool = False


@dataclass(frozen=True)
class Server:
    """A server by name: its program, the arguments for a site, how to get it when it is missing.

    `loops` is how many threads serve; `plain` and `tls`, `http1` and `http2` say which it can
    speak, `pages` and `files` what it can answer with, `typed` whether with a content type.
    """

    name: str
    program: str
    arguments: Callable[[Site], list]
    remedy: str
    loops: int = 1
    plain: bool = True
    tls: bool = True
    http1: bool = True
    http2: bool = True
    pages: bool = True
    files: bool = False
    typed: bool = True

    def has(self, resource):
        return self.files if resource.is_file else self.pages

    def speaks(self, tls, http2=False):
        return (self.tls if tls else self.plain) and (self.http2 if http2 else self.http1)

    def is_installed(self):
        return shutil.which(self.program) is not None


@dataclass(frozen=True)
class RunningServer:
    """A server that answers on `port`; `pid` is its process, or that of the tool it runs under."""

    pid: int
    port: int
    answer_bytes: int


# hello, the yardstick, and anything else given by a command line


def hello_arguments(loops):
    def arguments(site):
        words = [f"--port={site.port}", "--address=127.0.0.1", f"--loops={loops}"]
        if site.certificate is None:
            return words
        return [
            *words,
            f"--tls_cert={site.certificate.chain}",
            f"--tls_key={site.certificate.key}",
        ]

    return arguments


def files_arguments(site):
    return [*hello_arguments(1)(site), f"--root={write_files(site)}"]


def yardstick_arguments(site):
    if site.resource == PLAINTEXT:
        return [f"--port={site.port}"]
    return [f"--port={site.port}", f"--body-bytes={site.resource.body_bytes}"]


def yardstick_server(name, program):
    remedy = f"build it: {BUILD_YARDSTICK}"
    return Server(name, program, yardstick_arguments, remedy, tls=False, http2=False)


def extra_http2_server(text):
    """The same as extra_server() makes of a text; it speaks HTTP/2 too."""
    return dataclasses.replace(extra_server(text), http2=True)


def extra_server(text):
    """The server that NAME=COMMAND stands for; {port} in the command becomes its port.

    It speaks TLS, and nothing else, when {cert} and {key} are to become the names of PEM files.
    """
    name, equals, command = text.partition("=")
    if not equals or "{port}" not in command:
        raise ValueError(f"{text!r} is not NAME=COMMAND with {{port}} in the command")
    program, *words = shlex.split(command)
    tls = "{cert}" in command
    return Server(
        name,
        program,
        lambda site: [filled(word, site) for word in words],
        f"--extra names the program {program!r}",
        plain=not tls,
        tls=tls,
        http2=False,
    )


def filled(word, site):
    word = word.replace("{port}", str(site.port))
    if site.certificate is None:
        return word
    word = word.replace("{cert}", str(site.certificate.chain))
    return word.replace("{key}", str(site.certificate.key))


# nginx

NGINX_CONFIGURATION = """\
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{
  worker_connections 16384;
}}
http {{
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path {directory}/client;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  default_type text/plain;
  server {{
    listen 127.0.0.1:{port} {ssl} {http2} backlog=4096;
    {tls}
    location = /plaintext {{ return 200 "Hello, World!"; }}
    location = /blob {{ alias {directory}/www/blob; }}
    location /static/ {{
      root {directory}/www;
      tcp_nopush on;
      open_file_cache max=1000;
      open_file_cache_valid 1s;
    }}
  }}
}}
"""

# The session cache is what configuration generators write. Our clients take tickets and do not need
# it, but a full TLS 1.3 handshake fills it all the same.
NGINX_TLS = """\
ssl_certificate {chain};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519:P-256:P-384;
    ssl_session_tickets on;
    ssl_session_cache shared:sessions:10m;
    ssl_session_timeout 1d;
    ssl_prefer_server_ciphers off;"""


def nginx_arguments(site):
    # Started by root it would give its directories to nobody, which Bazel's sandbox does not know.
    user = "user root;\n" if os.geteuid() == 0 else ""
    ssl = "" if site.certificate is None else "ssl"
    http2 = "http2" if site.http2 else ""
    path = write_site(site, user + NGINX_CONFIGURATION, NGINX_TLS, ssl=ssl, http2=http2)
    return ["-p", str(site.directory), "-e", str(site.directory / "error.log"), "-c", str(path)]


# h2o: a file is its cheapest answer, an mruby handler costs a quarter more

H2O_CONFIGURATION = """\
listen:
  host: 127.0.0.1
  port: {port}
{tls}
num-threads: 1
num-name-resolution-threads: 1
max-connections: 16384
http1-request-timeout: 3600
http2-idle-timeout: 3600
file.mime.setdefaulttype: text/plain
hosts:
  default:
    paths:
      "/":
        file.dir: {directory}/www
"""

# Its default would sign in a process of its own, whose CPU time is not looked at here.
H2O_TLS = """\
  ssl:
    certificate-file: {chain}
    key-file: {key}
    minimum-version: TLSv1.2
    neverbleed: OFF
    ocsp-update-interval: 0
ssl-session-resumption:
  mode: all"""


def h2o_arguments(site):
    # Started by root it would give up its rights, and with them the way to its files.
    user = "user: root\n" if os.geteuid() == 0 else ""
    return ["-m", "worker", "-c", str(write_site(site, user + H2O_CONFIGURATION, H2O_TLS))]


# nghttpd, the server of nghttp2's authors: files only, HTTP/2 only


def nghttpd_arguments(site):
    files = write_files(site)
    words = ["--address=127.0.0.1", "--workers=1", f"--htdocs={files}"]
    if site.certificate is None:
        return [*words, "--no-tls", str(site.port)]
    return [*words, str(site.port), str(site.certificate.key), str(site.certificate.chain)]


def write_site(site, configuration, tls, **more):
    """Writes a configuration file and the files to be served; returns the configuration's path.

    `tls` takes the place of {tls} in the configuration when the site has a certificate.
    """
    write_files(site)
    path = site.directory / "server.conf"
    pair = site.certificate
    more["tls"] = "" if pair is None else tls.format(chain=pair.chain, key=pair.key)
    path.write_text(configuration.format(port=site.port, directory=site.directory, **more))
    return path


def write_files(site):
    """Writes the files to be served; returns their directory."""
    files = site.directory / "www"
    files.mkdir()
    (files / "plaintext").write_bytes(PLAINTEXT_BODY)
    (files / "blob").write_bytes(b"x" * BLOB.body_bytes)
    if site.resource.is_file:
        path = files / site.resource.path.lstrip("/")
        path.parent.mkdir()
        path.write_bytes(b"x" * site.resource.body_bytes)
    return files


# Choosing servers on the command line


def add_server_flags(parser, default):
    """The flags by which every program here is told what to run."""
    parser.add_argument(
        "--servers",
        default=default,
        metavar="NAMES",
        help="what to run, by name, comma-separated, of hello, hello-2-loops, files, "
        "yardstick, yardstick-again, nginx, h2o, nghttpd (default: %(default)s)",
    )
    parser.add_argument("--hello", default=HELLO, metavar="PATH", help="hello's binary")
    parser.add_argument("--files", default=FILES, metavar="PATH", help="the binary of files")
    parser.add_argument("--yardstick", default=YARDSTICK, metavar="PATH", help="raw_epoll's binary")
    parser.add_argument(
        "--extra",
        action="append",
        default=[],
        type=extra_server,
        metavar="NAME=COMMAND",
        help="one more server, {port} in COMMAND standing for its port; may be repeated. A server"
        " that speaks TLS, and only that, takes {cert} and {key}, PEM files",
    )
    parser.add_argument(
        "--extra-http2",
        action="append",
        default=[],
        dest="extra",
        type=extra_http2_server,
        metavar="NAME=COMMAND",
        help="the same, of a server that speaks HTTP/2 too",
    )


def catalogue(options):
    """Every server that may be named, by name."""
    hello, yardstick = str(options.hello), str(options.yardstick)
    install = "install it: apt-get install "
    known = [
        Server("hello", hello, hello_arguments(1), f"build it: {BUILD_HELLO}"),
        Server("hello-2-loops", hello, hello_arguments(2), f"build it: {BUILD_HELLO}", loops=2),
        Server(
            "files",
            str(options.files),
            files_arguments,
            f"build it: {BUILD_FILES}",
            pages=False,
            files=True,
        ),
        yardstick_server("yardstick", yardstick),
        yardstick_server("yardstick-again", yardstick),
        Server("nginx", "nginx", nginx_arguments, install + "nginx-light", files=True),
        Server("h2o", "h2o", h2o_arguments, install + "h2o", files=True),
        Server(
            "nghttpd",
            "nghttpd",
            nghttpd_arguments,
            install + "nghttp2-server",
            http1=False,
            files=True,
            typed=False,
        ),
    ]
    return {server.name: server for server in known}


def chosen_servers(options):
    """The servers the flags ask for; raises when one is unknown or missing on this machine."""
    known = catalogue(options)
    names = options.servers.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CannotMeasure(f"no server is called {unknown[0]!r}; there are {', '.join(known)}")
    chosen = [known[name] for name in names] + options.extra
    missing = [server for server in chosen if not server.is_installed()]
    if missing:
        lines = [f"{server.name} is missing; {server.remedy}" for server in missing]
        raise CannotMeasure("\n".join([*lines, "or leave it out with --servers=NAMES"]))
    return chosen


def add_http2_flags(parser):
    """The flags of the programs that measure one protocol or the other."""
    parser.add_argument("--http2", action="store_true", help="ask by HTTP/2 instead of HTTP/1.1")
    parser.add_argument(
        "--streams",
        type=int,
        default=10,
        help="requests at once on a connection, with --http2 (default: 10)",
    )


def speaking(chosen, http2, tls=False):
    """Those of the servers that can be asked so; tells of the others, raises if none is left."""
    able = [server for server in chosen if server.speaks(tls, http2)]
    asked = f"{'HTTP/2' if http2 else 'HTTP/1.1'} {'over' if tls else 'without'} TLS"
    for server in chosen:
        if server not in able:
            print(f"{server.name} is left out: it does not speak {asked}", flush=True)
    if not able:
        raise CannotMeasure(f"no server speaks {asked}; see --servers in --help")
    return able


def require_tools(packages):
    """Raises unless every tool can be run; `packages` says which Debian package holds which."""
    missing = [tool for tool in packages if shutil.which(tool) is None]
    if missing:
        install = " ".join(packages[tool] for tool in missing)
        raise CannotMeasure(f"missing: {' '.join(missing)}; install: apt-get install {install}")


def warning_of_unoptimised(chosen):
    """A line for each program that Bazel built without -c opt; what others built passes."""
    programs = {str(pathlib.Path(shutil.which(each.program)).resolve()) for each in chosen}
    slow = [path for path in sorted(programs) if "/bazel-out/" in path and "-opt/" not in path]
    return "".join(f"WARNING: {path} was not built with -c opt\n" for path in slow)


def note_of_left_out(chosen, scenarios):
    """A line for each reason why a server takes no part in a scenario."""
    lines = []
    for reason, asked, spoken in (
        ("no TLS", lambda scenario: scenario.tls, lambda server: server.tls),
        ("only TLS", lambda scenario: not scenario.tls, lambda server: server.plain),
        ("no HTTP/2", lambda scenario: scenario.http2, lambda server: server.http2),
        ("only HTTP/2", lambda scenario: not scenario.http2, lambda server: server.http1),
    ):
        loads = [scenario.name for scenario in scenarios if asked(scenario)]
        names = [server.name for server in chosen if not spoken(server)]
        if loads and names:
            lines.append(f"not in {', '.join(loads)} ({reason}): {', '.join(names)}\n")
    return "".join(lines)


# Running


@contextlib.contextmanager
def running_server(
    server,
    resource,
    cpu=None,
    wrapper=(),
    start_seconds=20,
    certificate: Certificate | None = None,
    http2=False,
):
    """Runs `server` (under the tool whose command is `wrapper`) once it gives the right answer."""
    tls = None if certificate is None else answers.tls_context(http2)
    check = http2_client.check if http2 else answers.check
    with tempfile.TemporaryDirectory(prefix="turbo-bench-") as name:
        directory = pathlib.Path(name)
        site = Site(processes.free_port(), directory, resource, certificate, http2)
        command = [*wrapper, server.program, *server.arguments(site)]
        log = directory / "output.log"
        environment = None if certificate is None else certificate.environment()
        with processes.running(command, log, cpu, environment) as process:
            try:
                processes.wait_until_listening(process, site.port, start_seconds)
                answer_bytes = check(site.port, resource, tls, server.typed)
            except (CannotMeasure, OSError) as error:
                raise CannotMeasure(f"{error}\n{last_lines(log)}".rstrip()) from error
            yield RunningServer(process.pid, site.port, answer_bytes)
            if process.poll() is not None:
                raise CannotMeasure(f"it ended by itself ({process.returncode})")


def last_lines(path, count=5):
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
