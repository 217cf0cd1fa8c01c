"""RFC 9113 section 6.9: WINDOW_UPDATE and flow control, both ways."""

import frames
from cases import case
from frames import Code, Flag, LARGEST_WINDOW, Setting, Type, WINDOW_BYTES

NO_WINDOW = {Setting.INITIAL_WINDOW_SIZE: 0}
LARGE = ("large",)
POST = ("post",)


def expect_just(client, stream, count):
    """So many bytes of a body, and no more."""
    client.expect_body(stream, count)
    client.settle()
    got = len(client.answer(stream).body)
    client.check(got == count, f"{count} bytes of a body and no more, not {got}")


# ---- 6.9 ----


@case("6.9", "Increment 0 on the connection")
def zero_on_connection(client):
    client.send(frames.window_update(0, 0))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.9", "Increment 0 on a stream", settings=NO_WINDOW)
def zero_on_stream(client):
    stream = client.request()
    client.send(frames.window_update(stream, 0))
    client.expect_stream_error(stream, Code.PROTOCOL_ERROR)


@case("6.9", "Increment 0 with the reserved bit", settings=NO_WINDOW)
def zero_and_reserved(client):
    stream = client.request()
    client.send(frames.window_update(stream, 0, reserved=1))
    client.expect_stream_error(stream, Code.PROTOCOL_ERROR)


@case("6.9", "The reserved bit of an increment is ignored", settings=NO_WINDOW)
def reserved_bit(client):
    stream = client.request()
    client.send(frames.window_update(stream, 3, reserved=1))
    expect_just(client, stream, 3)


def _update_of(length, stream):
    where = "a stream" if stream else "the connection"

    @case("6.9", f"WINDOW_UPDATE of {length} bytes on {where}", settings=NO_WINDOW)
    def _(client):
        client.request()
        client.send(frames.frame(Type.WINDOW_UPDATE, 0, stream, bytes(length - 1) + b"\1"))
        client.expect_connection_error(Code.FRAME_SIZE_ERROR)


for _length in (1, 3, 5):
    for _stream in (0, 1):
        _update_of(_length, _stream)


@case("6.9", "Padding counts, and its window is given back", needs=POST)
def padding_counts(client):
    stream = client.request(client.target.post, method="POST", end=False)
    piece = frames.data(stream, bytes(700), padding=bytes(255))
    taken = len(piece) - frames.HEAD_BYTES
    # Were padding not given back, the smaller window would be used up by it.
    count = min(client.granted(0), client.granted(stream)) // 256 + 1
    for at in range(1, count + 1):
        client.expect(
            "the windows to be opened again",
            lambda: min(client.granted(0), client.granted(stream)) >= at * taken,
        )
        client.send(piece)
    client.send(frames.data(stream, end=True), frames.window_update(0, 1 << 24))
    client.send(frames.window_update(stream, 1 << 24))
    client.expect_response(stream)


@case("6.9", "A body larger than the windows", needs=POST)
def large_body(client):
    stream = client.request(client.target.post, method="POST", end=False)
    sent, total = 0, 700000
    while sent < total:
        client.expect(
            "the windows to be opened again",
            lambda: min(client.granted(0), client.granted(stream)) > sent,
        )
        room = min(client.granted(0), client.granted(stream)) - sent
        count = min(room, total - sent, frames.FRAME_BYTES)
        client.send(frames.data(stream, bytes(count), end=sent + count == total))
        sent += count
    client.send(frames.window_update(0, 1 << 24), frames.window_update(stream, 1 << 24))
    client.expect_response(stream)


@case("6.9", "DATA beyond the windows: an error, unless they were opened in time", needs=POST)
def beyond_windows(client):
    stream = client.request(client.target.post, method="POST", end=False)
    total = min(client.granted(0), client.granted(stream)) + 3 * frames.FRAME_BYTES
    whole, rest = divmod(min(total, 1 << 21), frames.FRAME_BYTES)
    client.send(*[frames.data(stream, bytes(frames.FRAME_BYTES))] * whole)
    client.send(frames.data(stream, bytes(rest), end=True))
    client.send(frames.window_update(0, 1 << 24), frames.window_update(stream, 1 << 24))
    answer = client.answer(stream)
    client.expect_or_closed(
        "an answer or FLOW_CONTROL_ERROR",
        lambda: answer.ended or answer.reset is not None or client.goaway,
    )
    if not answer.ended:
        client.expect_stream_error(stream, Code.FLOW_CONTROL_ERROR)


