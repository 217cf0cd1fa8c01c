"""RFC 9113 section 4: frames, their sizes, field blocks; and 5.5, what extends them."""

import frames
import header_blocks
from cases import Skip, case
from frames import Code, Flag, Setting, Type

UNKNOWN = 0xB7  # a type that nobody registered


def max_frame(client):
    """The bytes of payload that the server takes; one more can be told in a frame's head."""
    size = client.settings.get(Setting.MAX_FRAME_SIZE, frames.FRAME_BYTES)
    if size >= frames.LARGEST_PAYLOAD:
        raise Skip("the server takes frames of any size")
    return size


# ---- 4.1 ----


@case("4.1", "A frame of unknown type, on the connection")
def unknown_type(client):
    client.send(frames.frame(UNKNOWN, 0, 0, b"12345678"))
    client.expect_alive()
    client.expect_service()


@case("4.1", "A frame of unknown type, on an open stream", needs=("post",))
def unknown_on_stream(client):
    stream = client.request(client.target.post, method="POST", end=False)
    client.send(
        frames.frame(UNKNOWN, 0xFF, stream, b"unknown"), frames.data(stream, b"x", end=True)
    )
    client.expect_response(stream)


@case("4.1", "A frame of unknown type and no payload, all flags set")
def unknown_empty(client):
    client.send(frames.frame(UNKNOWN, 0xFF))
    client.expect_service()


@case("4.1", "A frame of unknown type and the largest allowed payload")
def unknown_large(client):
    client.send(frames.frame(UNKNOWN, 0, 0, bytes(frames.FRAME_BYTES)))
    client.expect_service()


def _undefined_flags(name, build):
    @case("4.1", f"Undefined flags of {name} are ignored")
    def _(client):
        client.send(build(client))
        client.expect_service()


_undefined_flags("SETTINGS", lambda _: frames.frame(Type.SETTINGS, 0xFE))
_undefined_flags(
    "PRIORITY", lambda _: frames.frame(Type.PRIORITY, 0xFF, 1, frames.priority_fields())
)
_undefined_flags("WINDOW_UPDATE", lambda _: frames.frame(Type.WINDOW_UPDATE, 0xFF, 0, b"\0\0\0\1"))


@case("4.1", "Undefined flags of PING are ignored")
def flags_of_ping(client):
    client.send(frames.frame(Type.PING, 0xFE, 0, b"undefine"))
    client.expect("PING ACK", lambda: any(each.payload == b"undefine" for each in client.log))
    pong = next(each for each in client.log if each.payload == b"undefine")
    client.check(pong.flags & Flag.ACK, "a PING with ACK")


@case("4.1", "Undefined flags of HEADERS are ignored")
def flags_of_headers(client):
    stream = client.new_stream()
    client.send(frames.headers(stream, client.target.head(), flags=0x02 | 0x10 | 0x40 | 0x80))
    client.expect_response(stream)


@case("4.1", "Undefined flags of CONTINUATION are ignored")
def flags_of_continuation(client):
    stream, block = client.new_stream(), client.target.head()
    # PADDED and PRIORITY are undefined here: nothing of the payload is padding.
    client.send(
        frames.headers(stream, block[:5], complete=False),
        frames.continuation(stream, block[5:], flags=0xFB),
    )
    client.expect_response(stream)


@case("4.1", "Undefined flags of DATA are ignored", needs=("post",))
def flags_of_data(client):
    stream = client.request(client.target.post, method="POST", end=False)
    client.send(frames.data(stream, b"hello", end=True, flags=0xF6))
    client.expect_response(stream)


@case("4.1", "Undefined flags of RST_STREAM are ignored", settings={Setting.INITIAL_WINDOW_SIZE: 0})
def flags_of_reset(client):
    stream = client.request()
    client.send(frames.frame(Type.RST_STREAM, 0xFF, stream, b"\0\0\0\x08"))
    client.expect_alive()


