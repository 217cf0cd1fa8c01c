"""Priorities: RFC 9113 5.3, whose signals of RFC 7540 are ignored, and RFC 9218."""

import frames
from cases import PRIORITY, Skip, case
from frames import Code, Setting, Type

NO_WINDOW = {Setting.INITIAL_WINDOW_SIZE: 0}

# ---- RFC 7540's ----


@case("5.3", "A tree of idle streams does no harm")
def tree(client):
    client.send(
        *(frames.priority(stream, stream - 2 if stream > 1 else 0) for stream in range(3, 40, 2))
    )
    client.expect_response(client.request())


@case("5.3", "Exclusive dependencies, turned round again and again", settings=NO_WINDOW)
def turned_round(client):
    streams = [client.request() for _ in range(3)]
    for at in range(9):
        client.send(frames.priority(streams[at % 3], streams[(at + 1) % 3], 256, exclusive=True))
    client.change_settings({Setting.INITIAL_WINDOW_SIZE: 60000})
    for stream in streams:
        client.expect_response(stream)


@case("5.3", "PRIORITY of a stream that depends on itself", settings=NO_WINDOW)
def on_itself(client):
    # RFC 7540 5.3.1 made it a stream error; RFC 9113 has nothing to say.
    stream = client.request()
    client.send(frames.priority(stream, stream))
    client.expect_error_or_head(stream, Code.PROTOCOL_ERROR)


@case("5.3", "HEADERS of a stream that depends on itself", settings=NO_WINDOW)
def headers_on_itself(client):
    stream = client.new_stream()
    fields = frames.priority_fields(stream)
    client.send(frames.headers(stream, client.target.head(), priority=fields))
    client.expect_error_or_head(stream, Code.PROTOCOL_ERROR)


@case("5.3", "PRIORITY of a stream that is closed")
def of_closed(client):
    stream = client.request()
    client.expect_response(stream)
    client.send(frames.priority(stream, 0, 1), frames.priority(stream, 99, 256))
    client.expect_service()


@case("5.3", "PRIORITY of a stream of the server's numbers")
def of_even(client):
    client.send(frames.priority(2, 0, 1))
    client.expect_service()


@case("5.3", "PRIORITY opens no stream")
def opens_nothing(client):
    client.send(frames.priority(99, 0, 1))
    # Were 99 open, or lower streams closed, this would be an error.
    client.expect_response(client.request())


# ---- RFC 9218 ----


def _field(title, *values):
    @case(f"{PRIORITY} 4", title)
    def _(client):
        client.expect_response(client.request(more=[(b"priority", value) for value in values]))


_field("priority: urgency and incremental", b"u=0, i")
_field("priority: urgency out of range is ignored", b"u=9")
_field("priority: what is no dictionary is ignored", b"!!,=u==1;;")
_field("priority: unknown parameters are ignored", b"u=2, turbo=1, i=?0")
_field("priority twice", b"u=1", b"u=5, i")
_field("priority: an empty value", b"")


@case(f"{PRIORITY} 7.1", "PRIORITY_UPDATE of an open stream", settings=NO_WINDOW)
def update_open(client):
    stream = client.request()
    client.send(frames.priority_update(stream, b"u=0, i"), frames.window_update(stream, 60000))
    client.expect_response(stream)


@case(f"{PRIORITY} 7.1", "PRIORITY_UPDATE before its stream")
def update_idle(client):
    client.send(frames.priority_update(1, b"u=7"))
    client.expect_response(client.request())


@case(f"{PRIORITY} 7.1", "PRIORITY_UPDATE of a closed stream")
def update_closed(client):
    stream = client.request()
    client.expect_response(stream)
    client.send(frames.priority_update(stream, b"u=7"))
    client.expect_service()


@case(f"{PRIORITY} 7.1", "PRIORITY_UPDATE with a value that is no dictionary")
def update_garbage(client):
    client.send(frames.priority_update(1, b"\xff\0=="))
    client.expect_error_or_ignored(1, Code.PROTOCOL_ERROR)


def _bad_update(title, wrong, code=Code.PROTOCOL_ERROR):
    @case(f"{PRIORITY} 7.1", f"PRIORITY_UPDATE {title}: an error, or an unknown frame")
    def _(client):
        client.send(wrong)
        client.expect_error_or_ignored(0, code)


_bad_update("on a stream", frames.priority_update(1, on=1))
_bad_update("of stream 0", frames.priority_update(0))
_bad_update("of a push that was not promised", frames.priority_update(2))
_bad_update(
    "of three bytes", frames.frame(Type.PRIORITY_UPDATE, 0, 0, bytes(3)), Code.FRAME_SIZE_ERROR
)


@case(f"{PRIORITY} 7.1", "PRIORITY_UPDATE within a field block")
def update_within_block(client):
    block = client.target.head()
    client.send(
        frames.headers(1, block[:5], complete=False),
        frames.priority_update(1),
        frames.continuation(1, block[5:]),
    )
    client.expect_connection_error(Code.PROTOCOL_ERROR)


def _knows_setting(client):
    if Setting.NO_RFC7540_PRIORITIES not in client.settings:
        raise Skip("the server does not announce NO_RFC7540_PRIORITIES")


@case(f"{PRIORITY} 2.1", "NO_RFC7540_PRIORITIES of 2")
def illegal_setting(client):
    _knows_setting(client)
    client.send(frames.settings({Setting.NO_RFC7540_PRIORITIES: 2}))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case(f"{PRIORITY} 2.1", "NO_RFC7540_PRIORITIES that changes", settings={9: 1})
def changed_setting(client):
    _knows_setting(client)
    client.send(frames.settings({Setting.NO_RFC7540_PRIORITIES: 0}))
    client.expect_connection_error(Code.PROTOCOL_ERROR)


@case(f"{PRIORITY} 2.1", "NO_RFC7540_PRIORITIES is taken", settings={9: 1})
def setting_taken(client):
    client.expect_service()