# ---- 6.9.1 ----


@case("6.9.1", "No DATA without a window", settings=NO_WINDOW)
def no_window(client):
    stream = client.request()
    client.expect_head(stream)
    expect_just(client, stream, 0)


@case("6.9.1", "One byte for a window of one", settings={Setting.INITIAL_WINDOW_SIZE: 1})
def window_of_one(client):
    stream = client.request()
    expect_just(client, stream, 1)
    client.send(frames.window_update(stream, 1))
    expect_just(client, stream, 2)


@case("6.9.1", "A window opened again and again, by steps", settings=NO_WINDOW, needs=LARGE)
def by_steps(client):
    stream, total = client.request(client.target.large), 0
    for step in (1, 10, 100, 1000, 10000):
        client.send(frames.window_update(stream, step))
        total += step
        client.expect_body(stream, total)
    expect_just(client, stream, total)


@case("6.9.1", "The connection's window holds for one stream", needs=LARGE, settings={4: 1 << 20})
def connection_window(client):
    stream = client.request(client.target.large)
    expect_just(client, stream, WINDOW_BYTES)
    client.send(frames.window_update(0, 1000))
    expect_just(client, stream, WINDOW_BYTES + 1000)
    client.send(frames.window_update(0, 1 << 24))
    client.expect_response(stream)


@case("6.9.1", "The connection's window holds for all streams", needs=LARGE)
def shared_window(client):
    streams = [client.request(client.target.large) for _ in range(3)]

    def total():
        return sum(len(client.answer(stream).body) for stream in streams)

    client.expect("65535 bytes", lambda: total() >= WINDOW_BYTES)
    client.settle()
    client.check(total() == WINDOW_BYTES, f"65535 bytes in all, not {total()}")


@case("6.9.1", "A stream's window holds while the connection's is open", needs=LARGE)
def stream_window(client):
    client.send(frames.window_update(0, 1 << 24))
    stream = client.request(client.target.large)
    expect_just(client, stream, WINDOW_BYTES)
    client.send(frames.window_update(stream, 1 << 24))
    client.expect_response(stream)


@case("6.9.1", "HEAD needs no window, or one for its empty end", settings=NO_WINDOW)
def head_without_window(client):
    stream = client.request(method="HEAD")
    client.expect_head(stream)
    client.send(frames.window_update(stream, 1))
    client.check(not client.expect_response(stream).body, "no body")


@case("6.9.1", "Other streams go on while one waits", settings=NO_WINDOW)
def others_go_on(client):
    waiting, other = client.request(), client.request()
    client.send(frames.window_update(other, 60000))
    client.expect_response(other)
    client.check(not client.answer(waiting).body, "no DATA on the waiting stream")
    client.send(frames.window_update(waiting, 60000))
    client.expect_response(waiting)


@case("6.9.1", "Windows may grow to 2^31-1", needs=LARGE)
def largest_window(client):
    client.send(frames.window_update(0, LARGEST_WINDOW - WINDOW_BYTES))
    client.expect_alive()
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: LARGEST_WINDOW})
    client.expect_response(client.request(client.target.large))


@case("6.9.1", "The connection's window beyond 2^31-1")
def connection_overflow(client):
    client.send(frames.window_update(0, LARGEST_WINDOW))
    client.expect_connection_error(Code.FLOW_CONTROL_ERROR)


@case("6.9.1", "The connection's window beyond 2^31-1 by one")
def connection_overflow_by_one(client):
    client.send(frames.window_update(0, LARGEST_WINDOW - WINDOW_BYTES), frames.window_update(0, 1))
    client.expect_connection_error(Code.FLOW_CONTROL_ERROR)


