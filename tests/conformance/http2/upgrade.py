"""RFC 7540 section 3.2: HTTP/1.1 that becomes HTTP/2 (RFC 9113 3.1 took it away, and servers may
still do it)."""

import base64

import frames
from cases import UPGRADE, case
from connection import Connection, Failure
from frames import Code, Setting, Type

SECTION = f"{UPGRADE} 3.2"
SETTINGS_SECTION = f"{UPGRADE} 3.2.1"


def encoded(values=()):
    """A value of HTTP2-Settings."""
    return base64.urlsafe_b64encode(frames.settings_payload(values)).rstrip(b"=").decode()


def request(
    client, *, method="GET", path="/", settings=encoded({3: 100}), upgrade="h2c", more=(), body=b"",
    version="1.1",
):  # fmt: skip
    """Sends a request that asks for the upgrade; `settings` may be None or several."""
    values = [settings] if isinstance(settings, str) else settings or []
    lines = [f"{method} {path} HTTP/{version}", f"Host: {client.target.authority}"]
    lines += ["Connection: Upgrade" + (", HTTP2-Settings" if values else ""), f"Upgrade: {upgrade}"]
    lines += [f"HTTP2-Settings: {value}" for value in values] + list(more)
    client.send("\r\n".join([*lines, "", ""]).encode() + body)


def expect_switch(client):
    status, fields = client.read_http1_head()
    client.check(status == 101, f"101, not {status}")
    client.check(fields.get("upgrade", "").lower() == "h2c", "Upgrade: h2c")
    client.check("upgrade" in fields.get("connection", "").lower(), "Connection: Upgrade")


def switch(client, **more):
    """Asks, is answered with 101 and sends the preface. Stream 1 is taken."""
    request(client, **more)
    expect_switch(client)
    client.new_stream()
    client.greet()


def expect_no_switch(client, *statuses):
    """HTTP/1.1 goes on: an answer without the switch, or a closed connection."""
    status, _ = client.read_http1_head()
    if status == 101 or (statuses and status not in statuses):
        wanted = "/".join(map(str, statuses)) or "any status but 101"
        raise Failure(f"an answer of HTTP/1.1: {wanted}", str(status))


@case(SECTION, "GET is answered on stream 1", needs=("upgrade",), bare=True)
def get(client):
    switch(client)
    client.expect_response(1)
    client.expect_service()


@case(SECTION, "The preface right behind the request", needs=("upgrade",), bare=True)
def eager(client):
    # Not what a client should do, who does not know yet; a server may read it as HTTP/1.1.
    request(client)
    expect_switch(client)
    client.send(frames.PREFACE, frames.settings(), frames.ping(b"directly"))
    client.expect_response(1)


@case(SECTION, "The server's SETTINGS come first behind 101", needs=("upgrade",), bare=True)
def settings_first(client):
    switch(client)
    client.expect_response(1)
    client.check(client.log[0].kind == Type.SETTINGS, "SETTINGS first")


@case(SECTION, "HEAD is answered without a body", needs=("upgrade",), bare=True)
def head(client):
    switch(client, method="HEAD")
    answer = client.expect_response(1)
    client.check(not answer.body, "no DATA")


@case(SECTION, "The next request is stream 3", needs=("upgrade",), bare=True)
def next_stream(client):
    switch(client)
    client.check(client.request() == 3, "stream 3")
    client.expect_response(3)


@case(SECTION, "Stream 1 is half closed: DATA on it", needs=("upgrade",), bare=True)
def data_on_first(client):
    switch(client)
    client.expect_response(1)
    client.send(frames.data(1, b"more", end=True))
    client.expect_error_or_ignored(1, Code.STREAM_CLOSED)


@case(SECTION, "Stream 1 is taken: HEADERS on it", needs=("upgrade",), bare=True)
def headers_on_first(client):
    switch(client)
    client.expect_response(1)
    client.send(frames.headers(1, client.target.head()))
    client.expect_error_or_ignored(1, Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)


@case(SECTION, "A body is read as HTTP/1.1 before the switch", needs=("upgrade", "post"), bare=True)
def with_body(client):
    body = b"b" * 1000
    more = (f"Content-Length: {len(body)}",)
    request(client, method="POST", path=client.target.post, more=more, body=body)
    _expect_either(client)


