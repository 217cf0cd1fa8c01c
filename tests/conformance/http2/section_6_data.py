"""RFC 9113 sections 6.1 to 6.4 and 6.10: frames of streams, beside their flow control."""

import frames
import header_blocks
from cases import case
from frames import Code, Flag, Setting, Type

NO_WINDOW = {Setting.INITIAL_WINDOW_SIZE: 0}
POST = ("post",)


def post(client, more=()):
    return client.request(client.target.post, method="POST", more=more, end=False)


# ---- 6.1 DATA ----


@case("6.1", "DATA on stream 0")
def data_on_connection(client):
    client.send(frames.data(0, b"x", end=True))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.1", "DATA in many frames, empty ones among them", needs=POST)
def data_in_pieces(client):
    stream = post(client)
    client.send(*(frames.data(stream, b"x" * (at % 3)) for at in range(12)))
    client.send(frames.data(stream, end=True))
    client.expect_response(stream)


@case("6.1", "DATA ends with an empty frame", needs=POST)
def empty_end(client):
    stream = post(client)
    client.send(frames.data(stream, b"body"), frames.data(stream, end=True))
    client.expect_response(stream)


@case("6.1", "DATA with padding: content-length counts without it", needs=POST)
def padded_data(client):
    stream = post(client, more=[(b"content-length", b"10")])
    client.send(
        frames.data(stream, b"hello", padding=bytes(255)),
        frames.data(stream, b"", padding=bytes(7)),
        frames.data(stream, b"there", padding=b"", end=True),
    )
    client.expect_response(stream)


@case("6.1", "DATA of nothing but padding ends a stream", needs=POST)
def only_padding(client):
    stream = post(client)
    client.send(frames.data(stream, b"", padding=bytes(100), end=True))
    client.expect_response(stream)


@case("6.1", "Padding that is not zero is ignored or refused", needs=POST)
def nonzero_padding(client):
    stream = post(client)
    client.send(frames.data(stream, b"hello", padding=b"padding", end=True))
    client.expect_error_or_ignored(stream, Code.PROTOCOL_ERROR)


def _bad_padding(title, payload, *codes):
    @case("6.1", title, needs=POST)
    def _(client):
        flags = Flag.PADDED | Flag.END_STREAM
        client.send(frames.frame(Type.DATA, flags, post(client), payload))
        client.expect_connection_error(*codes)


_bad_padding("DATA with padding as long as the payload", b"\x06hello", Code.PROTOCOL_ERROR)
_bad_padding("DATA with padding and nothing behind its length", b"\x01", Code.PROTOCOL_ERROR)
_bad_padding("DATA with padding longer than the frame", b"\xffhello", Code.PROTOCOL_ERROR)


@case("6.1", "DATA with PADDED and no payload", needs=POST)
def no_padding_length(client):
    stream = post(client)
    client.send(frames.frame(Type.DATA, Flag.PADDED | Flag.END_STREAM, stream))
    # 4.2's FRAME_SIZE_ERROR holds, and as the padding is too long, 6.1's PROTOCOL_ERROR as well.
    client.expect_stream_error(stream, Code.FRAME_SIZE_ERROR, Code.PROTOCOL_ERROR)


# ---- 6.2 HEADERS ----


