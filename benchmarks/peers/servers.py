"""The servers that are compared: how each is started so that all do equal work.

Each answers the same body with the same content type, writes no access log, keeps connections as
long as the client likes and serves from one thread (hello-2-loops from two).
"""

import contextlib
import os
import pathlib
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from typing import Callable

import answers
import processes
from answers import BLOB, PLAINTEXT, PLAINTEXT_BODY, Resource
from processes import CannotMeasure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
HELLO = REPOSITORY / "bazel-bin/apps/hello/hello"
YARDSTICK = REPOSITORY / "bazel-bin/benchmarks/limits/raw_epoll"
BUILD_HELLO = "./bazelw build -c opt //apps/hello"
BUILD_YARDSTICK = "./bazelw build -c opt //benchmarks/limits:raw_epoll"


@dataclass(frozen=True)
class Site:
    """Where one run of a server happens: its port, a directory of its own, what it serves."""

    port: int
    directory: pathlib.Path
    resource: Resource


@dataclass(frozen=True)
class Server:
    """A server by name: its program, the arguments for a site, how to get it when it is missing.

    `loops` is how many threads serve.
    """

    name: str
    program: str
    arguments: Callable[[Site], list]
    remedy: str
    loops: int = 1

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
    return lambda site: [f"--port={site.port}", "--address=127.0.0.1", f"--loops={loops}"]


def yardstick_arguments(site):
    if site.resource == PLAINTEXT:
        return [f"--port={site.port}"]
    return [f"--port={site.port}", f"--body-bytes={site.resource.body_bytes}"]


def extra_server(text):
    """The server that NAME=COMMAND stands for; {port} in the command becomes its port."""
    name, equals, command = text.partition("=")
    if not equals or "{port}" not in command:
        raise ValueError(f"{text!r} is not NAME=COMMAND with {{port}} in the command")
    program, *words = shlex.split(command)
    return Server(
        name,
        program,
        lambda site: [word.replace("{port}", str(site.port)) for word in words],
        f"--extra names the program {program!r}",
    )


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
    listen 127.0.0.1:{port} backlog=4096;
    location = /plaintext {{ return 200 "Hello, World!"; }}
    location = /blob {{ alias {directory}/www/blob; }}
  }}
}}
"""


def nginx_arguments(site):
    path = write_site(site, NGINX_CONFIGURATION)
    return ["-p", str(site.directory), "-e", str(site.directory / "error.log"), "-c", str(path)]


# h2o: a file is its cheapest answer, an mruby handler costs a quarter more

H2O_CONFIGURATION = """\
listen:
  host: 127.0.0.1
  port: {port}
num-threads: 1
num-name-resolution-threads: 1
max-connections: 16384
http1-request-timeout: 3600
file.mime.setdefaulttype: text/plain
hosts:
  default:
    paths:
      "/":
        file.dir: {directory}/www
"""


def h2o_arguments(site):
    # Started by root it would give up its rights, and with them the way to its files.
    user = "user: root\n" if os.geteuid() == 0 else ""
    return ["-m", "worker", "-c", str(write_site(site, user + H2O_CONFIGURATION))]


def write_site(site, configuration):
    """Writes a configuration file and the files to be served; returns the configuration's path."""
    files = site.directory / "www"
    files.mkdir()
    (files / "plaintext").write_bytes(PLAINTEXT_BODY)
    (files / "blob").write_bytes(b"x" * BLOB.body_bytes)
    path = site.directory / "server.conf"
    path.write_text(configuration.format(port=site.port, directory=site.directory))
    return path


# Choosing servers on the command line


def add_server_flags(parser, default):
    """The flags by which every program here is told what to run."""
    parser.add_argument(
        "--servers",
        default=default,
        metavar="NAMES",
        help="what to run, by name, comma-separated, of hello, hello-2-loops, yardstick, "
        "yardstick-again, nginx, h2o (default: %(default)s)",
    )
    parser.add_argument("--hello", default=HELLO, metavar="PATH", help="hello's binary")
    parser.add_argument("--yardstick", default=YARDSTICK, metavar="PATH", help="raw_epoll's binary")
    parser.add_argument(
        "--extra",
        action="append",
        default=[],
        type=extra_server,
        metavar="NAME=COMMAND",
        help="one more server, {port} in COMMAND standing for its port; may be repeated",
    )


def catalogue(options):
    """Every server that may be named, by name."""
    hello, yardstick = str(options.hello), str(options.yardstick)
    install = "install it: apt-get install "
    known = [
        Server("hello", hello, hello_arguments(1), f"build it: {BUILD_HELLO}"),
        Server("hello-2-loops", hello, hello_arguments(2), f"build it: {BUILD_HELLO}", loops=2),
        Server("yardstick", yardstick, yardstick_arguments, f"build it: {BUILD_YARDSTICK}"),
        Server("yardstick-again", yardstick, yardstick_arguments, f"build it: {BUILD_YARDSTICK}"),
        Server("nginx", "nginx", nginx_arguments, install + "nginx-light"),
        Server("h2o", "h2o", h2o_arguments, install + "h2o"),
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


def require_tools(packages):
    """Raises unless every tool can be run; `packages` says which Debian package holds which."""
    missing = [tool for tool in packages if shutil.which(tool) is None]
    if missing:
        install = " ".join(packages[tool] for tool in missing)
        raise CannotMeasure(f"missing: {' '.join(missing)}; install: apt-get install {install}")


def warning_of_unoptimised(chosen):
    """A line for each program that Bazel built without -c opt; what others built passes."""
    programs = {str(pathlib.Path(server.program).resolve()) for server in chosen}
    slow = [path for path in sorted(programs) if "/bazel-out/" in path and "-opt/" not in path]
    return "".join(f"WARNING: {path} was not built with -c opt\n" for path in slow)


# Running


@contextlib.contextmanager
def running_server(server, resource, cpu=None, wrapper=(), start_seconds=20):
    """Runs `server` (under the tool whose command is `wrapper`) once it gives the right answer."""
    with tempfile.TemporaryDirectory(prefix="turbo-bench-") as name:
        directory = pathlib.Path(name)
        site = Site(processes.free_port(), directory, resource)
        command = [*wrapper, server.program, *server.arguments(site)]
        log = directory / "output.log"
        with processes.running(command, log, cpu) as process:
            try:
                processes.wait_until_listening(process, site.port, start_seconds)
                answer_bytes = answers.check(site.port, resource)
            except (CannotMeasure, OSError) as error:
                raise CannotMeasure(f"{error}\n{last_lines(log)}".rstrip()) from error
            yield RunningServer(process.pid, site.port, answer_bytes)
            if process.poll() is not None:
                raise CannotMeasure(f"it ended by itself ({process.returncode})")


def last_lines(path, count=5):
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
