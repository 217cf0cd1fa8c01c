"""Frames of HTTP/2 (RFC 9113 section 4 and 6), built and taken apart, wrong ones too.

Nothing here checks what it builds: `frame()` takes any type, flags, stream and length, and the
functions for single types take what their fields are, with room for mistakes.
"""

import enum
import struct
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES = 9
FRAME_BYTES = 16384  # SETTINGS_MAX_FRAME_SIZE before anyone says otherwise
LARGEST_PAYLOAD = (1 << 24) - 1  # for which a head has room
WINDOW_BYTES = 65535  # flow control windows before anyone says otherwise
LARGEST_WINDOW = (1 << 31) - 1
LARGEST_STREAM = (1 << 31) - 1


class Type(enum.IntEnum):
    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9
    PRIORITY_UPDATE = 16  # RFC 9218


class Flag(enum.IntFlag):
    NONE = 0
    END_STREAM = 1
    ACK = 1
    END_HEADERS = 4
    PADDED = 8
    PRIORITY = 32


class Code(enum.IntEnum):
    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class Setting(enum.IntEnum):
    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6
    ENABLE_CONNECT_PROTOCOL = 8  # RFC 8441
    NO_RFC7540_PRIORITIES = 9  # RFC 9218


def name_of(kind, number):
    """A number of one of the enumerations above, as a person reads it."""
    try:
        return kind(number).name
    except ValueError:
        return f"{number:#x}"


# ---- building ----


def frame(kind, flags=0, stream=0, payload=b"", *, length=None, reserved=0):
    """Any frame. `length` tells another one than the payload has, `reserved` sets the bit."""
    length = len(payload) if length is None else length
    head = struct.pack(">I", length)[1:] + bytes((kind, int(flags)))
    return head + struct.pack(">I", stream | reserved << 31) + payload


def padded(payload, padding, told=None):
    """A payload as flag PADDED wants it. `told`: another length of padding than there is."""
    told = len(padding) if told is None else told
    return bytes((told,)) + payload + padding


def data(stream, payload=b"", *, end=False, padding=None, flags=0):
    flags |= Flag.END_STREAM if end else 0
    if padding is not None:
        flags |= Flag.PADDED
        payload = padded(payload, padding)
    return frame(Type.DATA, flags, stream, payload)


def headers(stream, block, *, end=True, complete=True, padding=None, priority=None, flags=0):
    """`complete`: no CONTINUATION follows. `priority`: the five bytes of `priority_fields()`."""
    flags |= (Flag.END_STREAM if end else 0) | (Flag.END_HEADERS if complete else 0)
    payload = block
    if priority is not None:
        flags |= Flag.PRIORITY
        payload = priority + payload
    if padding is not None:
        flags |= Flag.PADDED
        payload = padded(payload, padding)
    return frame(Type.HEADERS, flags, stream, payload)


def continuation(stream, block=b"", *, complete=True, flags=0):
    flags |= Flag.END_HEADERS if complete else 0
    return frame(Type.CONTINUATION, flags, stream, block)


def priority_fields(depends_on=0, weight=16, exclusive=False):
    return struct.pack(">IB", depends_on | exclusive << 31, weight - 1)


def priority(stream, depends_on=0, weight=16, exclusive=False):
    return frame(Type.PRIORITY, 0, stream, priority_fields(depends_on, weight, exclusive))


def priority_update(stream, value=b"u=3", *, on=0):
    """RFC 9218 7.1. `on`: the stream of the frame itself, which must be 0."""
    return frame(Type.PRIORITY_UPDATE, 0, on, struct.pack(">I", stream) + value)


def rst_stream(stream, code=Code.CANCEL):
    return frame(Type.RST_STREAM, 0, stream, struct.pack(">I", code))


def settings_payload(values):
    """`values`: {setting: value}, or pairs, in which a setting may come twice."""
    pairs = values.items() if isinstance(values, dict) else values
    return b"".join(struct.pack(">HI", key, value) for key, value in pairs)


