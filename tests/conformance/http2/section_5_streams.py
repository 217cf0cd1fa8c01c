"""RFC 9113 section 5: the states of streams, their identifiers, their number; errors."""

import frames
import header_blocks
from cases import Skip, case
from frames import Code, Setting

NO_WINDOW = {Setting.INITIAL_WINDOW_SIZE: 0}  # an answer's body waits, so its stream stays
MANY = 1000  # streams; servers that allow more are not asked for them

# ---- 5.1 ----


def _on_idle(name, build, *codes):
    @case("5.1", f"idle: {name}")
    def _(client):
        client.send(build(1))
        client.expect_connection_error(*(codes or (Code.PROTOCOL_ERROR,)))


_on_idle("DATA", lambda stream: frames.data(stream, b"x", end=True))
_on_idle("RST_STREAM", frames.rst_stream)
_on_idle("WINDOW_UPDATE", lambda stream: frames.window_update(stream, 1))
_on_idle("CONTINUATION", frames.continuation)


@case("5.1", "idle: DATA, above streams that were used")
def idle_above(client):
    client.expect_service()
    client.send(frames.data(9, b"x"))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("5.1", "idle: WINDOW_UPDATE, above streams that were used")
def update_idle_above(client):
    client.expect_service()
    client.send(frames.window_update(9, 1))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _on_servers(name, build):
    @case("5.1", f"idle, of the server's numbers: {name}")
    def _(client):
        client.send(build(2))
        client.expect_connection_error(Code.PROTOCOL_ERROR)


_on_servers("DATA", lambda stream: frames.data(stream, b"x"))
_on_servers("RST_STREAM", frames.rst_stream)
_on_servers("WINDOW_UPDATE", lambda stream: frames.window_update(stream, 1))


@case("5.1", "idle: PRIORITY, and then the stream is opened")
def priority_on_idle(client):
    stream = client.new_stream()
    client.send(frames.priority(stream), frames.headers(stream, client.target.head()))
    client.expect_response(stream)


@case("5.1", "open: DATA, WINDOW_UPDATE, PRIORITY, and the end", needs=("post",))
def open_stream(client):
    stream = client.request(client.target.post, method="POST", end=False)
    client.send(
        frames.data(stream, b"one"),
        frames.window_update(stream, 100),
        frames.priority(stream),
        frames.data(stream, b"two", end=True),
    )
    client.expect_response(stream)


@case("5.1", "open: RST_STREAM", needs=("post",))
def reset_open(client):
    stream = client.request(client.target.post, method="POST", end=False)
    client.send(frames.data(stream, b"one"), frames.rst_stream(stream))
    client.expect_alive()
    client.expect_service()


def _half_closed(title, build, *codes, section="5.1"):
    @case(section, f"half closed: {title}", settings=NO_WINDOW)
    def _(client):
        stream = client.request()
        client.expect_head(stream)
        client.send(build(client, stream))
        client.expect_stream_error(stream, *codes)


_half_closed("DATA", lambda _, on: frames.data(on, b"x", end=True), Code.STREAM_CLOSED)
_half_closed("empty DATA", lambda _, on: frames.data(on), Code.STREAM_CLOSED)
_half_closed(
    "HEADERS", lambda client, on: frames.headers(on, client.target.head()), Code.STREAM_CLOSED
)
_half_closed(
    "trailers",
    lambda _, on: frames.headers(on, header_blocks.encode([(b"x-late", b"1")])),
    Code.STREAM_CLOSED,
)
_half_closed(
    "CONTINUATION", lambda _, on: frames.continuation(on), Code.PROTOCOL_ERROR, Code.STREAM_CLOSED
)


@case("5.1", "half closed: WINDOW_UPDATE and PRIORITY are taken", settings=NO_WINDOW)
def half_closed_goes_on(client):
    stream = client.request()
    client.expect_head(stream)
    client.send(frames.priority(stream), frames.window_update(stream, 100000))
    client.expect_response(stream)


@case("5.1", "half closed: RST_STREAM ends the answer", needs=("large",))
def reset_half_closed(client):
    stream = client.request(client.target.large)
    client.expect_body(stream, frames.WINDOW_BYTES)
    client.send(frames.rst_stream(stream))
    client.expect_alive()
    client.send(frames.window_update(0, 1 << 20))
    client.settle()
    client.check(len(client.answer(stream).body) == frames.WINDOW_BYTES, "no more DATA")
    client.expect_service()