@case("6.9.1", "A stream's window beyond 2^31-1", needs=LARGE)
def stream_overflow(client):
    stream = client.request(client.target.large)
    client.expect_head(stream)
    client.send(*[frames.window_update(stream, LARGEST_WINDOW)] * 2)
    client.expect_stream_error(stream, Code.FLOW_CONTROL_ERROR)


@case("6.9.1", "A stream's window beyond 2^31-1 by one", needs=LARGE, settings=NO_WINDOW)
def stream_overflow_by_one(client):
    stream = client.request(client.target.large)
    client.expect_head(stream)
    # The connection's window lets at most 65535 bytes leave in between.
    client.send(frames.window_update(stream, LARGEST_WINDOW))
    client.send(frames.window_update(stream, WINDOW_BYTES + 1))
    client.expect_stream_error(stream, Code.FLOW_CONTROL_ERROR)


@case("6.9.1", "WINDOW_UPDATE before DATA is due", settings=NO_WINDOW)
def early_update(client):
    stream = client.new_stream()
    client.send(
        frames.headers(stream, client.target.head()),
        frames.window_update(stream, 60000),
    )
    client.expect_response(stream)


# ---- 6.9.2 ----


@case("6.9.2", "INITIAL_WINDOW_SIZE counts for new streams")
def initial_for_new(client):
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: 2})
    expect_just(client, client.request(), 2)


@case("6.9.2", "A larger INITIAL_WINDOW_SIZE opens windows of open streams", settings=NO_WINDOW)
def larger_for_open(client):
    streams = [client.request(), client.request()]
    client.send(frames.settings({Setting.INITIAL_WINDOW_SIZE: 2}))
    for stream in streams:
        expect_just(client, stream, 2)


@case(
    "6.9.2", "A smaller INITIAL_WINDOW_SIZE makes windows negative", needs=LARGE, settings={4: 20}
)
def negative_window(client):
    stream = client.request(client.target.large)
    expect_just(client, stream, 20)
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: 5})  # the window is -15
    client.send(frames.window_update(stream, 15))
    expect_just(client, stream, 20)
    client.send(frames.window_update(stream, 1))
    expect_just(client, stream, 21)


@case("6.9.2", "A negative window is filled by SETTINGS as well", needs=LARGE, settings={4: 20})
def negative_window_settings(client):
    stream = client.request(client.target.large)
    expect_just(client, stream, 20)
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: 0})
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: 20})
    expect_just(client, stream, 20)
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: 23})
    expect_just(client, stream, 23)


@case("6.9.2", "INITIAL_WINDOW_SIZE leaves the connection's window alone", needs=LARGE)
def not_for_connection(client):
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: LARGEST_WINDOW})
    expect_just(client, client.request(client.target.large), WINDOW_BYTES)


@case(
    "6.9.2", "INITIAL_WINDOW_SIZE that makes a window larger than 2^31-1", needs=LARGE,
    settings=NO_WINDOW,
)  # fmt: skip
def overflow_by_settings(client):
    stream = client.request(client.target.large)
    client.expect_head(stream)
    client.send(
        frames.window_update(stream, LARGEST_WINDOW),
        frames.settings({Setting.INITIAL_WINDOW_SIZE: LARGEST_WINDOW}),
    )
    client.expect_connection_error(Code.FLOW_CONTROL_ERROR)


@case("6.9.2", "SETTINGS without INITIAL_WINDOW_SIZE leave windows alone", settings={4: 3})
def other_settings(client):
    stream = client.request()
    expect_just(client, stream, 3)
    client.change_settings({Setting.MAX_CONCURRENT_STREAMS: 100})
    expect_just(client, stream, 3)


@case("6.9", "Flags of WINDOW_UPDATE mean nothing", settings=NO_WINDOW)
def flags(client):
    stream = client.request()
    client.send(frames.frame(Type.WINDOW_UPDATE, Flag.END_STREAM, stream, b"\0\0\0\2"))
    expect_just(client, stream, 2)