@case("4.1", "The reserved bit is ignored, of PING")
def reserved_bit_of_ping(client):
    client.send(frames.frame(Type.PING, 0, 0, b"reserved", reserved=1))
    client.expect("PING ACK", lambda: any(each.payload == b"reserved" for each in client.log))


@case("4.1", "The reserved bit is ignored, of HEADERS")
def reserved_bit_of_headers(client):
    stream, flags = client.new_stream(), Flag.END_STREAM | Flag.END_HEADERS
    client.send(frames.frame(Type.HEADERS, flags, stream, client.target.head(), reserved=1))
    client.expect_response(stream)


@case("4.1", "Frames byte by byte")
def in_bytes(client):
    stream = client.new_stream()
    for byte in frames.headers(stream, client.target.head()) + frames.ping(b"bytewise"):
        client.send(bytes((byte,)))
    client.expect_response(stream)


# ---- 4.2 ----


@case("4.2", "DATA of 2^14 bytes", needs=("post",))
def data_of_full_size(client):
    stream = client.request(client.target.post, method="POST", end=False)
    client.send(frames.data(stream, bytes(frames.FRAME_BYTES), end=True))
    client.expect_response(stream)


@case("4.2", "DATA larger than MAX_FRAME_SIZE", needs=("post",))
def oversized_data(client):
    stream = client.request(client.target.post, method="POST", end=False)
    client.send(frames.data(stream, bytes(max_frame(client) + 1), end=True))
    client.expect_stream_error(stream, Code.FRAME_SIZE_ERROR)


@case("4.2", "HEADERS larger than MAX_FRAME_SIZE")
def oversized_headers(client):
    block = client.target.head(more=[(b"x-filler", b"x" * max_frame(client))])
    client.send(frames.headers(client.new_stream(), block))
    client.expect_connection_error(Code.FRAME_SIZE_ERROR)