@case("6.2", "HEADERS on stream 0")
def headers_on_connection(client):
    client.send(frames.headers(0, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _good_headers(title, **how):
    @case("6.2", title)
    def _(client):
        stream = client.new_stream()
        client.send(frames.headers(stream, client.target.head(), **how))
        client.expect_response(stream)


_good_headers("HEADERS with padding", padding=bytes(200))
_good_headers("HEADERS with padding of length 0", padding=b"")
_good_headers("HEADERS with priority", priority=frames.priority_fields(0, 256, True))
_good_headers(
    "HEADERS with padding and priority", padding=bytes(9), priority=frames.priority_fields(3)
)


def _bad_headers(title, flags, payload, *codes):
    @case("6.2", title)
    def _(client):
        wrong = frames.frame(Type.HEADERS, flags | Flag.END_HEADERS | Flag.END_STREAM, 1, payload)
        client.send(wrong)
        client.expect_connection_error(*codes)


# Where 4.2 (too short for what it must have) and 6.2 (padding too long) both hold, either will do.
_bad_headers(
    "HEADERS with padding as long as the payload",
    Flag.PADDED, b"\x04\x82\x86\x84", Code.PROTOCOL_ERROR,
)  # fmt: skip
_bad_headers(
    "HEADERS with padding longer than the frame",
    Flag.PADDED, b"\xff\x82\x86\x84", Code.PROTOCOL_ERROR,
)  # fmt: skip
_bad_headers(
    "HEADERS with PADDED and no payload",
    Flag.PADDED, b"", Code.FRAME_SIZE_ERROR, Code.PROTOCOL_ERROR,
)  # fmt: skip
_bad_headers(
    "HEADERS with PRIORITY and four bytes", Flag.PRIORITY, b"\0\0\0\0", Code.FRAME_SIZE_ERROR
)
_bad_headers("HEADERS with PRIORITY and no payload", Flag.PRIORITY, b"", Code.FRAME_SIZE_ERROR)
_bad_headers(
    "HEADERS whose padding takes bytes of the priority",
    Flag.PADDED | Flag.PRIORITY, b"\x02\0\0\0\0\x0f\0", Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR,
)  # fmt: skip


@case("6.2", "END_STREAM of HEADERS holds with CONTINUATION")
def end_with_continuation(client):
    stream, block = client.new_stream(), client.target.head()
    client.send(
        frames.headers(stream, block[:3], complete=False), frames.continuation(stream, block[3:])
    )
    client.expect_response(stream)
    client.send(frames.data(stream, b"x", end=True))
    client.expect_error_or_ignored(stream, Code.STREAM_CLOSED)


# ---- 6.3 PRIORITY ----


@case("6.3", "PRIORITY on stream 0")
def priority_on_connection(client):
    client.send(frames.priority(0, 1))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _priority_of(length):
    @case("6.3", f"PRIORITY of {length} bytes")
    def _(client):
        stream = client.new_stream()
        client.send(frames.frame(Type.PRIORITY, 0, stream, bytes(length)))
        client.expect_stream_error(stream, Code.FRAME_SIZE_ERROR)


for _length in (0, 4, 6):
    _priority_of(_length)


# ---- 6.4 RST_STREAM ----


@case("6.4", "RST_STREAM on stream 0")
def reset_connection(client):
    client.send(frames.rst_stream(0))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _reset_of(length):
    @case("6.4", f"RST_STREAM of {length} bytes", settings=NO_WINDOW)
    def _(client):
        stream = client.request()
        client.send(frames.frame(Type.RST_STREAM, 0, stream, bytes(length)))
        client.expect_connection_error(Code.FRAME_SIZE_ERROR)


for _length in (0, 3, 5):
    _reset_of(_length)


@case("6.4", "RST_STREAM ends the answer; the windows of others stay", settings=NO_WINDOW)
def reset_ends_answer(client):
    first, second = client.request(), client.request()
    client.expect_head(first)
    client.expect_head(second)
    client.send(frames.rst_stream(first), frames.window_update(second, 60000))
    client.expect_response(second)
    client.settle()
    client.check(not client.answer(first).body, "no DATA on the reset stream")


# ---- 6.10 CONTINUATION ----


@case("6.10", "CONTINUATION behind a complete HEADERS", settings=NO_WINDOW)
def continuation_behind_complete(client):
    stream = client.request()
    client.send(frames.continuation(stream, header_blocks.encode([(b"x-more", b"1")])))
    client.expect_connection_error(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


@case("6.10", "CONTINUATION behind a complete HEADERS of an open stream", needs=POST)
def continuation_in_open(client):
    client.send(frames.continuation(post(client), header_blocks.encode([(b"x-more", b"1")])))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.10", "CONTINUATION behind a complete CONTINUATION", needs=POST)
def continuation_behind_continuation(client):
    stream, block = client.new_stream(), client.target.head("POST", client.target.post)
    client.send(
        frames.headers(stream, block[:3], end=False, complete=False),
        frames.continuation(stream, block[3:]),
        frames.continuation(stream, header_blocks.encode([(b"x-more", b"1")])),
    )
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.10", "CONTINUATION behind DATA", needs=POST)
def continuation_behind_data(client):
    stream = post(client)
    client.send(frames.data(stream, b"x"), frames.continuation(stream))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.10", "CONTINUATION on stream 0, on an idle connection")
def continuation_on_connection(client):
    client.send(frames.continuation(0, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.10", "CONTINUATION on stream 0, behind HEADERS that go on")
def continuation_on_connection_later(client):
    client.send(frames.headers(1, client.target.head(), complete=False), frames.continuation(0))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.10", "Trailers in CONTINUATION", needs=POST)
def trailers_in_continuation(client):
    stream, block = post(client), header_blocks.encode([(b"x-trailer", b"value")])
    client.send(
        frames.data(stream, b"body"),
        frames.headers(stream, block[:4], complete=False),
        frames.continuation(stream, block[4:]),
    )
    client.expect_response(stream)
