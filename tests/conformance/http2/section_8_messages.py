"""RFC 9113 section 8: messages, their fields and pseudo fields; RFC 8441's :protocol."""

import frames
import header_blocks
from cases import EXTENDED_CONNECT, Skip, case
from frames import Code, Setting

POST = ("post",)
CONNECTION_SPECIFIC = (
    (b"connection", b"keep-alive"),
    (b"keep-alive", b"timeout=5"),
    (b"proxy-connection", b"keep-alive"),
    (b"transfer-encoding", b"chunked"),
    (b"upgrade", b"foo"),
)


def post(client, more=()):
    return client.request(client.target.post, method="POST", more=more, end=False)


def trailers(*fields, **how):
    return lambda stream: frames.headers(stream, header_blocks.encode(fields), **how)


# ---- 8.1 ----


@case("8.1", "Many requests, one behind the other")
def in_a_row(client):
    for _ in range(40):
        client.expect_service()


@case("8.1", "Many requests at once")
def at_once(client):
    allowed = client.settings.get(Setting.MAX_CONCURRENT_STREAMS, 100)
    streams = [client.request() for _ in range(min(40, allowed))]
    for stream in streams:
        client.expect_response(stream)


@case("8.1", "Large answers at once", needs=("large",), settings={4: 1 << 20})
def large_at_once(client):
    client.send(frames.window_update(0, 1 << 30))
    bodies = {
        client.expect_response(each).body
        for each in [client.request(client.target.large) for _ in range(3)]
    }
    client.check(len(bodies) == 1, "three times the same body")


@case("8.1", "An answer's head is well formed")
def answers_head(client):
    answer = client.expect_service()
    names = [name for name, _ in answer.fields]
    client.check(names.count(b":status") == 1 and names[0] == b":status", "one :status, first")
    client.check(not any(name.startswith(b":") for name in names[1:]), "no other pseudo field")
    client.check(all(name == name.lower() for name in names), "lower case names")
    banned = {name for name, _ in CONNECTION_SPECIFIC}
    client.check(not banned.intersection(names), "no connection-specific fields")


@case("8.1", "An answer's content-length is its body's", needs=("large",), settings={4: 1 << 20})
def answers_length(client):
    client.send(frames.window_update(0, 1 << 24))
    for path in ("/", client.target.large):
        answer = client.expect_response(client.request(path))
        told = answer.value(b"content-length")
        client.check(told in (None, b"%d" % len(answer.body)), f"{told} bytes of a body")


@case("8.1", "HEAD is answered without DATA")
def head(client):
    answer = client.expect_response(client.request(method="HEAD"))
    client.check(not answer.body, "no body")


@case("8.1", "What is not there is answered with 404")
def not_there(client):
    client.expect_response(client.request("/there/is/no/such/page"), 404)


@case("8.1", "GET with a body")
def get_with_body(client):
    stream = client.request(end=False)
    client.send(frames.data(stream, b"body", end=True))
    # A body of GET has no meaning, so it may be refused.
    client.expect_response(stream, 200, 400, 405, 413)
    client.expect_alive()


@case("8.1", "POST with a body", needs=POST)
def post_with_body(client):
    stream = post(client)
    client.send(frames.data(stream, b"body", end=True))
    client.expect_response(stream)


@case("8.1", "POST without a body", needs=POST)
def post_without_body(client):
    client.expect_response(client.request(client.target.post, method="POST"))


@case("8.1", "POST with trailers", needs=POST)
def post_with_trailers(client):
    stream = post(client)
    client.send(frames.data(stream, b"body"), trailers((b"x-trailer", b"value"))(stream))
    client.expect_response(stream)


@case("8.1", "Trailers without a body", needs=POST)
def only_trailers(client):
    stream = post(client)
    client.send(trailers((b"x-trailer", b"value"))(stream))
    client.expect_response(stream)