def settings(values=(), *, ack=False):
    return frame(Type.SETTINGS, Flag.ACK if ack else 0, 0, settings_payload(values))


def push_promise(stream, promised, block):
    payload = struct.pack(">I", promised) + block
    return frame(Type.PUSH_PROMISE, Flag.END_HEADERS, stream, payload)


def ping(payload=b"turbo-pi", *, ack=False):
    return frame(Type.PING, Flag.ACK if ack else 0, 0, payload)


def goaway(last_stream=0, code=Code.NO_ERROR, debug=b""):
    return frame(Type.GOAWAY, 0, 0, struct.pack(">II", last_stream, code) + debug)


def window_update(stream, increment, *, reserved=0):
    payload = struct.pack(">I", increment | reserved << 31)
    return frame(Type.WINDOW_UPDATE, 0, stream, payload)


# ---- taking apart ----


class BadFrame(Exception):
    """A peer sent a frame whose payload cannot be what its type says."""


@dataclass(frozen=True)
class Frame:
    """What came. Properties that a type does not have raise BadFrame."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    def has(self, flag):
        return bool(self.flags & flag)

    @property
    def ends_stream(self):
        return self.kind in (Type.DATA, Type.HEADERS) and self.has(Flag.END_STREAM)

    @property
    def content(self):
        """The payload without padding and priority."""
        content = self.payload
        if self.kind in (Type.DATA, Type.HEADERS, Type.PUSH_PROMISE) and self.has(Flag.PADDED):
            if not content or content[0] >= len(content):
                raise BadFrame(f"padding longer than its frame: {self}")
            content = content[1 : len(content) - content[0]]
        if self.kind == Type.HEADERS and self.has(Flag.PRIORITY):
            content = content[5:]
        return content

    @property
    def code(self):
        """The error code of RST_STREAM or GOAWAY."""
        offset = {Type.RST_STREAM: 0, Type.GOAWAY: 4}.get(self.kind)
        if offset is None:
            raise BadFrame(f"no error code in {self}")
        return self._number(offset)

    @property
    def last_stream(self):
        """Of GOAWAY."""
        return self._number(0) & LARGEST_STREAM

    @property
    def increment(self):
        """Of WINDOW_UPDATE."""
        return self._number(0) & LARGEST_WINDOW

    @property
    def values(self):
        """Of SETTINGS, as {setting: value}."""
        if len(self.payload) % 6:
            raise BadFrame(f"SETTINGS of {len(self.payload)} bytes")
        return dict(struct.iter_unpack(">HI", self.payload))

    def _number(self, offset):
        if len(self.payload) < offset + 4:
            raise BadFrame(f"too short: {self}")
        return struct.unpack_from(">I", self.payload, offset)[0]

    def __str__(self):
        text = name_of(Type, self.kind)
        text += f" on {self.stream}" if self.stream else ""
        if self.kind in (Type.RST_STREAM, Type.GOAWAY) and len(self.payload) >= 4:
            text += f" {name_of(Code, self.code)}"
        elif self.kind in (Type.SETTINGS, Type.PING) and self.has(Flag.ACK):
            text += " ACK"
        elif self.ends_stream:
            text += " END_STREAM"
        return text


class FrameReader:
    """Bytes in, frames out."""

    def __init__(self):
        self._bytes = bytearray()

    def feed(self, received):
        self._bytes += received

    def next(self):
        """A frame, or None while its end has not come."""
        if len(self._bytes) < HEAD_BYTES:
            return None
        length = int.from_bytes(self._bytes[:3], "big")
        if len(self._bytes) < HEAD_BYTES + length:
            return None
        kind, flags, stream = struct.unpack_from(">BBI", self._bytes, 3)
        payload = bytes(self._bytes[HEAD_BYTES : HEAD_BYTES + length])
        del self._bytes[: HEAD_BYTES + length]
        return Frame(kind, flags, stream & LARGEST_STREAM, payload)
