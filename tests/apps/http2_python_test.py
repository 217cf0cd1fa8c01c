"""Python's h2, which looks closely at what it is sent, asks the real hello over a socket."""

import os
import ssl
import sys
import unittest

from hello_process import receive_some
from http2_servers import ServersTest

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, where another Python runs this

import h2.config  # noqa: E402
import h2.connection  # noqa: E402
import h2.events  # noqa: E402
import h2.settings  # noqa: E402

SECONDS = 20
BLOB_BYTES = 1 << 20


class Answer:
    def __init__(self, body=b""):
        self.fields, self.trailers, self.interim = {}, None, []
        self.body, self.ended, self.reset = bytearray(), False, None
        self.waiting = body  # of the request, for the window to open

    @property
    def status(self):
        return int(self.fields.get(":status", 0))


class Client:
    """A connection; raises whatever h2 finds wrong with what came."""

    def __init__(self, connected, begins=True):
        self.socket = connected
        self.socket.settimeout(SECONDS)
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        self.answers = {}
        self.pongs = []
        if begins:
            self.h2.initiate_connection()
            self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def request(self, path, *more, method="GET", body=None, ends=True):
        """Begins a request, whose stream it returns. `ends`: the body does."""
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer(body or b"")
        pseudo = [(":method", method), (":scheme", "https"), (":authority", "a"), (":path", path)]
        self.h2.send_headers(stream, pseudo + list(more), end_stream=ends and body is None)
        if body is not None:
            self.send_body(stream)
        self.flush()
        return stream

    def send_body(self, stream):
        """What the window lets go, in pieces; then the end."""
        answer = self.answers[stream]
        while answer.waiting:
            room = self.h2.local_flow_control_window(stream)
            size = min(room, self.h2.max_outbound_frame_size, len(answer.waiting))
            if size <= 0:
                return
            piece, answer.waiting = answer.waiting[:size], answer.waiting[size:]
            self.h2.send_data(stream, piece)
        self.h2.end_stream(stream)
        answer.waiting = None

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def read(self):
        received = self.socket.recv(1 << 16)
        if not received:
            raise AssertionError("the connection ended")
        self.take(received)

    def take(self, received):
        for event in self.h2.receive_data(received):
            self.see(event)
        for stream, answer in self.answers.items():
            if answer.waiting:
                self.send_body(stream)
        self.flush()

    def see(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ResponseReceived):
            answer.fields = dict(event.headers)
        elif isinstance(event, h2.events.InformationalResponseReceived):
            answer.interim.append(dict(event.headers)[":status"])
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = event.error_code
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs.append(event.ping_data)
        elif isinstance(event, h2.events.ConnectionTerminated):
            raise AssertionError(f"GOAWAY {event.error_code} {event.additional_data!r}")

    def read_until(self, condition):
        while not condition():
            self.read()

    def answer(self, stream):
        """The whole answer on a stream."""
        answer = self.answers[stream]
        self.read_until(lambda: answer.ended or answer.reset is not None)
        if not answer.ended:
            raise AssertionError(f"stream {stream} was reset by {answer.reset}")
        return answer

    def get(self, path, *more):
        return self.answer(self.request(path, *more))