def _reset_by_us(title, build, *codes):
    @case("5.1", f"closed by our RST_STREAM: {title}", settings=NO_WINDOW)
    def _(client):
        stream = client.request()
        client.expect_head(stream)
        client.send(frames.rst_stream(stream), build(client, stream))
        client.expect_error_or_ignored(stream, *codes)


_reset_by_us("DATA", lambda _, on: frames.data(on, b"x", end=True), Code.STREAM_CLOSED)
_reset_by_us(
    "HEADERS",
    lambda client, on: frames.headers(on, client.target.head()),
    Code.STREAM_CLOSED, Code.PROTOCOL_ERROR,
)  # fmt: skip


def _closed_continuation(title, prepare):
    @case("5.1", f"closed by {title}: CONTINUATION")
    def _(client):
        stream = client.request()
        prepare(client, stream)
        client.send(frames.continuation(stream, client.target.head()))
        client.expect_connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


_closed_continuation("our RST_STREAM", lambda client, on: client.send(frames.rst_stream(on)))
_closed_continuation("END_STREAM", lambda client, on: client.expect_response(on))


@case("5.1", "closed by END_STREAM: DATA")
def data_on_closed(client):
    stream = client.request()
    client.expect_response(stream)
    client.send(frames.data(stream, b"x", end=True))
    client.expect_error_or_ignored(stream, Code.STREAM_CLOSED)


@case("5.1", "closed by END_STREAM: HEADERS")
def headers_on_closed(client):
    stream = client.request()
    client.expect_response(stream)
    client.send(frames.headers(stream, client.target.head()))
    client.expect_error_or_ignored(stream, Code.STREAM_CLOSED, Code.PROTOCOL_ERROR)


@case("5.1", "closed by END_STREAM: WINDOW_UPDATE, RST_STREAM and PRIORITY may still arrive")
def late_frames(client):
    stream = client.request()
    client.expect_response(stream)
    client.send(
        frames.window_update(stream, 1000), frames.priority(stream), frames.rst_stream(stream)
    )
    client.expect_alive()
    client.expect_service()


@case("5.1", "closed by the server's RST_STREAM: DATA on its way is counted and given back")
def data_on_its_way(client):
    bad = client.target.fields("POST") + [(b"UPPER", b"case")]
    piece, sent = bytes(10000), 0
    while sent < 20 * len(piece):
        stream = client.request_fields(bad, end=False)
        client.send(frames.data(stream, piece, end=True))
        sent += len(piece)
        client.expect(
            "the connection's window to be opened again",
            lambda: client.granted(0) >= sent + len(piece) or client.goaway or client.closed,
        )
        if client.goaway or client.closed:  # a connection error, which will do as well
            return client.expect_connection_error(Code.PROTOCOL_ERROR)
    client.expect_service()


@case("5.1", "closed by the server's RST_STREAM: HEADERS on its way update the table")
def headers_on_their_way(client):
    stream = client.new_stream()
    bad = header_blocks.encode(client.target.fields("POST") + [(b"UPPER", b"case")])
    trailers = header_blocks.literal(b":path", b"/", kind="incremental")
    client.send(frames.headers(stream, bad, end=False), frames.headers(stream, trailers))
    client.expect_malformed(stream)
    if client.goaway or client.closed:
        return
    stream = client.new_stream()
    block = client.target.head(leave_out=("path",)) + header_blocks.indexed(62)
    client.send(frames.headers(stream, block))
    client.expect_response(stream)


# ---- 5.1.1 ----


