"""One HTTP/2 connection to a server that is looked at: requests sent at once, answers taken whole.

The load comes from h2load; this asks one by one, to see what is answered, and how.
"""

from dataclasses import dataclass

import answers
from processes import CannotMeasure

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.settings
except ImportError:
    h2 = None

# So wide that no answer waits for us, and we send no WINDOW_UPDATE while something is counted.
WINDOW_BYTES = 1 << 28


def require():
    """Raises unless Python's HTTP/2 is installed."""
    if h2 is None:
        raise CannotMeasure("missing: Python's h2; install: apt-get install python3-h2")


@dataclass
class Answer:
    """What came on one stream."""

    fields: dict
    body: bytearray
    ended: bool = False


class Connection:
    """A connection that has shaken hands: by ALPN where a TLS context is given, which must ask for
    h2, by prior knowledge where none is."""

    def __init__(self, port, tls=None):
        require()
        self.socket = answers.connect(port, tls)
        self.received_bytes = 0
        self._authority = f"127.0.0.1:{port}"
        self._scheme = "http" if tls is None else "https"
        self._session = h2.connection.H2Connection(
            h2.config.H2Configuration(header_encoding="latin-1")
        )
        self._session.initiate_connection()
        self._session.update_settings(
            {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW_BYTES}
        )
        self._session.increment_flow_control_window(WINDOW_BYTES)
        if tls is not None and self.socket.selected_alpn_protocol() != "h2":
            self.close()
            raise CannotMeasure("it did not choose h2, which ALPN offered")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def ask(self, path, count=1):
        """Sends so many requests in one call; returns their answers when all have ended."""
        pending = {self._request(path): Answer({}, bytearray()) for _ in range(count)}
        self._flush()
        while not all(answer.ended for answer in pending.values()):
            data = answers.receive_some(self.socket)
            self.received_bytes += len(data)
            for event in self._session.receive_data(data):
                self._take(event, pending)
            self._flush()
        return list(pending.values())

    def _request(self, path):
        stream = self._session.get_next_available_stream_id()
        head = [
            (":method", "GET"),
            (":scheme", self._scheme),
            (":authority", self._authority),
            (":path", path),
        ]
        self._session.send_headers(stream, head, end_stream=True)
        return stream

    def _flush(self):
        data = self._session.data_to_send()
        if data:
            self.socket.sendall(data)

    def _take(self, event, pending):
        if isinstance(event, h2.events.ResponseReceived):
            pending[event.stream_id].fields = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            pending[event.stream_id].body += event.data
        elif isinstance(event, h2.events.StreamEnded):
            pending[event.stream_id].ended = True
        elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
            raise CannotMeasure(f"it ended a stream or the connection: {event.error_code!r}")


def check(port, resource, tls=None, typed=True):
    """Bytes of a whole answer, of a connection's second: by then tables of header fields are
    filled. Raises unless the first is the one all servers must give to `resource`."""
    with Connection(port, tls) as connection:
        (answer,) = connection.ask(resource.path)
        status = answer.fields.get(":status")
        if status != "200":
            raise CannotMeasure(f"it answered {resource.path} with status {status}")
        answers.require_right(
            resource, answer.fields.get("content-type"), bytes(answer.body), typed
        )
        before = connection.received_bytes
        connection.ask(resource.path)
        return connection.received_bytes - before