class PythonTest(ServersTest):
    def clients(self):
        """One by prior knowledge, one by ALPN."""
        for scheme, server in self.servers.items():
            connected = server.connect()
            if scheme == "https":
                context = ssl.create_default_context(cafile=self.authority.certificate)
                context.set_alpn_protocols(["h2"])
                connected = context.wrap_socket(connected, server_hostname="localhost")
                self.assertEqual(connected.selected_alpn_protocol(), "h2")
            with Client(connected) as client:
                yield client

    def test_100_streams_get_their_own_answers(self):
        for client in self.clients():
            streams = {client.request(f"/hello/{i}"): b"Hello, %d!\n" % i for i in range(100)}
            for stream, body in streams.items():
                self.assertEqual(client.answer(stream).body, body)

    def test_the_answer_s_fields(self):
        for client in self.clients():
            answer = client.get("/json")
            self.assertEqual(
                {name: value for name, value in answer.fields.items() if name != "date"},
                {
                    ":status": "200",
                    "server": "turbo",
                    "content-type": "application/json",
                    "content-length": "27",
                },
            )
            self.assertRegex(answer.fields["date"], r"^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$")

    def test_uploads_of_which_the_pieces_mix(self):
        for client in self.clients():
            bodies = [os.urandom(300_000) for _ in range(8)]
            streams = [client.request("/echo", method="POST", body=body) for body in bodies]
            for stream, body in zip(streams, bodies):
                self.assertTrue(client.answer(stream).body == body)

    def test_cookies_in_crumbs(self):
        for client in self.clients():
            crumbs = [("cookie", f"a{i}=b") for i in range(20)]
            wanted = b"".join(b"a%d=b\n" % i for i in range(20))
            self.assertEqual(client.get("/cookie", *crumbs).body, wanted)

    def test_100_continue(self):
        for client in self.clients():
            expects = ("expect", "100-continue")
            stream = client.request("/echo", expects, method="POST", ends=False)
            answer = client.answers[stream]
            client.read_until(lambda answer=answer: answer.interim)
            answer.waiting = b"told to"
            client.send_body(stream)
            client.flush()
            self.assertEqual(client.answer(stream).body, b"told to")
            self.assertEqual(answer.interim, ["100"])

    def test_trailers_of_a_request(self):
        for client in self.clients():
            stream = client.request("/echo", method="POST", ends=False)
            client.h2.send_data(stream, b"body")
            client.h2.send_headers(stream, [("x-sum", "1")], end_stream=True)
            client.flush()
            self.assertEqual(client.answer(stream).body, b"body")

    def test_head_and_statuses(self):
        for client in self.clients():
            head = client.answer(client.request("/blob", method="HEAD"))
            self.assertEqual(head.fields["content-length"], str(BLOB_BYTES))
            self.assertEqual(head.body, b"")
            self.assertEqual(client.get("/nothing").status, 404)
            refused = client.answer(client.request("/plaintext", method="DELETE"))
            self.assertEqual(refused.status, 405)
            self.assertEqual(refused.fields["allow"], "GET, HEAD, OPTIONS")
            options = client.answer(client.request("*", method="OPTIONS"))
            self.assertIn(options.status, (200, 204))

    def test_windows_that_change_under_way(self):
        window = h2.settings.SettingCodes.INITIAL_WINDOW_SIZE
        for client in self.clients():
            ours = client.h2.local_settings
            client.h2.update_settings({window: 0})
            client.flush()
            client.read_until(lambda ours=ours: ours.initial_window_size == 0)
            streams = [client.request("/blob") for _ in range(3)]
            client.read_until(lambda: all(client.answers[stream].status for stream in streams))
            self.assertEqual(client.answer(client.request("/blob", method="HEAD")).status, 200)
            client.h2.update_settings({window: 100_000})
            client.flush()
            for stream in streams:
                self.assertEqual(len(client.answer(stream).body), BLOB_BYTES)

    def test_header_tables_that_change_under_way(self):
        for client in self.clients():
            for size in (0, 100, 4096, 65536, 0, 4096):
                client.h2.update_settings({h2.settings.SettingCodes.HEADER_TABLE_SIZE: size})
                client.flush()
                for i in range(5):
                    self.assertEqual(client.get(f"/hello/{i}").body, b"Hello, %d!\n" % i)

    def test_a_reset_stream_leaves_the_others_alone(self):
        for client in self.clients():
            streams = [client.request("/blob") for _ in range(6)]
            for stream in streams[::2]:
                client.h2.reset_stream(stream, error_code=8)
            client.flush()
            for stream in streams[1::2]:
                self.assertEqual(len(client.answer(stream).body), BLOB_BYTES)
            self.assertEqual(client.get("/plaintext").body, b"Hello, World!")

    def test_priorities_of_the_old_kind_do_no_harm(self):
        for client in self.clients():
            streams = [client.request("/blob") for _ in range(4)]
            client.h2.prioritize(streams[3], weight=256, depends_on=0, exclusive=True)
            client.h2.prioritize(streams[0], weight=1, depends_on=streams[3])
            client.flush()
            for stream in streams:
                self.assertEqual(len(client.answer(stream).body), BLOB_BYTES)

    def test_ping_is_answered(self):
        for client in self.clients():
            client.h2.ping(b"8 bytes!")
            client.flush()
            client.read_until(lambda client=client: client.pongs)
            self.assertEqual(client.pongs, [b"8 bytes!"])


class UpgradeTest(ServersTest):
    def upgraded(self, request_line, more=b"", body=b""):
        """A client whose stream 1 is this request of HTTP/1.1."""
        client = Client(self.servers["http"].connect(), begins=False)
        self.addCleanup(client.socket.close)
        offer = client.h2.initiate_upgrade_connection()
        client.socket.sendall(
            request_line + b" HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            b"Upgrade: h2c\r\nHTTP2-Settings: " + offer + b"\r\n" + more + b"\r\n" + body
        )
        client.answers[1] = Answer(None)
        head, _, rest = receive_some(client.socket, b"\r\n\r\n").partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 101 "), head)
        client.flush()
        client.take(rest)
        return client

    def test_the_first_answer_comes_on_stream_1(self):
        client = self.upgraded(b"GET /hello/first")
        self.assertEqual(client.answer(1).body, b"Hello, first!\n")
        for i in range(3):
            self.assertEqual(client.get(f"/hello/{i}").body, b"Hello, %d!\n" % i)
        client.socket.close()

    def test_a_large_first_answer_keeps_to_the_windows(self):
        client = self.upgraded(b"GET /blob")
        self.assertEqual(len(client.answer(1).body), BLOB_BYTES)
        client.socket.close()

    def test_head(self):
        client = self.upgraded(b"HEAD /blob")
        answer = client.answer(1)
        self.assertEqual((answer.status, len(answer.body)), (200, 0))
        self.assertEqual(client.get("/plaintext").body, b"Hello, World!")
        client.socket.close()

    def test_an_unknown_page(self):
        client = self.upgraded(b"GET /nothing")
        self.assertEqual(client.answer(1).status, 404)
        client.socket.close()

    def test_a_body_goes_ahead_of_the_upgrade_or_prevents_it(self):
        """RFC 9110 7.8: the request is read whole before 101, so a server may decline."""
        request = (
            b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 4\r\n\r\n"
        )
        with self.servers["http"].connect() as client:
            client.sendall(request + b"body")
            answer = receive_some(client, b"body")
        self.assertRegex(answer, rb"^HTTP/1\.1 (101|200) ")


del ServersTest  # a base only

if __name__ == "__main__":
    unittest.main(verbosity=2)
