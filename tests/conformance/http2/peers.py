"""Other servers that speak HTTP/2, for showing that the suite is right: nghttpd, nginx and h2o.

Each is started by `with`, on a free port of 127.0.0.1, and yields a Target. What it serves lies in
a folder of its own.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from connection import Target

LARGE_BYTES = 300000
START_SECONDS = 20

# Started by root, they would give their folders to a user whom Bazel's sandbox does not know.
_USER = "root" if os.geteuid() == 0 else None

_NGINX = """\
daemon off;
master_process off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type text/plain;
  client_max_body_size 16m;
  client_body_temp_path {folder}/client;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} http2;
    root {folder}/www;
    # A proxy reads a request's body; what only answers does not.
    location = /post {{ proxy_pass http://unix:{folder}/post; }}
    location = /cookies {{ return 200 "$http_cookie"; }}
  }}
  server {{
    listen unix:{folder}/post;
    location / {{ return 200 "taken"; }}
  }}
}}
"""

_H2O = """\
{user}
num-threads: 1
num-name-resolution-threads: 1
listen:
  host: 127.0.0.1
  port: {port}
hosts:
  default:
    paths:
      "/post":
        mruby.handler: |
          Proc.new {{|env| [200, {{"content-type" => "text/plain"}}, ["taken"]] }}
      "/":
        file.dir: {folder}/www
"""


@contextlib.contextmanager
def nghttpd(*flags):
    with _folder() as folder:
        port = _free_port()
        command = ["nghttpd", "--no-tls", "--address=127.0.0.1", "--echo-upload", *flags]
        with _running([*command, f"--htdocs={folder}/www", str(port)], folder, port):
            yield Target("127.0.0.1", port, large="/large", post="/")


@contextlib.contextmanager
def nginx():
    with _folder() as folder:
        port, path = _free_port(), folder / "nginx.conf"
        user = f"user {_USER};" if _USER else ""
        path.write_text(_NGINX.format(folder=folder, port=port, user=user), encoding="utf-8")
        command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(path)]
        with _running(command, folder, port):
            yield Target("127.0.0.1", port, large="/large", post="/post", cookies="/cookies")


@contextlib.contextmanager
def h2o():
    with _folder() as folder:
        port, path = _free_port(), folder / "h2o.conf"
        user = f"user: {_USER}" if _USER else ""
        path.write_text(_H2O.format(folder=folder, port=port, user=user), encoding="utf-8")
        with _running(["h2o", "-m", "worker", "-c", str(path)], folder, port):
            yield Target("127.0.0.1", port, large="/large", post="/post", upgrade=True, http1=True)


@contextlib.contextmanager
def _folder():
    with tempfile.TemporaryDirectory(prefix="turbo-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        write_pages(folder / "www")
        yield folder


def write_pages(folder):
    """The small page and the large one."""
    folder.mkdir()
    (folder / "index.html").write_bytes(b"hello\n")
    (folder / "large").write_bytes(b"large" * (LARGE_BYTES // 5))


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def _running(command, folder, port):
    program = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        raise AssertionError(f"{command[0]} is missing: see bazel/packages-test.txt")
    with open(folder / "output.log", "wb") as log:
        process = subprocess.Popen(
            [program, *command[1:]], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait_until_listening(process, port)
        yield
    finally:
        if process.poll() is not None:
            log = (folder / "output.log").read_text(encoding="utf-8", errors="replace")
            print(f"{program} ended by itself, with {process.returncode}: {log[-1000:]}")
        process.kill()
        process.wait()


def _wait_until_listening(process, port):
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"{process.args[0]} does not listen")