@case("4.2", "CONTINUATION larger than MAX_FRAME_SIZE")
def oversized_continuation(client):
    stream, size = client.new_stream(), max_frame(client) + 1
    # Fields that can be decoded and are no more than any server takes: it is all about the size.
    block = client.target.head(more=[(b"x-filler", b"x" * 16000)] * (size // 16000 + 1))
    client.send(
        frames.headers(stream, block[:-size], complete=False),
        frames.continuation(stream, block[-size:]),
    )
    client.expect_connection_error(Code.FRAME_SIZE_ERROR)


def _oversized(name, build, *others):
    @case("4.2", f"{name} larger than MAX_FRAME_SIZE")
    def _(client):
        client.send(build(max_frame(client)))
        client.expect_connection_error(Code.FRAME_SIZE_ERROR, *others)


_oversized(
    "SETTINGS",
    lambda size: frames.settings([(0xF000, 0)] * (size // 6 + 1)),
    Code.ENHANCE_YOUR_CALM,  # 10.5: so many settings are an attack
)
_oversized("PING", lambda size: frames.frame(Type.PING, 0, 0, bytes(size + 1)))
_oversized("GOAWAY", lambda size: frames.goaway(debug=bytes(size)))
_oversized("A frame of unknown type", lambda size: frames.frame(UNKNOWN, 0, 0, bytes(size + 1)))


@case("4.2", "A head that tells the largest length there is")
def largest_length(client):
    client.send(frames.frame(Type.DATA, 0, 1, b"x", length=frames.LARGEST_PAYLOAD))
    client.expect_connection_error(Code.FRAME_SIZE_ERROR, Code.PROTOCOL_ERROR)


def _take_large(client, limit):
    client.send(frames.window_update(0, 1 << 24))
    stream = client.request(client.target.large)
    client.expect_response(stream)
    largest = max(len(each.payload) for each in client.log)
    client.check(largest <= limit, f"frames of at most {limit} bytes, not {largest}")


@case(
    "4.2", "The server's frames have at most 2^14 bytes unless it is told",
    needs=("large",), settings={Setting.INITIAL_WINDOW_SIZE: 1 << 24},
)  # fmt: skip
def frames_of_server(client):
    _take_large(client, frames.FRAME_BYTES)


@case(
    "4.2", "The server's frames have at most MAX_FRAME_SIZE bytes", needs=("large",),
    settings={Setting.INITIAL_WINDOW_SIZE: 1 << 24, Setting.MAX_FRAME_SIZE: 20000},
)  # fmt: skip
def larger_frames_of_server(client):
    _take_large(client, 20000)


# ---- 4.3 and 5.5 ----


@case("4.3", "A field block in CONTINUATIONs of one byte")
def block_in_bytes(client):
    # Not the whole block: so many small frames look like an attack.
    stream, block = client.new_stream(), client.target.head()
    head, tail = block[:-8], block[-8:]
    pieces = [frames.continuation(stream, bytes((byte,)), complete=False) for byte in tail[:-1]]
    client.send(frames.headers(stream, head, complete=False), *pieces)
    client.send(frames.continuation(stream, tail[-1:]))
    client.expect_response(stream)


@case("4.3", "A field block that starts in an empty HEADERS and ends in an empty CONTINUATION")
def block_with_empty_ends(client):
    stream = client.new_stream()
    client.send(
        frames.headers(stream, b"", complete=False),
        frames.continuation(stream, client.target.head(), complete=False),
        frames.continuation(stream),
    )
    client.expect_response(stream)


@case("4.3", "A field block of 12000 bytes in three frames")
def large_block(client):
    stream = client.new_stream()
    block = client.target.head(more=[(b"x-%d" % at, b"v" * 3000) for at in range(4)])
    cuts = (block[:4000], block[4000:8000], block[8000:])
    client.send(
        frames.headers(stream, cuts[0], complete=False),
        frames.continuation(stream, cuts[1], complete=False),
        frames.continuation(stream, cuts[2]),
    )
    client.expect_response(stream, 200, 431)


@case("4.3", "A field block that cannot be decoded")
def broken_block(client):
    client.send(frames.headers(client.new_stream(), client.target.head() + b"\xff\xff\xff\xff\xff"))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


@case("4.3", "Trailers that cannot be decoded", needs=("post",))
def broken_trailers(client):
    stream = client.request(client.target.post, method="POST", end=False)
    client.send(frames.headers(stream, header_blocks.indexed(0)))
    client.expect_connection_error(Code.COMPRESSION_ERROR)


def _interleaved(name, build, section="4.3"):
    @case(section, f"{name} within a field block")
    def _(client):
        stream, block = client.new_stream(), client.target.head()
        client.send(
            frames.headers(stream, block[:5], complete=False),
            build(client, stream),
            frames.continuation(stream, block[5:]),
        )
        client.expect_connection_error(Code.PROTOCOL_ERROR)


_interleaved("DATA", lambda _, stream: frames.data(stream, b"x"))
_interleaved(
    "HEADERS of the same stream", lambda client, on: frames.headers(on, client.target.head())
)
_interleaved(
    "HEADERS of another stream",
    lambda client, on: frames.headers(on + 2, client.target.head()),
)
_interleaved("PRIORITY", lambda _, stream: frames.priority(stream))
_interleaved("RST_STREAM", lambda _, stream: frames.rst_stream(stream))
_interleaved("SETTINGS", lambda *_: frames.settings())
_interleaved("PING", lambda *_: frames.ping())
_interleaved("GOAWAY", lambda *_: frames.goaway())
_interleaved("WINDOW_UPDATE", lambda *_: frames.window_update(0, 1))
_interleaved("CONTINUATION of another stream", lambda _, on: frames.continuation(on + 2))
_interleaved("A frame of unknown type", lambda _, on: frames.frame(UNKNOWN, 0, on), section="5.5")


@case("5.5", "Unknown settings are ignored")
def unknown_settings(client):
    client.change_settings({0: 1, 7: 2, 0x0A0A: 0xFFFFFFFF, 0xFFFF: 0})
    client.expect_service()
