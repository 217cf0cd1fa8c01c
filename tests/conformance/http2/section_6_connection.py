"""RFC 9113 sections 6.5 to 6.8: frames of the connection; and 7, error codes."""

import frames
from cases import case
from frames import Code, Flag, Setting, Type

NO_WINDOW = {Setting.INITIAL_WINDOW_SIZE: 0}

# ---- 6.5 SETTINGS ----


@case("6.5", "SETTINGS are acknowledged, each")
def each_acknowledged(client):
    before = client.acknowledged
    client.send(*(frames.settings({Setting.MAX_CONCURRENT_STREAMS: 100 + at}) for at in range(5)))
    client.expect("five ACKs", lambda: client.acknowledged == before + 5)
    client.settle()
    client.check(client.acknowledged == before + 5, "five ACKs, no more")


@case("6.5", "The ACK of SETTINGS is empty and on stream 0")
def ack_is_empty(client):
    client.change_settings({})
    acks = [each for each in client.log if each.kind == Type.SETTINGS and each.has(Flag.ACK)]
    client.check(all(not each.payload and each.stream == 0 for each in acks), "empty ACKs on 0")


@case("6.5", "SETTINGS ACK with a payload")
def ack_with_payload(client):
    client.send(frames.frame(Type.SETTINGS, Flag.ACK, 0, frames.settings_payload({3: 1})))
    client.expect_connection_error(Code.FRAME_SIZE_ERROR)


@case("6.5", "SETTINGS on an idle stream")
def settings_on_stream(client):
    client.send(frames.frame(Type.SETTINGS, 0, 1, frames.settings_payload({3: 100})))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.5", "SETTINGS on an open stream", settings=NO_WINDOW)
