"""A client's connection that speaks HTTP/2 as it is told to, and looks closely at what comes.

Connection keeps no rule of the client's side: it sends what it is given. What the server sends is
read frame by frame, its header blocks are decoded, its answers are put together by stream; SETTINGS
and PING are acknowledged unless told otherwise. The expect_...() functions wait for something, with
a deadline, and raise Failure with what was wanted and what came instead.
"""

import functools
import socket
import ssl
import time
from dataclasses import dataclass, field

import frames
import header_blocks
from frames import Code, Flag, Setting, Type

QUIET_SECONDS = 0.1  # after which nothing more is to come
SHOWN = 8  # things received that a failure tells


class Failure(Exception):
    """The server did something else than it must."""

    def __init__(self, wanted, came):
        super().__init__(f"expected {wanted}; came {came}")
        self.wanted, self.came = wanted, came


@dataclass(frozen=True)
class Target:
    """A server, and what it has for those cases that need it."""

    host: str
    port: int
    tls: bool = False
    large: str | None = None  # path of an answer of 200 KB or more
    post: str | None = None  # path that takes a body
    cookies: str | None = None  # path of an answer that tells the cookies it got
    upgrade: bool = False  # takes Upgrade: h2c
    http1: bool = False  # serves HTTP/1.1 on the same port
    seconds: float = 5.0  # how long to wait for anything

    @property
    def plain(self):
        return not self.tls

    @property
    def authority(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def fields(self, method="GET", path="/", more=(), *, leave_out=()):
        """The fields of a request, pseudo fields first; `more` behind them."""
        scheme = "https" if self.tls else "http"
        pseudo = {"method": method, "scheme": scheme, "authority": self.authority, "path": path}
        chosen = [
            (b":" + name.encode(), value.encode())
            for name, value in pseudo.items()
            if name not in leave_out
        ]
        return chosen + list(more)

    def head(self, method="GET", path="/", more=(), *, leave_out=()):
        """The same as a header block without use of tables."""
        return header_blocks.encode(self.fields(method, path, more, leave_out=leave_out))


@dataclass
class Answer:
    """What came on a stream so far."""

    fields: list = field(default_factory=list)
    interim: list = field(default_factory=list)  # heads of 1xx, as lists of fields
    trailers: list | None = None
    body: bytes = b""
    ended: bool = False
    reset: int | None = None  # the code of RST_STREAM

    @property
    def status(self):
        """0 while no final head has come."""
        return _status(self.fields)

    def value(self, name):
        values = [value for key, value in self.fields if key == name]
        return values[0] if values else None

    def __str__(self):
        text = f"{self.status or 'no answer'}, {len(self.body)} bytes"
        text += ", ended" if self.ended else ""
        return text + (
            f", reset {frames.name_of(Code, self.reset)}" if self.reset is not None else ""
        )


def _status(fields):
    values = [value for name, value in fields if name == b":status"]
    return int(values[0]) if len(values) == 1 and values[0].isdigit() else 0


class Connection:
    """`with` closes it."""

    def __init__(self, target, alpn=("h2",)):
        self.target = target
        self.acknowledges = True
        self.closed = False  # by the server; its going away by a reset counts as well
        self.goaway = None  # the last one
        self.settings = {}  # the server's
        self.greeted = False  # the server's first SETTINGS have come
        self.acknowledged = 0  # SETTINGS of ours
        self.answers = {}
        self.log = []  # all frames
        self.decoder = header_blocks.Decoder()
        self._pongs = []
        self._reader = frames.FrameReader()
        self._block = None  # [stream, ends, bytes] while CONTINUATION is due
        self._next_stream = 1
        self._socket = _open(target, alpn)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    @property
    def alpn(self):
        """The protocol that TLS chose."""
        return self._socket.selected_alpn_protocol() if self.target.tls else None

    # ---- sending ----

    def send(self, *pieces):
        """Sends bytes; that the server has closed is for the next expect_...() to see."""
        try:
            self._socket.sendall(b"".join(pieces))
        except OSError:
            pass

    def half_close(self):
        """Ends our side."""
        self._socket.shutdown(socket.SHUT_WR)

    def greet(self, values=(), *more):
        """The preface with these settings, and what else is to go with it; waits for the server's
        SETTINGS and its acknowledgement of ours."""
        self.send(frames.PREFACE, frames.settings(values), *more)
        self.greet_sent()

    def greet_sent(self):
        """The second half of greet()."""
        self._wait("the server's SETTINGS and an ACK", lambda: self.greeted and self.acknowledged)

    def change_settings(self, values):
        """Sends SETTINGS and waits for their ACK."""
        wanted = self.acknowledged + 1
        self.send(frames.settings(values))
        self._wait("SETTINGS ACK", lambda: self.acknowledged >= wanted)

    def new_stream(self):
        """The next odd identifier."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        return stream

    def request(self, path="/", *, method="GET", more=(), end=True):
        """Sends the head of a request on a new stream; returns the stream."""
        stream = self.new_stream()
        self.send(frames.headers(stream, self.target.head(method, path, more), end=end))
        return stream

    def request_fields(self, fields, *, end=True):
        """The same with just these fields."""
        stream = self.new_stream()
        self.send(frames.headers(stream, header_blocks.encode(fields), end=end))
        return stream

    # ---- expecting ----

    def expect_connection_error(self, *codes):
        """GOAWAY with one of the codes, or the connection closed (RFC 9113 5.4.1)."""
        wanted = f"GOAWAY {_names(codes)} or the connection closed"
        self._wait(wanted, lambda: self.goaway, closed_will_do=True)
        if self.goaway and self.goaway.code not in codes:
            raise Failure(wanted, self.came())

    def expect_stream_error(self, stream, *codes):
        """RST_STREAM with one of the codes, or a connection error (RFC 9113 5.4.2 and 5.4.1)."""
        wanted = f"RST_STREAM on {stream} or GOAWAY with {_names(codes)} or the connection closed"
        answer = self.answer(stream)
        self._wait(wanted, lambda: answer.reset is not None or self.goaway, closed_will_do=True)
        code = answer.reset if answer.reset is not None else self.goaway and self.goaway.code
        if code is not None and code not in codes:
            raise Failure(wanted, self.came())

    def expect_malformed(self, stream):
        """A stream error PROTOCOL_ERROR, before which a response may come (RFC 9113 8.1.1): one
        that says the request was bad will do."""
        wanted = (
            f"RST_STREAM on {stream} or GOAWAY with PROTOCOL_ERROR, 4xx or the connection closed"
        )
        answer = self.answer(stream)

        def refused():
            return answer.ended and 400 <= answer.status < 500

        self._wait(
            wanted,
            lambda: refused() or answer.reset is not None or self.goaway,
            closed_will_do=True,
        )
        code = answer.reset if answer.reset is not None else self.goaway and self.goaway.code
        if not refused() and code not in (None, Code.PROTOCOL_ERROR):
            raise Failure(wanted, self.came())

    def expect_response(self, stream, *statuses):
        """A complete answer with one of these statuses (default: 200); returns it."""
        statuses = statuses or (200,)
        wanted = f"a complete answer {'/'.join(map(str, statuses))} on {stream}"
        answer = self.answer(stream)
        self._wait(wanted, lambda: answer.ended or answer.reset is not None)
        if not answer.ended or answer.status not in statuses:
            raise Failure(wanted, self.came())
        return answer

    def expect_head(self, stream, *statuses):
        """The head of an answer; returns the answer."""
        statuses = statuses or (200,)
        wanted = f"the head of an answer {'/'.join(map(str, statuses))} on {stream}"
        answer = self.answer(stream)
        self._wait(wanted, lambda: answer.status >= 200 or answer.reset is not None)
        if answer.status not in statuses:
            raise Failure(wanted, self.came())
        return answer

    def expect_body(self, stream, count):
        """At least so many bytes of an answer's body; returns the answer."""
        answer = self.answer(stream)
        self._wait(f"{count} bytes of a body on {stream}", lambda: len(answer.body) >= count)
        return answer

    def expect_alive(self):
        """The connection goes on: a PING is answered, nothing was said of going away."""
        self.expect_pong(b"alive?" + len(self.log).to_bytes(2, "big"))
        if self.goaway:
            raise Failure("a connection that goes on", self.came())

    def expect_pong(self, payload):
        """Sends PING and waits for its answer."""
        wanted = self._pongs.count(payload) + 1
        self.send(frames.ping(payload))
        self._wait("PING ACK with the same 8 bytes", lambda: self._pongs.count(payload) >= wanted)

    def expect_service(self):
        """The connection goes on and serves: GET / is answered with 200."""
        return self.expect_response(self.request())

    def expect_error_or_ignored(self, stream, *codes):
        """An error with one of the codes, of the stream or the connection; or nothing happens, and
        the connection goes on."""
        wanted = f"nothing, or an error {_names(codes)}"
        answer, already = self.answer(stream), self.answer(stream).reset
        payload = b"or else?"
        self.send(frames.ping(payload))
        self._wait(
            wanted,
            lambda: payload in self._pongs or answer.reset != already or self.goaway,
            closed_will_do=True,
        )
        if self.goaway or answer.reset != already:
            code = self.goaway.code if self.goaway else answer.reset
            self.check(code in codes, wanted)
        elif not self.closed:
            self.expect_head(self.request())

    def expect_error_or_head(self, stream, *codes):
        """An error with one of the codes, or the head of an answer, whichever is first."""
        wanted = f"an answer, or an error {_names(codes)}"
        answer = self.answer(stream)
        self._wait(
            wanted,
            lambda: answer.status or answer.reset is not None or self.goaway,
            closed_will_do=True,
        )
        code = answer.reset if answer.reset is not None else self.goaway and self.goaway.code
        self.check(code is None or code in codes, wanted)

    def settle(self):
        """Reads what the server still has to send: until it answered a PING and fell silent."""
        self.expect_pong(b"settled?")
        self.read_all(QUIET_SECONDS)

    def expect_closed(self):
        """The server closes."""
        self._wait("the connection closed", lambda: False, closed_will_do=True)

    def expect(self, wanted, condition):
        """Reads until `condition()` is true."""
        self._wait(wanted, condition)

    def expect_or_closed(self, wanted, condition):
        """The same, but the server may close as well."""
        self._wait(wanted, condition, closed_will_do=True)

    def check(self, held, wanted):
        """A plain check, which fails as the others do."""
        if not held:
            raise Failure(wanted, self.came())

    def answer(self, stream):
        return self.answers.setdefault(stream, Answer())

    def granted(self, stream):
        """The bytes of DATA that the server allowed so far, of a stream or (0) in all."""
        first = frames.WINDOW_BYTES
        if stream:
            first = self.settings.get(Setting.INITIAL_WINDOW_SIZE, first)
        updates = (each for each in self.log if each.kind == Type.WINDOW_UPDATE)
        return first + sum(each.increment for each in updates if each.stream == stream)

    def came(self):
        """What was received last, for a person."""
        shown = [str(each) for each in self.log[-SHOWN:]]
        shown = ["..."] * (len(self.log) > SHOWN) + shown
        answers = [f"stream {key}: {value}" for key, value in self.answers.items()][-3:]
        end = "closed" if self.closed else "still open"
        return f"[{', '.join(shown)}] {end}" + "".join(f"; {each}" for each in answers)

    # ---- HTTP/1.1, before an upgrade ----

    def read_http1_head(self):
        """The status and the fields of a response, {lower case name: value}; (0, {}) when none
        came. What follows is read as frames."""
        received, end = b"", self._deadline()
        while b"\r\n\r\n" not in received:
            piece = self._receive(end)
            if not piece:
                return 0, {}
            received += piece
        head, _, rest = received.partition(b"\r\n\r\n")
        self._reader.feed(rest)
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        numbers = status.split(" ")
        if not status.startswith("HTTP/1.") or len(numbers) < 2:
            raise Failure("a response of HTTP/1.1", repr(received[:80]))
        return int(numbers[1]), {name.lower(): value.strip() for name, _, value in pairs}

    def read_to_end(self):
        """All bytes until the server closes, whatever they are."""
        received, end = b"", self._deadline()
        while piece := self._receive(end):
            received += piece
        if not self.closed:
            raise Failure("the connection closed", f"{received[:80]!r}, still open")
        return received

    # ---- receiving ----

    def read_frame(self, seconds=None):
        """A frame, or None when time is up or the server closed."""
        end = self._deadline(seconds)
        while (frame := self._reader.next()) is None:
            piece = self._receive(end)
            if not piece:
                return None
            self._reader.feed(piece)
        self.log.append(frame)
        self._take(frame)
        return frame

    def read_all(self, seconds):
        """All frames until nothing came for so long."""
        received = []
        while frame := self.read_frame(seconds):
            received.append(frame)
        return received

    def _deadline(self, seconds=None):
        return time.monotonic() + (self.target.seconds if seconds is None else seconds)

    def _wait(self, wanted, condition, closed_will_do=False):
        end = self._deadline()
        while not condition():
            if self.read_frame(max(0, end - time.monotonic())) is not None or condition():
                continue
            if not (self.closed and closed_will_do):
                raise Failure(wanted, self.came())
            return

    def _receive(self, end):
        """Bytes, or none when time is up or the server closed."""
        if self.closed:
            return b""
        self._socket.settimeout(max(0.001, end - time.monotonic()))
        try:
            piece = self._socket.recv(1 << 16)
        except TimeoutError:
            return b""
        except OSError:  # reset, which is closed as well
            piece = b""
        finally:
            self._socket.settimeout(self.target.seconds)
        self.closed = not piece
        return piece

    def _take(self, frame):
        """Keeps what a frame says; raises when a server must not have sent it."""
        if self._block and (frame.kind, frame.stream) != (Type.CONTINUATION, self._block[0]):
            raise Failure("CONTINUATION (RFC 9113 4.3)", self.came())
        taker = self._TAKERS.get(frame.kind)
        try:
            if taker:
                taker(self, frame)
        except (frames.BadFrame, header_blocks.BadBlock) as error:
            raise Failure("frames that follow RFC 9113 and 7541", f"{error}; {frame}") from error

    def _take_data(self, frame):
        answer = self.answer(frame.stream)
        answer.body += frame.content
        answer.ended |= frame.ends_stream

    def _take_headers(self, frame):
        self._block = [frame.stream, frame.ends_stream, b""]
        self._take_block(frame)

    def _take_block(self, frame):
        if not self._block:
            raise Failure("no CONTINUATION here (RFC 9113 6.10)", self.came())
        self._block[2] += frame.content
        if frame.has(Flag.END_HEADERS):
            stream, ends, block = self._block
            self._block = None
            self._take_fields(self.answer(stream), self.decoder.decode(block), ends)

    @staticmethod
    def _take_fields(answer, fields, ends):
        if answer.status:
            answer.trailers = fields
        elif 100 <= _status(fields) < 200:
            answer.interim.append(fields)
        else:
            answer.fields = fields
        answer.ended |= ends

    def _take_reset(self, frame):
        self.answer(frame.stream).reset = frame.code

    def _take_settings(self, frame):
        if frame.has(Flag.ACK):
            self.acknowledged += 1
            return
        self.settings.update(frame.values)
        self.greeted = True
        if self.acknowledges:
            self.send(frames.settings(ack=True))

    def _take_ping(self, frame):
        if frame.has(Flag.ACK):
            self._pongs.append(frame.payload)
        elif self.acknowledges:
            self.send(frames.ping(frame.payload, ack=True))

    def _take_goaway(self, frame):
        self.goaway = frame

    _TAKERS = {
        Type.DATA: _take_data,
        Type.HEADERS: _take_headers,
        Type.CONTINUATION: _take_block,
        Type.RST_STREAM: _take_reset,
        Type.SETTINGS: _take_settings,
        Type.PING: _take_ping,
        Type.GOAWAY: _take_goaway,
    }


def _open(target, alpn):
    plain = socket.create_connection((target.host, target.port), timeout=target.seconds)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not target.tls:
        return plain
    return _tls_context(alpn).wrap_socket(plain, server_hostname="localhost")


@functools.cache
def _tls_context(alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(alpn)
    return context


def _names(codes):
    return "/".join(frames.name_of(Code, code) for code in codes)