@case("8.1", "Expect: 100-continue is answered", needs=POST)
def expect_continue(client):
    stream = post(client, more=[(b"expect", b"100-continue"), (b"content-length", b"4")])
    answer = client.answer(stream)
    client.expect("100 or a final answer", lambda: answer.interim or answer.status)
    client.send(frames.data(stream, b"body", end=True))
    client.expect_response(stream, 200, 417)


def _malformed_trailers(section, title, build):
    @case(section, title, needs=POST)
    def _(client):
        stream = post(client)
        client.send(frames.data(stream, b"body"), build(stream))
        client.expect_malformed(stream)


_malformed_trailers(
    "8.1", "A second HEADERS without END_STREAM", trailers((b"x-t", b"v"), end=False)
)
_malformed_trailers("8.1", "Trailers with a request's pseudo field", trailers((b":method", b"GET")))
_malformed_trailers(
    "8.1", "Trailers with a response's pseudo field", trailers((b":status", b"200"))
)
_malformed_trailers(
    "8.1", "Trailers with a pseudo field behind others", trailers((b"x-t", b"v"), (b":path", b"/"))
)
_malformed_trailers("8.1", "Trailers with an upper case name", trailers((b"X-Trailer", b"value")))
_malformed_trailers(
    "8.1", "Trailers with a connection-specific field", trailers((b"connection", b"x"))
)
_malformed_trailers("8.1", "Trailers with CR and LF in a value", trailers((b"x-t", b"a\r\nb: c")))


@case("8.1", "Frames behind trailers", needs=POST)
def behind_trailers(client):
    stream = post(client)
    client.send(trailers((b"x-trailer", b"1"))(stream), frames.data(stream, b"x", end=True))
    client.expect_error_or_head(stream, Code.STREAM_CLOSED)


# ---- 8.1.1: content-length ----


def _length_mismatch(title, told, *bodies):
    @case("8.1.1", title, needs=POST)
    def _(client):
        stream = post(client, more=[(b"content-length", each) for each in told])
        pieces = [frames.data(stream, body) for body in bodies[:-1]]
        client.send(*pieces, frames.data(stream, bodies[-1], end=True))
        client.expect_malformed(stream)


_length_mismatch("content-length larger than the body", [b"10"], b"hello")
_length_mismatch("content-length larger than the body's frames", [b"20"], b"hello", b"there")
_length_mismatch("content-length smaller than the body", [b"1"], b"hello")
_length_mismatch("content-length smaller than the body's frames", [b"7"], b"hello", b"there")
_length_mismatch("content-length of 0, and a body", [b"0"], b"hello")
_length_mismatch("content-length, and an empty body", [b"5"], b"")
_length_mismatch("content-length twice, different", [b"5", b"6"], b"hello")
_length_mismatch("content-length that is no number", [b"five"], b"hello")
_length_mismatch("content-length with a sign", [b"+5"], b"hello")
_length_mismatch("content-length below zero", [b"-5"], b"hello")
_length_mismatch("content-length in hexadecimal", [b"0x5"], b"hello")
_length_mismatch("content-length beyond 64 bits", [b"18446744073709551621"], b"hello")
_length_mismatch("content-length without a value", [b""], b"hello")


@case("8.1.1", "content-length, and END_STREAM on HEADERS", needs=POST)
def length_without_body(client):
    more = [(b"content-length", b"5")]
    client.expect_malformed(client.request(client.target.post, method="POST", more=more))


@case("8.1.1", "content-length, and trailers before its end", needs=POST)
def length_and_trailers(client):
    stream = post(client, more=[(b"content-length", b"10")])
    client.send(frames.data(stream, b"hello"), trailers((b"x-trailer", b"1"))(stream))
    client.expect_malformed(stream)


@case("8.1.1", "content-length that is kept", needs=POST)
def length_kept(client):
    stream = post(client, more=[(b"content-length", b"10")])
    client.send(frames.data(stream, b"hello"), frames.data(stream, b"there", end=True))
    client.expect_response(stream)