@case(SECTION, "A chunked body is read as HTTP/1.1", needs=("upgrade", "post"), bare=True)
def with_chunked_body(client):
    request(
        client, method="POST", path=client.target.post, more=("Transfer-Encoding: chunked",),
        body=b"5\r\nhello\r\n0\r\n\r\n",
    )  # fmt: skip
    _expect_either(client)


def _expect_either(client):
    """The switch and 200 on stream 1, or 200 without a switch, as the server likes it."""
    status, _ = client.read_http1_head()
    if status == 101:
        client.greet()
        client.expect_response(1)
    elif status != 200:
        raise Failure("101 or 200", str(status))


@case(SECTION, "100 comes before 101 (RFC 9110 7.8)", needs=("upgrade", "post"), bare=True)
def expect_continue(client):
    more = ("Content-Length: 5", "Expect: 100-continue")
    request(client, method="POST", path=client.target.post, more=more)
    status, _ = client.read_http1_head()
    if status == 200:  # not needed, and no switch
        return
    client.check(status == 100, f"100 first, not {status}")
    client.send(b"hello")
    _expect_either(client)


@case(SECTION, "Garbage instead of the preface", needs=("upgrade",), bare=True)
def garbage(client):
    request(client)
    expect_switch(client)
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case(SECTION, "The token h2 is ignored over plain TCP", needs=("upgrade", "plain"), bare=True)
def token_of_tls(client):
    request(client, upgrade="h2")
    expect_no_switch(client, 200)


@case(SECTION, "Another protocol is ignored", needs=("upgrade",), bare=True)
def other_token(client):
    request(client, upgrade="turbo/1")
    expect_no_switch(client, 200)


@case(SECTION, "HTTP/1.0 is not upgraded (RFC 9110 7.8)", needs=("upgrade",), bare=True)
def old_version(client):
    request(client, version="1.0")
    expect_no_switch(client)


@case(SECTION, "Upgrade: h2c is ignored over TLS", needs=("tls", "http1"), bare=True)
def over_tls(client):
    with Connection(client.target, alpn=("http/1.1",)) as other:
        request(other)
        expect_no_switch(other, 200)


@case(
    SETTINGS_SECTION,
    "The client's settings hold for stream 1",
    needs=("upgrade", "large"),
    bare=True,
)
def settings_hold(client):
    settings = encoded({Setting.INITIAL_WINDOW_SIZE: 10})
    request(client, path=client.target.large, settings=settings)
    expect_switch(client)
    client.send(frames.PREFACE, frames.settings({Setting.INITIAL_WINDOW_SIZE: 10}))
    client.expect_body(1, 10)
    client.settle()
    client.check(len(client.answer(1).body) == 10, "10 bytes of a body and no more")


@case(
    SETTINGS_SECTION,
    "Only the SETTINGS of the preface are acknowledged",
    needs=("upgrade",),
    bare=True,
)
def acknowledged_once(client):
    switch(client)
    client.expect_response(1)
    client.settle()
    client.check(client.acknowledged == 1, f"one ACK, not {client.acknowledged}")


@case(SETTINGS_SECTION, "Empty settings will do", needs=("upgrade",), bare=True)
def empty_settings(client):
    switch(client, settings="")
    client.expect_response(1)


def _not_upgraded(title, settings):
    @case(SETTINGS_SECTION, title, needs=("upgrade",), bare=True)
    def _(client):
        request(client, settings=settings)
        expect_no_switch(client)


_not_upgraded("No HTTP2-Settings", None)
_not_upgraded("HTTP2-Settings twice", [encoded(), encoded()])
_not_upgraded("HTTP2-Settings that are not base64url", "!!!!!!!!")
_not_upgraded("HTTP2-Settings of a length that is no multiple of 6", "AAMAAABk" + "AAAA")


@case(SETTINGS_SECTION, "HTTP2-Settings with an illegal value", needs=("upgrade",), bare=True)
def illegal_value(client):
    request(client, settings=encoded({Setting.ENABLE_PUSH: 2}))
    status, _ = client.read_http1_head()
    if status == 101:
        client.send(frames.PREFACE, frames.settings())
        client.expect_connection_error(Code.PROTOCOL_ERROR)