@case("5.1.1", "A stream of an even number")
def even(client):
    client.send(frames.headers(2, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("5.1.1", "A stream of a lower number than the last")
def lower(client):
    client.send(frames.headers(5, client.target.head()))
    client.expect_response(5)
    client.send(frames.headers(3, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


@case("5.1.1", "A lower number while the higher stream is open", settings=NO_WINDOW)
def lower_while_open(client):
    client.send(frames.headers(5, client.target.head()))
    client.expect_head(5)
    client.send(frames.headers(3, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


@case("5.1.1", "Numbers may be left out")
def gaps(client):
    for stream in (1, 7, 101, 99999):
        client.send(frames.headers(stream, client.target.head()))
        client.expect_response(stream)


@case("5.1.1", "The highest number there is")
def highest(client):
    client.send(frames.headers(frames.LARGEST_STREAM, client.target.head()))
    client.expect_response(frames.LARGEST_STREAM)
    client.expect_alive()


# ---- 5.1.2 ----


def allowed_streams(client):
    allowed = client.settings.get(Setting.MAX_CONCURRENT_STREAMS)
    if allowed is None or allowed > MANY:
        raise Skip(f"the server allows {allowed or 'any number of'} streams")
    return allowed


def _open_many(client, count):
    streams = [client.request() for _ in range(count)]
    for stream in streams:
        client.expect_head(stream)
    return streams


@case("5.1.2", "As many streams as MAX_CONCURRENT_STREAMS allows", settings=NO_WINDOW)
def all_allowed(client):
    streams = _open_many(client, allowed_streams(client))
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: 60000})
    client.send(frames.window_update(0, 1 << 24))
    for stream in streams:
        client.expect_response(stream)


@case("5.1.2", "One stream more than MAX_CONCURRENT_STREAMS allows", settings=NO_WINDOW)
def one_too_many(client):
    _open_many(client, allowed_streams(client))
    client.expect_stream_error(client.request(), Code.PROTOCOL_ERROR, Code.REFUSED_STREAM)


@case("5.1.2", "A stream that ended makes room for another", settings=NO_WINDOW)
def room_again(client):
    streams = _open_many(client, allowed_streams(client))
    client.send(frames.rst_stream(streams[0]))
    client.send(frames.window_update(streams[1], 60000))
    client.expect_response(streams[1])
    _open_many(client, 2)


@case("5.1.2", "The head of a refused stream updates the table", settings=NO_WINDOW)
def refused_updates_table(client):
    streams = _open_many(client, allowed_streams(client))
    refused = client.new_stream()
    more = header_blocks.literal(b":path", b"/", kind="incremental")
    head = client.target.head(leave_out=("path",))
    client.send(frames.headers(refused, head + more))
    client.expect_stream_error(refused, Code.PROTOCOL_ERROR, Code.REFUSED_STREAM)
    if client.goaway or client.closed:
        return
    client.send(frames.rst_stream(streams[0]))
    stream = client.new_stream()
    client.send(frames.headers(stream, head + header_blocks.indexed(62)))
    client.expect_head(stream)


# ---- 5.4 ----


@case("5.4.1", "The connection is closed behind an error")
def closed_after_error(client):
    client.send(frames.data(0, b"x"))
    client.expect_connection_error(Code.PROTOCOL_ERROR)
    client.expect_closed()


@case("5.4.1", "GOAWAY tells the last stream that was served")
def last_stream(client):
    client.expect_service()
    last = client.request()
    client.expect_response(last)
    client.send(frames.data(0, b"x"))
    client.expect_connection_error(Code.PROTOCOL_ERROR)
    if client.goaway:
        told = client.goaway.last_stream
        client.check(told == last, f"last stream {last} in GOAWAY, not {told}")


@case("5.4.1", "Frames behind an error are not served")
def nothing_behind_error(client):
    stream = client.new_stream()
    client.send(frames.data(0, b"x"), frames.headers(stream, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)
    client.read_all(0.2)
    client.check(client.answer(stream).status == 0, "no answer")


@case("5.4.2", "RST_STREAM is not answered by RST_STREAM", settings=NO_WINDOW)
def no_reset_for_reset(client):
    stream = client.request()
    client.expect_head(stream)
    client.send(frames.rst_stream(stream))
    client.settle()
    client.check(client.answer(stream).reset is None, "no RST_STREAM")


@case("5.4.2", "A stream's error leaves other streams alone", settings=NO_WINDOW)
def other_streams_go_on(client):
    other = client.request()
    client.expect_head(other)
    stream = client.request_fields(client.target.fields() + [(b"UPPER", b"case")])
    client.expect_malformed(stream)
    if client.goaway or client.closed:
        return  # a connection error, which will do as well
    client.send(frames.window_update(other, 60000))
    client.expect_response(other)