@case("8.1.1", "content-length of 0 without a body")
def length_of_zero(client):
    client.expect_response(client.request(more=[(b"content-length", b"0")]))


@case("8.1.1", "A malformed request leaves the connection usable or ends it")
def malformed_and_then(client):
    stream = client.request_fields(client.target.fields(leave_out=("method",)))
    client.expect_malformed(stream)
    if not client.goaway and not client.closed:
        client.expect_service()


# ---- 8.2 ----


def _malformed_field(section, title, *fields):
    @case(section, title)
    def _(client):
        client.expect_malformed(client.request(more=fields))


_malformed_field("8.2.1", "A name in upper case", (b"X-Upper", b"value"))
_malformed_field("8.2.1", "A name with one upper case letter", (b"x-loweR", b"value"))
_malformed_field("8.2.1", "A name with a blank", (b"x blank", b"value"))
_malformed_field("8.2.1", "A name with NUL", (b"x\0nul", b"value"))
_malformed_field("8.2.1", "A name with a control character", (b"x\x1fcontrol", b"value"))
_malformed_field("8.2.1", "A name with a tab", (b"x\ttab", b"value"))
_malformed_field("8.2.1", "A name with CR and LF", (b"x\r\nhost", b"value"))
_malformed_field("8.2.1", "A name with DEL", (b"x\x7f", b"value"))
_malformed_field("8.2.1", "A name with a byte above 127", (b"x\x80", b"value"))
_malformed_field("8.2.1", "A name with 255", (b"\xff", b"value"))
_malformed_field("8.2.1", "A name with a colon within", (b"x:colon", b"value"))
_malformed_field("8.2.1", "A name with a colon at its end", (b"x-colon:", b"value"))
_malformed_field("8.2.1", "A value with NUL", (b"x-value", b"a\0b"))
_malformed_field("8.2.1", "A value with LF", (b"x-value", b"a\nb"))
_malformed_field("8.2.1", "A value with CR", (b"x-value", b"a\rb"))
_malformed_field("8.2.1", "A value with CR and LF at its end", (b"x-value", b"a\r\n"))
_malformed_field("8.2.1", "A value that starts with a blank", (b"x-value", b" a"))
_malformed_field("8.2.1", "A value that ends with a blank", (b"x-value", b"a "))
_malformed_field("8.2.1", "A value that starts with a tab", (b"x-value", b"\ta"))
_malformed_field("8.2.1", "A value that ends with a tab", (b"x-value", b"a\t"))
_malformed_field("8.2.1", "An empty name", (b"", b"value"))

for _field in CONNECTION_SPECIFIC:
    _malformed_field("8.2.2", f"Connection-specific: {_field[0].decode()}", _field)
_malformed_field("8.2.2", "te that is not trailers", (b"te", b"gzip"))
_malformed_field("8.2.2", "te with more than trailers", (b"te", b"trailers, deflate;q=0.5"))


def _good_field(section, title, *fields):
    @case(section, title)
    def _(client):
        client.expect_response(client.request(more=fields))


_good_field("8.2.1", "A name of all its characters", (b"x!#$%&'*+-.^_`|~0189az", b"value"))
_good_field("8.2.1", "An empty value", (b"x-empty", b""))
_good_field("8.2.1", "A value with blanks and tabs within", (b"x-value", b"a \t b"))
_good_field("8.2.1", "A value with bytes above 127", (b"x-value", bytes(range(128, 256))))
_good_field("8.2.1", "The same name often", *[(b"x-same", b"%d" % at) for at in range(20)])
_good_field("8.2.2", "te: trailers", (b"te", b"trailers"))
_good_field(
    "8.2.3", "cookie in crumbs", (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"cookie", b"c=3")
)
_good_field("8.1", "Fifty fields", *[(b"x-field-%d" % at, b"value") for at in range(50)])
_good_field("8.1", "A value of 4000 bytes", (b"x-long", b"v" * 4000))


