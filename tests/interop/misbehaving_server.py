"""A gRPC server of raw HTTP/2 frames, which does what a test's script says, right or wrong.

    def script(connection):
        stream = connection.next_call()
        connection.send(frames.rst_stream(stream))

    with Server(script) as server: ...

A script runs once for each connection, in a thread of its own; the end of it closes the connection. What
it raises is Server.failures, unless the client has just gone.
"""

import socket
import struct
import threading

import frames
import header_blocks
from frames import Flag, Setting, Type

SECONDS = 20
ROOM = 1 << 20  # for requests, of a stream and in all


class Gone(Exception):
    """The client has closed the connection."""


def message(body, *, flag=0, length=None):
    """A message as it lies in a call's bytes. `length` tells another one."""
    return struct.pack(">BI", flag, len(body) if length is None else length) + body


def _field(number, content):
    """A field of protobuf that has a length."""
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(value):
    encoded = bytearray()
    while value >= 128:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes((*encoded, value))


# The SimpleResponse that large_unary asks for.
LARGE_REPLY = message(_field(1, _field(2, bytes(314159))))
HEAD = ((b":status", b"200"), (b"content-type", b"application/grpc"))
OK = ((b"grpc-status", b"0"),)


class Connection:
    """A client's connection, after the preface."""

    def __init__(self, accepted):
        self._socket = accepted
        self._socket.settimeout(SECONDS)
        self._reader = frames.FrameReader()
        self._decoder = header_blocks.Decoder()
        self._window, self._windows = frames.WINDOW_BYTES, {}
        self._initial_window = frames.WINDOW_BYTES
        self._max_frame = frames.FRAME_BYTES
        self.ready = []  # streams whose request is whole
        self.open = set()  # streams that the client has begun and nobody has ended
        self.heads = {}
        self.pongs = []
        self.resets = {}

    def greet(self, settings=()):
        """Reads the preface and sends SETTINGS, with room for requests unless they say otherwise."""
        self.take(len(frames.PREFACE))
        values = {Setting.INITIAL_WINDOW_SIZE: ROOM, **dict(settings)}
        self.send(frames.settings(values), frames.window_update(0, ROOM))

    def send(self, *pieces):
        try:
            self._socket.sendall(b"".join(pieces))
        except OSError as error:
            raise Gone from error

    def take(self, count):
        """Raw bytes, before any frame."""
        taken = b""
        while len(taken) < count:
            taken += self._receive(count - len(taken))
        return taken

    def read_frame(self):
        """The next frame, after what it means was taken note of."""
        while (frame := self._reader.next()) is None:
            self._reader.feed(self._receive(1 << 16))
        note = {
            Type.HEADERS: self._note_headers,
            Type.DATA: self._note_data,
            Type.SETTINGS: self._note_settings,
            Type.PING: self._note_ping,
            Type.WINDOW_UPDATE: self._note_window,
            Type.RST_STREAM: self._note_reset,
        }.get(frame.kind)
        if note is not None:
            note(frame)
        return frame

    def next_call(self):
        """The next stream whose request has come to its end."""
        while not self.ready:
            self.read_frame()
        return self.ready.pop(0)

    def next_head(self):
        """The next stream that is begun."""
        while (frame := self.read_frame()).kind != Type.HEADERS:
            pass
        return frame.stream

    def headers(self, stream, fields, *, end=False, **wrong):
        self.send(frames.headers(stream, header_blocks.encode(fields), end=end, **wrong))

    def data(self, stream, content, *, end=False, padding=None):
        """As the client's windows let it."""
        extra = 0 if padding is None else len(padding) + 1
        while content:
            room = min(self._max_frame, self._window, self._window_of(stream)) - extra
            if room <= 0:
                self.read_frame()
                continue
            piece, content = content[:room], content[room:]
            self._window -= len(piece) + extra
            self._windows[stream] = self._window_of(stream) - len(piece) - extra
            self.send(frames.data(stream, piece, end=end and not content, padding=padding))

    def trailers(self, stream, fields=OK):
        self.open.discard(stream)
        self.headers(stream, fields, end=True)

    def reply(self, stream):
        """All of a good answer."""
        self.headers(stream, HEAD)
        self.data(stream, LARGE_REPLY)
        self.trailers(stream)

    def serve(self):
        """Answers until the client goes."""
        while True:
            self.reply(self.next_call())

    def wait_for_end(self):
        """Until the client closes the connection."""
        try:
            while True:
                self.read_frame()
        except Gone:
            pass

    def close(self):
        self._socket.close()

    def _window_of(self, stream):
        return self._windows.get(stream, self._initial_window)

    def _receive(self, count):
        try:
            received = self._socket.recv(count)
        except ConnectionError as error:
            raise Gone from error
        if not received:
            raise Gone
        return received

    def _note_headers(self, frame):
        self.open.add(frame.stream)
        self.heads[frame.stream] = self._decoder.decode(frame.content)
        self._note_end(frame)

    def _note_data(self, frame):
        if frame.payload:
            self.send(
                frames.window_update(0, len(frame.payload)),
                b"" if frame.ends_stream else frames.window_update(frame.stream, len(frame.payload)),
            )
        self._note_end(frame)

    def _note_end(self, frame):
        if frame.ends_stream:
            self.ready.append(frame.stream)

    def _note_settings(self, frame):
        if frame.has(Flag.ACK):
            return
        values = frame.values
        self._initial_window = values.get(Setting.INITIAL_WINDOW_SIZE, self._initial_window)
        self.send(frames.settings(ack=True))

    def _note_ping(self, frame):
        if frame.has(Flag.ACK):
            self.pongs.append(frame.payload)
        else:
            self.send(frames.ping(frame.payload, ack=True))

    def _note_window(self, frame):
        if frame.stream == 0:
            self._window += frame.increment
        else:
            self._windows[frame.stream] = self._window_of(frame.stream) + frame.increment

    def _note_reset(self, frame):
        self.open.discard(frame.stream)
        self.resets[frame.stream] = frame.code


class Server:
    """Runs a script for each connection; `with` ends it."""

    def __init__(self, script):
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections, self.failures = [], []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection(accepted)
            self.connections.append(connection)
            thread = threading.Thread(target=self._run, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _run(self, connection):
        try:
            self._script(connection)
        except Gone:
            pass
        except Exception as error:  # told by the test
            self.failures.append(error)
        finally:
            connection.close()