def settings_on_open_stream(client):
    client.send(frames.frame(Type.SETTINGS, 0, client.request()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.5", "SETTINGS ACK on a stream", settings=NO_WINDOW)
def ack_on_stream(client):
    client.send(frames.frame(Type.SETTINGS, Flag.ACK, client.request()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _settings_of(length):
    @case("6.5", f"SETTINGS of {length} bytes")
    def _(client):
        client.send(frames.frame(Type.SETTINGS, 0, 0, bytes(length)))
        client.expect_connection_error(Code.FRAME_SIZE_ERROR)


for _length in (1, 5, 7):
    _settings_of(_length)


def _illegal(name, value, code=Code.PROTOCOL_ERROR):
    @case("6.5.2", f"{name} of {value}")
    def _(client):
        client.send(frames.settings({Setting[name]: value}))
        client.expect_connection_error(code)


_illegal("ENABLE_PUSH", 2)
_illegal("ENABLE_PUSH", (1 << 32) - 1)
_illegal("INITIAL_WINDOW_SIZE", 1 << 31, Code.FLOW_CONTROL_ERROR)
_illegal("INITIAL_WINDOW_SIZE", (1 << 32) - 1, Code.FLOW_CONTROL_ERROR)
_illegal("MAX_FRAME_SIZE", 0)
_illegal("MAX_FRAME_SIZE", (1 << 14) - 1)
_illegal("MAX_FRAME_SIZE", 1 << 24)
_illegal("MAX_FRAME_SIZE", (1 << 32) - 1)


def _legal(name, *values):
    for value in values:

        @case("6.5.2", f"{name} of {value} is legal")
        def _(client, value=value):
            client.change_settings({Setting[name]: value})
            client.expect_service()


_legal("HEADER_TABLE_SIZE", 0, 1, 4096, (1 << 32) - 1)
_legal("ENABLE_PUSH", 0, 1)
_legal("MAX_CONCURRENT_STREAMS", 0, (1 << 32) - 1)
_legal("INITIAL_WINDOW_SIZE", (1 << 31) - 1)
_legal("MAX_FRAME_SIZE", 1 << 14, (1 << 24) - 1)
_legal("MAX_HEADER_LIST_SIZE", 16384, (1 << 32) - 1)


@case("6.5.2", "Without ENABLE_PUSH nothing is pushed", settings={Setting.ENABLE_PUSH: 0})
def nothing_pushed(client):
    client.expect_service()
    client.settle()
    client.check(all(each.kind != Type.PUSH_PROMISE for each in client.log), "no PUSH_PROMISE")


@case("6.5.3", "A setting given twice: the last counts", settings=NO_WINDOW)
def last_counts(client):
    key = Setting.INITIAL_WINDOW_SIZE
    client.send(frames.settings([(key, 100), (key, 1)]))
    stream = client.request()
    client.expect_body(stream, 1)
    client.settle()
    client.check(len(client.answer(stream).body) == 1, "one byte of a body")


@case("6.5.3", "Values are taken in their order: an illegal one behind a legal one")
def illegal_behind_legal(client):
    client.send(frames.settings([(Setting.ENABLE_PUSH, 0), (Setting.ENABLE_PUSH, 2)]))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


# ---- 6.6 and 8.4: PUSH_PROMISE ----


@case("8.4", "PUSH_PROMISE of a client, on an idle stream")
def push_idle(client):
    client.send(frames.push_promise(1, 2, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("8.4", "PUSH_PROMISE of a client, on an open stream", settings=NO_WINDOW)
def push_open(client):
    client.send(frames.push_promise(client.request(), 2, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.6", "PUSH_PROMISE on stream 0")
def push_on_connection(client):
    client.send(frames.push_promise(0, 2, client.target.head()))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


# ---- 6.7 PING ----


@case("6.7", "PING is answered with its payload")
def pong(client):
    client.expect_pong(b"\x00\xffturbo!")
    pongs = [each for each in client.log if each.kind == Type.PING]
    client.check(pongs[-1].stream == 0 and len(pongs[-1].payload) == 8, "PING of 8 bytes on 0")


@case("6.7", "PINGs are answered in their order, each")
def pongs_in_order(client):
    payloads = [b"ping---%d" % at for at in range(8)]
    client.send(*(frames.ping(payload) for payload in payloads))
    client.settle()
    came = [each.payload for each in client.log if each.kind == Type.PING][:8]
    client.check(came == payloads, "the eight PING ACKs")


@case("6.7", "PING ACK is not answered, asked for or not")
def ack_is_not_answered(client):
    client.send(frames.ping(b"unasked!", ack=True))
    client.settle()
    client.check(all(each.payload != b"unasked!" for each in client.log), "no answer")


@case("6.7", "PING on a stream")
def ping_on_stream(client):
    client.send(frames.frame(Type.PING, 0, 1, bytes(8)))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case("6.7", "PING ACK on a stream", settings=NO_WINDOW)
def pong_on_stream(client):
    client.send(frames.frame(Type.PING, Flag.ACK, client.request(), bytes(8)))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _ping_of(length, flags=0, name="PING"):
    @case("6.7", f"{name} of {length} bytes")
    def _(client):
        client.send(frames.frame(Type.PING, flags, 0, bytes(length)))
        client.expect_connection_error(Code.FRAME_SIZE_ERROR)


for _length in (0, 7, 9):
    _ping_of(_length)
_ping_of(6, Flag.ACK, "PING ACK")


# ---- 6.8 GOAWAY ----


@case("6.8", "GOAWAY on a stream")
def goaway_on_stream(client):
    client.send(frames.frame(Type.GOAWAY, 0, 1, bytes(8)))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _goaway_of(length):
    @case("6.8", f"GOAWAY of {length} bytes")
    def _(client):
        client.send(frames.frame(Type.GOAWAY, 0, 0, bytes(length)))
        client.expect_connection_error(Code.FRAME_SIZE_ERROR)


for _length in (0, 7):
    _goaway_of(_length)


def _goaway_lets_end(title, **what):
    @case("6.8", title, settings=NO_WINDOW)
    def _(client):
        stream = client.request()
        client.expect_head(stream)
        client.send(frames.goaway(**what), frames.window_update(stream, 60000))
        client.expect_response(stream)


_goaway_lets_end("GOAWAY lets open streams end")
_goaway_lets_end("GOAWAY with debug data lets open streams end", debug=b"because " * 50)
# The highest there can be: of the server's numbers, for those it tells of.
HIGHEST = frames.LARGEST_STREAM - 1
_goaway_lets_end("GOAWAY with the highest stream lets open streams end", last_stream=HIGHEST)


@case("6.8", "GOAWAY twice", settings=NO_WINDOW)
def goaway_twice(client):
    stream = client.request()
    client.expect_head(stream)
    client.send(frames.goaway(HIGHEST), frames.goaway(0), frames.window_update(stream, 60000))
    client.expect_response(stream)


# ---- 7 error codes ----


@case("7", "RST_STREAM with an unknown code is as any other", settings=NO_WINDOW)
def unknown_code_of_reset(client):
    stream = client.request()
    client.send(frames.rst_stream(stream, 0xABCD1234))
    client.expect_alive()
    client.check(client.expect_head(client.request()).status == 200, "200")


def _goaway_with(code):
    @case("7", f"GOAWAY with code {code:#x} is a GOAWAY", settings=NO_WINDOW)
    def _(client):
        # Whether open streams end or the connection does, at once, is the server's choice.
        stream = client.request()
        client.send(frames.goaway(0, code), frames.window_update(stream, 60000))
        answer = client.answer(stream)
        client.expect_or_closed("the answer or the end", lambda: answer.ended or client.goaway)
        if client.goaway:
            client.check(client.goaway.code == Code.NO_ERROR, "no error, for there is none")


_goaway_with(0xFF)
_goaway_with(0xFFFFFFFF)