@case("8.2.3", "cookie in crumbs is put together", needs=("cookies",))
def crumbs(client):
    pieces = [(b"cookie", b"first=one"), (b"cookie", b"second=two")]
    body = client.expect_response(client.request(client.target.cookies, more=pieces)).body
    client.check(
        all(word in body for word in (b"one", b"second", b"two")), "both cookies in the body"
    )


# ---- 8.3 ----


def _malformed_head(title, change, section="8.3.1"):
    """`change` makes wrong fields of good ones, which are a list of pairs."""

    @case(section, title)
    def _(client):
        client.expect_malformed(client.request_fields(change(client.target.fields())))


def _replaced(name, value):
    return lambda fields: [(key, value if key == name else old) for key, old in fields]


def _without(*names):
    return lambda fields: [each for each in fields if each[0] not in names]


def _twice(name):
    return lambda fields: [each for each in fields if each[0] == name] + fields


_malformed_head("An unknown pseudo field", lambda good: good + [(b":turbo", b"1")], "8.3")
_malformed_head("A response's pseudo field", lambda good: good + [(b":status", b"200")], "8.3")
_malformed_head("A pseudo field behind a field", lambda good: [(b"x-a", b"b")] + good, "8.3")
_malformed_head(
    "The last pseudo field behind a field",
    lambda good: good[:-1] + [(b"x-a", b"b")] + good[-1:],
    "8.3",
)
_malformed_head("A name that is only a colon", lambda good: good + [(b":", b"1")], "8.3")
for _name in (b":method", b":scheme", b":path"):
    _malformed_head(f"No {_name.decode()}", _without(_name))
for _name in (b":method", b":scheme", b":path", b":authority"):
    _malformed_head(f"{_name.decode()} twice", _twice(_name))
_malformed_head("No field at all", lambda good: [])
_malformed_head("No pseudo field", lambda good: [(b"x-a", b"b")])
_malformed_head("Empty :path", _replaced(b":path", b""))
_malformed_head("Empty :method", _replaced(b":method", b""))
_malformed_head("Empty :scheme", _replaced(b":scheme", b""))
_malformed_head(":path without a slash", _replaced(b":path", b"page"))
_malformed_head(":path * of GET", _replaced(b":path", b"*"))
_malformed_head(":path with a blank", _replaced(b":path", b"/ HTTP/1.1"))
_malformed_head(":path with CR and LF", _replaced(b":path", b"/\r\nx: y"))
_malformed_head(":path with NUL", _replaced(b":path", b"/\0"))
_malformed_head(":method with a blank", _replaced(b":method", b"GET /"))
_malformed_head(":method with CR and LF", _replaced(b":method", b"GET\r\n"))
_malformed_head(":authority with a blank", _replaced(b":authority", b"a b"))
_malformed_head(":authority with CR and LF", _replaced(b":authority", b"a\r\nx: y"))
_malformed_head(":scheme with CR and LF", _replaced(b":scheme", b"http\r\n"))


@case("8.3.1", "host without :authority")
def only_host(client):
    fields = client.target.fields(leave_out=("authority",))
    stream = client.request_fields(fields + [(b"host", client.target.authority.encode())])
    client.expect_response(stream)


@case("8.3.1", "host the same as :authority")
def host_too(client):
    client.expect_response(client.request(more=[(b"host", client.target.authority.encode())]))


@case("8.3.1", "Pseudo fields in another order")
def other_order(client):
    client.expect_response(client.request_fields(client.target.fields()[::-1]))


@case("8.3.1", "A query in :path")
def query(client):
    client.expect_response(client.request("/?a=b&c=%20"))


@case("8.3.1", "OPTIONS * is understood")
def options_of_all(client):
    stream = client.request("*", method="OPTIONS")
    answer = client.answer(stream)
    client.expect("an answer", lambda: answer.ended)
    client.expect_alive()


@case("8.3.1", "An unknown method is answered")
def unknown_method(client):
    stream = client.request(method="TURBO")
    answer = client.answer(stream)
    client.expect("an answer", lambda: answer.ended)
    client.expect_alive()


