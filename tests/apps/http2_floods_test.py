"""Floods of HTTP/2 frames against hello's default limits: each is cut, and harms nobody else.

Every flood sends at most 10,000 frames, in which it must have been cut by GOAWAY. CVE numbers are
those of the first server that was found to suffer from it.
"""

import unittest
from dataclasses import dataclass, field

from frames import (
    WINDOW_BYTES, Code, Setting, Type, continuation, data, frame, goaway, headers, ping, priority,
    priority_update, rst_stream, settings, window_update,
)  # fmt: skip
from header_blocks import encode, indexed, literal, table_size_update
from http2_attacker import GROWTH_BYTES, STREAM_BYTES, AttackTest

FRAMES = 10_000
CALM = Code.ENHANCE_YOUR_CALM
MOST = (1 << 31) - 1
BOMB_NAME = b"x-bomb"
NEWEST = 62  # the index of the entry that was inserted last


@dataclass
class Flood:
    """`each(attacker, stream)` is one wave of it, on a stream that is new unless `one_stream`."""

    each: object
    codes: tuple = (CALM,)
    frames_each: int = 1
    waves: int = 0  # 0: as many as make FRAMES frames
    first: object = None  # sent before, on stream 1
    one_stream: bool = False
    reads: bool = True
    settings: dict = field(default_factory=dict)
    streams: int = 0  # that stay open, so that memory may grow for them

    def chunks(self, attacker):
        stream = attacker.new_stream()
        if self.first:
            yield self.first(attacker, stream)
        for _ in range(self.waves or FRAMES // self.frames_each):
            if not self.one_stream:
                stream = attacker.new_stream()
            yield self.each(attacker, stream)


def get(attacker, stream, path="/plaintext", **more):
    return headers(stream, attacker.target.head(path=path), **more)


def post(attacker, stream, more=()):
    """A request whose body is still to come."""
    return headers(stream, attacker.target.head("POST", "/echo", more), end=False)


def on_post(wave):
    """A wave that begins with a request whose body is still to come."""
    return lambda attacker, stream: post(attacker, stream) + wave(stream)


def on_get(wave):
    return lambda attacker, stream: get(attacker, stream) + wave(stream)


# Name: what is sent. Errors that RFC 9113 lets a server take for the whole connection's may end it
# at once by their own code.
RESETS = {
    "rapid reset of downloads (CVE-2023-44487)": Flood(
        lambda a, s: get(a, s, "/blob") + rst_stream(s), frames_each=2
    ),
    "rapid reset of uploads": Flood(on_post(rst_stream), frames_each=2),
    "resets with the error of a refusal": Flood(
        on_post(lambda s: rst_stream(s, Code.NO_ERROR)), frames_each=2
    ),
    "resets of one closed stream again and again": Flood(
        lambda a, s: rst_stream(s), (CALM, Code.STREAM_CLOSED, Code.PROTOCOL_ERROR),
        one_stream=True, first=lambda a, s: post(a, s) + rst_stream(s),
    ),
}  # fmt: skip

# CVE-2025-8671: the client makes the server reset.
MADE_RESETS = {
    "windows enlarged by nothing": Flood(
        on_post(lambda s: window_update(s, 0)), (CALM, Code.PROTOCOL_ERROR), frames_each=2
    ),
    "windows enlarged too far": Flood(
        on_post(lambda s: window_update(s, MOST)), (CALM, Code.FLOW_CONTROL_ERROR), frames_each=2
    ),
    "streams that depend on themselves": Flood(
        on_post(lambda s: priority(s, s)), (CALM, Code.PROTOCOL_ERROR, Code.REFUSED_STREAM),
        frames_each=2,
    ),
    "PRIORITY of four bytes": Flood(
        on_post(lambda s: frame(Type.PRIORITY, 0, s, b"four")), (CALM, Code.FRAME_SIZE_ERROR),
        frames_each=2,
    ),
    "DATA behind the end": Flood(
        on_get(lambda s: data(s, b"x")), (CALM, Code.STREAM_CLOSED), frames_each=2
    ),
    "HEADERS behind the end": Flood(
        lambda a, s: get(a, s) * 2, (CALM, Code.STREAM_CLOSED), frames_each=2
    ),
    "trailers that do not end": Flood(
        on_post(lambda s: headers(s, encode([(b"x", b"y")]), end=False)),
        (CALM, Code.PROTOCOL_ERROR), frames_each=2,
    ),
    "names in upper case": Flood(
        lambda a, s: headers(s, a.target.head(more=[(b"X", b"y")])), (CALM, Code.PROTOCOL_ERROR)
    ),
    "fields of the connection": Flood(
        lambda a, s: headers(s, a.target.head(more=[(b"connection", b"close")])),
        (CALM, Code.PROTOCOL_ERROR),
    ),
    "no path": Flood(
        lambda a, s: headers(s, a.target.head(leave_out=("path",))), (CALM, Code.PROTOCOL_ERROR)
    ),
    "bodies longer than they say": Flood(
        lambda a, s: post(a, s, [(b"content-length", b"1")]) + data(s, b"xy"),
        (CALM, Code.PROTOCOL_ERROR), frames_each=2,
    ),
    "bodies shorter than they say": Flood(
        lambda a, s: post(a, s, [(b"content-length", b"9")]) + data(s, b"xy", end=True),
        (CALM, Code.PROTOCOL_ERROR), frames_each=2,
    ),
}  # fmt: skip

HEAD_FLOODS = {
    "CONTINUATION without end (CVE-2024-27316)": Flood(
        lambda a, s: continuation(s, literal(b"x", b"y" * 4000), complete=False), one_stream=True,
        codes=(CALM, Code.PROTOCOL_ERROR, Code.INTERNAL_ERROR), waves=40,
        first=lambda a, s: get(a, s, complete=False),
    ),
    "empty CONTINUATION without end": Flood(
        lambda a, s: continuation(s, complete=False), one_stream=True,
        codes=(CALM, Code.PROTOCOL_ERROR, Code.INTERNAL_ERROR), waves=20,
        first=lambda a, s: get(a, s, complete=False),
    ),
    # Decoded, each has 31 MB.
    "a bomb of HPACK (CVE-2016-6581)": Flood(
        lambda a, s: headers(s, a.target.head() + indexed(NEWEST) * 8000), waves=200,
        first=lambda a, s: headers(
            s, a.target.head() + literal(BOMB_NAME, b"b" * 3900, kind="incremental")
        ),
    ),
    "a mebibyte of fields (CVE-2018-16844)": Flood(
        lambda a, s: continuation(s, literal(b"x", b"y" * 16000), complete=False), one_stream=True,
        codes=(CALM, Code.PROTOCOL_ERROR, Code.INTERNAL_ERROR), waves=66,
        first=lambda a, s: get(a, s, complete=False),
    ),
    "more fields than any request has": Flood(
        lambda a, s: headers(s, a.target.head() + indexed(16) * 4000), waves=200
    ),
    "a table larger than allowed": Flood(
        lambda a, s: headers(s, table_size_update(1 << 20) + a.target.head()),
        (Code.COMPRESSION_ERROR,), waves=1,
    ),
    "an integer without end": Flood(
        lambda a, s: headers(s, b"\xff" * 200), (Code.COMPRESSION_ERROR,), waves=1
    ),
}  # fmt: skip

CONTROL_FLOODS = {
    "SETTINGS (CVE-2019-9515)": Flood(lambda a, s: settings({Setting.MAX_FRAME_SIZE: 16384})),
    "empty SETTINGS": Flood(lambda a, s: settings()),
    "SETTINGS whose answers are not read": Flood(lambda a, s: settings(), reads=False),
    "acknowledgements of no SETTINGS": Flood(
        lambda a, s: settings(ack=True), (CALM, Code.PROTOCOL_ERROR)
    ),
    "windows of 100 downloads changed all at once": Flood(
        lambda a, s: settings({Setting.INITIAL_WINDOW_SIZE: s % 4}), streams=100,
        settings={Setting.INITIAL_WINDOW_SIZE: 0},
        first=lambda a, s: b"".join(get(a, a.new_stream(), "/blob") for _ in range(100)),
    ),
    "PING (CVE-2019-9512)": Flood(lambda a, s: ping()),
    "PING whose answers are not read": Flood(lambda a, s: ping(), reads=False),
    "answers to no PING": Flood(lambda a, s: ping(ack=True)),
    "empty DATA (CVE-2019-9518)": Flood(lambda a, s: data(s), one_stream=True, first=post),
    "DATA of nothing but padding": Flood(
        lambda a, s: data(s, padding=b"\0" * 4), one_stream=True, first=post
    ),
    "PRIORITY of streams that are not there (CVE-2019-9513)": Flood(lambda a, s: priority(s)),
    "PRIORITY of one stream": Flood(
        lambda a, s: priority(s, weight=7), one_stream=True, first=post
    ),
    # RFC 9218 7.1: more of them than there may be streams are a connection error.
    "PRIORITY_UPDATE of streams that are not there": Flood(
        lambda a, s: priority_update(s), (CALM, Code.PROTOCOL_ERROR)
    ),
    "PRIORITY_UPDATE of one stream": Flood(
        lambda a, s: priority_update(s, b"u=1"), one_stream=True, first=post
    ),
    "WINDOW_UPDATE of the connection": Flood(lambda a, s: window_update(0, 1)),
    "WINDOW_UPDATE of a stream": Flood(
        lambda a, s: window_update(s, 1), one_stream=True, first=post
    ),
    "WINDOW_UPDATE of a closed stream": Flood(
        lambda a, s: window_update(s, 1), one_stream=True,
        first=lambda a, s: post(a, s) + rst_stream(s),
    ),
    "frames of unknown types": Flood(lambda a, s: frame(0xBE, 0, 0, b"what?")),
    "frames of unknown types on a stream": Flood(
        lambda a, s: frame(0xBE, 0xFF, s), one_stream=True, first=post
    ),
    "streams beyond the limit": Flood(post, (CALM, Code.PROTOCOL_ERROR, Code.REFUSED_STREAM)),
    "DATA of a stream that was reset": Flood(
        lambda a, s: data(s, b"d"), (CALM, Code.STREAM_CLOSED, Code.PROTOCOL_ERROR),
        one_stream=True, first=lambda a, s: post(a, s) + rst_stream(s),
    ),
}  # fmt: skip


class FloodTest(AttackTest):
    def run_all(self, floods):
        with self.started() as server:
            for name, flood in floods.items():
                growth = GROWTH_BYTES + flood.streams * STREAM_BYTES
                with self.subTest(flood=name), self.attack(server, growth):
                    attacker = self.attacker(server, flood.settings)
                    attacker.pour(flood.chunks(attacker), flood.reads)
                    attacker.expect("GOAWAY", lambda one=attacker: one.goaway)
                    self.assertIn(attacker.goaway.code, flood.codes, attacker.came())
                    attacker.expect_closed()

    def test_resets(self):
        self.run_all(RESETS)

    def test_streams_that_the_server_has_to_reset(self):
        self.run_all(MADE_RESETS)

    def test_heads(self):
        self.run_all(HEAD_FLOODS)

    def test_frames_that_cost_little(self):
        self.run_all(CONTROL_FLOODS)

    def test_goaway(self):
        """A client that says again and again that it goes may be left to go, or be cut."""
        with self.attacked() as server:
            attacker = self.attacker(server)
            attacker.pour(goaway(0) for _ in range(FRAMES))
            attacker.expect("GOAWAY", lambda: attacker.goaway or attacker.closed)


class PatienceTest(AttackTest):
    """What looks like a flood and is none goes on being served."""

    def test_a_page_of_pictures_is_left_three_times(self):
        with self.attacked(100 * STREAM_BYTES) as server:
            attacker = self.attacker(server)
            attacker.send(window_update(0, MOST - WINDOW_BYTES))
            for _ in range(3):
                streams = [attacker.request("/blob") for _ in range(100)]
                attacker.pour(rst_stream(stream) for stream in streams)
            attacker.expect_response(attacker.request("/plaintext"))

    def test_heads_beyond_the_limit_are_refused_one_by_one(self):
        with self.attacked() as server:
            attacker = self.attacker(server)
            bomb = literal(BOMB_NAME, b"b" * 3900, kind="incremental") + indexed(NEWEST) * 20
            for _ in range(5):
                stream = attacker.new_stream()
                attacker.pour([headers(stream, attacker.target.head() + bomb)])
                attacker.expect_response(stream, 431)
                # The table is as it was, so the other end still understands.
                stream = attacker.new_stream()
                attacker.pour([headers(stream, attacker.target.head() + indexed(NEWEST))])
                attacker.expect_response(stream, 200)

    def test_a_few_pings_and_settings_do_no_harm(self):
        with self.attacked() as server:
            attacker = self.attacker(server)
            attacker.pour(ping() + settings() + window_update(0, 1) for _ in range(50))
            attacker.expect_response(attacker.request("/plaintext"))


del AttackTest  # a base only

if __name__ == "__main__":
    unittest.main(verbosity=2)
