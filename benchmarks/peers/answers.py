"""What is asked of the servers, and whether they answer it as all of them must."""

import socket
import ssl
from dataclasses import dataclass

from processes import CannotMeasure

TIMEOUT_SECONDS = 30
# A server that chose another would do other work than the rest; see certificates.CONFIGURATION.
TLS_SUITE = "TLS_AES_128_GCM_SHA256"


@dataclass(frozen=True)
class Resource:
    """What is asked for: a path and the size of the body that must come back."""

    path: str
    body_bytes: int
    # A file, which only servers of files have; else one of hello's pages.
    is_file: bool = False

    def request(self):
        return f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode("ascii")


PLAINTEXT = Resource("/plaintext", 13)
PLAINTEXT_BODY = b"Hello, World!"
BLOB = Resource("/blob", 1 << 20)
STATIC_1K = Resource("/static/1k", 1 << 10, is_file=True)
STATIC_100K = Resource("/static/100k", 100 << 10, is_file=True)
STATIC_1M = Resource("/static/1m", 1 << 20, is_file=True)
STATIC_10M = Resource("/static/10m", 10 << 20, is_file=True)


def tls_context(http2=False):
    """TLS 1.3 only, h2 asked for or nothing; the certificate is self-signed: it is not verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if http2:
        context.set_alpn_protocols(["h2"])
    return context


def connect(port, tls=None):
    """A connection to `port`, by TLS when a context for it is given."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
    if tls is None:
        return connection
    # The request follows the end of the handshake at once, unacknowledged as that is.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    secured = tls.wrap_socket(connection)
    if secured.cipher()[0] != TLS_SUITE:
        raise CannotMeasure(f"it chose {secured.cipher()[0]} where others take {TLS_SUITE}")
    return secured


def fetch(port, resource, tls=None):
    """One answer as it comes over the wire: its head, blank line included, and its body."""
    with connect(port, tls) as connection:
        connection.sendall(resource.request())
        return read_answer(connection)


def check(port, resource, tls=None, typed=True):
    """Bytes of a whole answer; raises unless it is the one all servers must give to `resource`."""
    head, body = fetch(port, resource, tls)
    status_line = head.partition(b"\r\n")[0]
    if b" 200 " not in status_line:
        raise CannotMeasure(f"it answered {resource.path} with {status_line!r}")
    require_right(resource, header(head, "content-type"), body, typed)
    return len(head) + len(body)


def require_right(resource, content_type, body, typed):
    """Raises unless an answer is the one all servers must give, with a content type if `typed`."""
    if len(body) != resource.body_bytes:
        raise CannotMeasure(f"it answered {resource.path} with a body of {len(body)} bytes")
    if resource == PLAINTEXT and body != PLAINTEXT_BODY:
        raise CannotMeasure(f"it answered {resource.path} with {body!r}")
    if resource == PLAINTEXT and typed and content_type is None:
        raise CannotMeasure(f"it answered {resource.path} without a type")


def read_answer(connection):
    """The head and the body of the next answer on `connection`, framed by its Content-Length."""
    data = bytearray()
    while b"\r\n\r\n" not in data:
        data += receive_some(connection)
    head, blank, rest = bytes(data).partition(b"\r\n\r\n")
    length = int(header(head, "content-length") or 0)
    body = bytearray(rest)
    while len(body) < length:
        body += receive_some(connection)
    return head + blank, bytes(body)


def receive_some(connection):
    data = connection.recv(1 << 16)
    if not data:
        raise CannotMeasure("it closed the connection before its answer was whole")
    return data


def header(head, name):
    """The value of a header by its lower-case name, or None."""
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return None