# ---- 8.5 ----

_malformed_head("CONNECT with :scheme and :path", _replaced(b":method", b"CONNECT"), "8.5")
_malformed_head(
    "CONNECT with :path",
    lambda good: _without(b":scheme")(_replaced(b":method", b"CONNECT")(good)), "8.5",
)  # fmt: skip
_malformed_head("CONNECT without :authority", lambda good: [(b":method", b"CONNECT")], "8.5")


@case("8.5", "CONNECT of a server that is no proxy is refused, without harm")
def connect(client):
    stream = client.request_fields([(b":method", b"CONNECT"), (b":authority", b"localhost:1")])
    answer = client.answer(stream)
    client.expect_or_closed(
        "an answer that is not 2xx, or an error",
        lambda: answer.status >= 300 or answer.reset is not None or client.goaway,
    )
    if not client.goaway and not client.closed:
        client.expect_service()


# ---- 8.7 ----


@case("8.1", "An answer before the request's end: RST_STREAM behind it is NO_ERROR")
def early_answer(client):
    stream = client.request("/there/is/no/such/page", method="POST", end=False)
    client.send(frames.data(stream, b"x"))
    client.settle()
    answer = client.answer(stream)
    if answer.ended:
        client.check(answer.reset in (None, Code.NO_ERROR), "no RST_STREAM, or one with NO_ERROR")
    client.send(frames.data(stream, b"x", end=True))
    client.expect_alive()


# ---- 10.5.1 ----


@case("10.5.1", "More fields than MAX_HEADER_LIST_SIZE are refused or served, without harm")
def large_list(client):
    size = min(client.settings.get(Setting.MAX_HEADER_LIST_SIZE, 1 << 16), 1 << 16)
    block = client.target.head(more=[(b"x-%d" % at, b"v" * 4000) for at in range(size // 4000 + 2)])
    stream, cuts = client.new_stream(), range(0, len(block), frames.FRAME_BYTES)
    pieces = [block[cut : cut + frames.FRAME_BYTES] for cut in cuts]
    client.send(frames.headers(stream, pieces[0], complete=len(pieces) == 1))
    for piece in pieces[1:]:
        client.send(frames.continuation(stream, piece, complete=piece is pieces[-1]))
    answer = client.answer(stream)
    client.expect_or_closed(
        "200, 431 or an error", lambda: answer.ended or answer.reset is not None or client.goaway
    )
    if answer.ended:
        client.check(answer.status in (200, 400, 413, 431, 494), "200 or a refusal")
    if not client.goaway and not client.closed:
        client.expect_service()


# ---- RFC 8441 ----

EXTENDED = [(b":method", b"CONNECT"), (b":protocol", b"websocket")]


def _announced(client):
    return client.settings.get(Setting.ENABLE_CONNECT_PROTOCOL) == 1


@case(f"{EXTENDED_CONNECT} 3", "Extended CONNECT that was not announced")
def extended_unannounced(client):
    if _announced(client):
        raise Skip("the server announces extended CONNECT")
    client.expect_malformed(client.request_fields(EXTENDED + client.target.fields()[1:]))


@case(f"{EXTENDED_CONNECT} 4", ":protocol of another method than CONNECT")
def protocol_of_get(client):
    good = client.target.fields()
    client.expect_malformed(client.request_fields(good + [(b":protocol", b"websocket")]))


@case(f"{EXTENDED_CONNECT} 4", "Extended CONNECT without :path")
def extended_without_path(client):
    fields = client.target.fields(leave_out=("method", "path"))
    client.expect_malformed(client.request_fields(EXTENDED + fields))


@case(f"{EXTENDED_CONNECT} 3", "The client's announcement of extended CONNECT has no effect")
def announced_by_client(client):
    client.change_settings({Setting.ENABLE_CONNECT_PROTOCOL: 1})
    client.expect_service()
