"""Real clients talk to the real hello: what each of them says about the answers must be good."""

import concurrent.futures
import hashlib
import http.client
import os
import re
import socket
import subprocess
import tempfile
import unittest

from hello_process import Hello, receive_some, receive_until_end


def run(*command, data=None):
    """Runs a client; it must succeed. Returns what it printed, as bytes."""
    done = subprocess.run(
        command,
        input=data,
        stdin=None if data is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr!r}")
    return done.stdout


def curl(*arguments, data=None):
    return run("curl", "--silent", "--show-error", "--noproxy", "*", *arguments, data=data)


class ClientTest(unittest.TestCase):
    """One hello for all; every test leaves no descriptor behind."""

    @classmethod
    def setUpClass(cls):
        cls.hello = Hello("--address=127.0.0.1", "--port=0")
        cls.addClassCleanup(cls.hello.end)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        curl(cls.hello.url("/plaintext"))
        cls.descriptors = cls.hello.resting_descriptors()

    def tearDown(self):
        self.assertEqual(self.hello.settled_descriptors(self.descriptors), self.descriptors)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def random_file(self, megabytes):
        path = self.path("sent")
        with open(path, "wb") as file:
            file.write(os.urandom(megabytes << 20))
        return path

    def sha256(self, path):
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()


class CurlTest(ClientTest):
    def test_two_urls_take_one_connection(self):
        url = self.hello.url("/plaintext")
        answer = curl("-w", " %{http_code} %{num_connects}\n", url, url)
        self.assertEqual(answer, b"Hello, World! 200 1\nHello, World! 200 0\n")

    def test_head_tells_the_length_and_sends_no_body(self):
        answer = curl("--head", self.hello.url("/plaintext"))
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"))
        for field in (b"Server: turbo", b"Date: ", b"Content-Type: text/plain"):
            self.assertIn(b"\r\n" + field, answer)
        self.assertIn(b"\r\nContent-Length: 13\r\n", answer)
        self.assertTrue(answer.endswith(b"\r\n\r\n"))

    def test_a_chunked_post_comes_back(self):
        chunked = ("-H", "Transfer-Encoding: chunked", "--data-binary", "@-")
        for path in ("/", "/echo"):
            self.assertEqual(curl(*chunked, self.hello.url(path), data=b"a\nbody"), b"a\nbody")

    def test_a_client_that_expects_100_continue_gets_it(self):
        answer = curl(
            "-i", "-H", "Expect: 100-continue", "--data", "x=1", self.hello.url("/echo")
        )
        self.assertTrue(answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        self.assertTrue(answer.endswith(b"\r\n\r\nx=1"))

    def test_a_refused_client_that_expects_100_continue_keeps_its_body(self):
        answer = curl(
            "-i", "-H", "Expect: 100-continue", "--data", "x=1", "-w", "%{size_upload}",
            self.hello.url("/nothing"),
        )  # fmt: skip
        self.assertTrue(answer.startswith(b"HTTP/1.1 404 Not Found\r\n"), answer[:100])
        self.assertTrue(answer.endswith(b"0"), answer[-20:])

    def test_an_expectation_nobody_can_meet_is_refused(self):
        answer = curl("-i", "-H", "Expect: tea", "--data", "x=1", self.hello.url("/echo"))
        self.assertTrue(answer.startswith(b"HTTP/1.1 417 Expectation Failed\r\n"), answer[:100])

    def test_http_1_0_is_kept_alive_when_it_asks(self):
        url = self.hello.url("/plaintext")
        told = ("-0", "-i", "-w", "%{num_connects}")
        answer = curl(*told, "-H", "Connection: keep-alive", url, url)
        self.assertEqual(answer.count(b"\r\nConnection: keep-alive\r\n"), 2, answer)
        self.assertTrue(answer.endswith(b"Hello, World!0"), answer[-20:])
        self.assertTrue(curl(*told, url, url).endswith(b"Hello, World!1"))

    def test_http_1_0_sends_a_body_of_told_length_alone(self):
        url = self.hello.url("/echo")
        self.assertEqual(curl("-0", "--data", "x=1", url), b"x=1")
        with self.hello.connect() as client:
            client.sendall(b"POST /echo HTTP/1.0\r\n\r\n")
            self.assertTrue(receive_until_end(client).startswith(b"HTTP/1.1 411 Length Required"))

    def test_50_megabytes_come_back_unchanged(self):
        sent = self.random_file(50)
        for header in ("X-Framing: length", "Transfer-Encoding: chunked"):
            back = self.path("back")
            curl("-H", header, "-T", sent, "-X", "POST", "-o", back, self.hello.url("/echo"))
            self.assertEqual(self.sha256(sent), self.sha256(back), header)

    def test_a_body_above_the_limit_is_refused_and_the_answer_readable(self):
        with Hello("--address=127.0.0.1", "--port=0", "--max_body=1000000") as small:
            sent = self.random_file(4)
            answer = curl("-i", "-H", "Expect:", "--data-binary", "@" + sent, small.url("/echo"))
            self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer[:100])
            self.assertIn(b"Connection: close", answer)

    def test_the_blob_is_one_mebibyte(self):
        self.assertEqual(curl(self.hello.url("/blob")), b"x" * (1 << 20))

    def test_the_small_pages_say_what_they_promise(self):
        self.assertEqual(curl(self.hello.url("/json")), b'{"message":"Hello, World!"}')
        index = curl(self.hello.url("/"))
        for route in (b"/plaintext", b"/json", b"/hello/:name", b"/blob", b"/cookie", b"/echo"):
            self.assertIn(route, index)

    def test_a_name_is_percent_decoded(self):
        self.assertEqual(curl(self.hello.url("/hello/you")), b"Hello, you!\n")
        self.assertEqual(
            curl(self.hello.url("/hello/Zo%C3%AB%20a%2Fb")).decode(), "Hello, Zoë a/b!\n"
        )

    def test_cookies_come_back_one_a_line(self):
        self.assertEqual(curl("-b", "a=1; b=2", self.hello.url("/cookie")), b"a=1\nb=2\n")
        self.assertEqual(curl(self.hello.url("/cookie")), b"")

    def test_unknown_paths_and_methods_are_refused_and_the_connection_kept(self):
        answer = curl("-i", self.hello.url("/nothing"), self.hello.url("/hello/"))
        self.assertEqual(answer.count(b"HTTP/1.1 404 Not Found\r\n"), 2)
        self.assertNotIn(b"Connection: close", answer)
        answer = curl("-i", "-X", "DELETE", self.hello.url("/plaintext"))
        self.assertTrue(answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n"))
        self.assertIn(b"\r\nAllow: GET, HEAD, OPTIONS\r\n", answer)
        answer = curl("-i", "-X", "PUT", self.hello.url("/"))
        self.assertIn(b"\r\nAllow: GET, HEAD, POST, OPTIONS\r\n", answer)

    def test_a_unix_socket_is_served(self):
        path = self.path("hello.sock")
        for _ in range(2):  # the second finds the socket the first one left, or none
            with Hello("--address=unix:" + path) as local:
                self.assertIn(path, local.line)
                answer = curl("--unix-socket", path, "http://local/plaintext")
                self.assertEqual(answer, b"Hello, World!")

    def test_ipv6_is_served(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("no IPv6 on this machine's loopback")
        with Hello("--address=::1", "--port=0") as six:
            self.assertEqual(curl("-g", six.url("/plaintext")), b"Hello, World!")


class OtherClientsTest(ClientTest):
    def test_requests_piped_through_nc_are_answered_in_order(self):
        requests = b"".join(
            f"GET /hello/{i} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for i in range(20)
        )
        # -N ends the sending side behind the last request: the answers are still owed.
        answers = run("nc", "-N", "127.0.0.1", str(self.hello.port), data=requests)
        self.assertEqual(answers.count(b"HTTP/1.1 200 OK\r\n"), 20)
        names = re.findall(rb"\r\n\r\nHello, (\d+)!\n", answers)
        self.assertEqual(names, [str(i).encode() for i in range(20)])

    def test_pipelined_requests_of_every_kind_are_answered_in_order(self):
        head = b" HTTP/1.1\r\nHost: a\r\n"
        requests = (
            b"POST /echo" + head + b"Content-Length: 3\r\n\r\none"
            b"POST /echo" + head + b"Transfer-Encoding: chunked\r\n\r\n"
            b"2;a=b\r\ntw\r\n1\r\no\r\n0\r\nX: y\r\n\r\n"
            b"HEAD /plaintext" + head + b"\r\n"
            b"GET /nothing" + head + b"\r\n"
            b"GET /hello/last" + head + b"Connection: close\r\n\r\n"
            b"GET /hello/never" + head + b"\r\n"
        )
        for pieces in (1, 2, 7, len(requests)):
            size = -(-len(requests) // pieces)
            with self.hello.connect() as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for begin in range(0, len(requests), size):
                    client.sendall(requests[begin : begin + size])
                answers = receive_until_end(client)
            codes = re.findall(rb"HTTP/1\.1 (\d+) ", answers)
            self.assertEqual(codes, [b"200", b"200", b"200", b"404", b"200"], answers)
            bodies = (b"\r\n\r\none", b"\r\n\r\ntwo", b"\r\n\r\nHello, last")
            found = [answers.find(body) for body in bodies]
            self.assertEqual(found, sorted(found))
            self.assertNotIn(-1, found)
            self.assertEqual(answers.count(b"Hello, World!"), 0, "a body of HEAD")
            self.assertEqual(answers.count(b"Connection: close\r\n"), 1)

    def test_100_continue_comes_before_the_body_and_once(self):
        with self.hello.connect() as client:
            client.sendall(
                b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
            )
            self.assertEqual(receive_some(client, b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
            client.sendall(b"abc")
            answer = receive_until_end(client)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
        self.assertTrue(answer.endswith(b"\r\n\r\nabc"), answer)

    def test_http_client_asks_for_heads_between_bodies(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.hello.port, timeout=10)
        connection.connect()
        first_socket = connection.sock
        for method, path, status, size in (
            ("HEAD", "/blob", 200, 0),
            ("GET", "/blob", 200, 1 << 20),
            ("HEAD", "/nothing", 404, 0),
            ("GET", "/plaintext", 200, 13),
        ):
            connection.request(method, path)
            response = connection.getresponse()
            self.assertEqual((response.status, len(response.read())), (status, size), path)
        self.assertIs(connection.sock, first_socket)
        connection.request("GET", "/plaintext", headers={"Connection": "close"})
        response = connection.getresponse()
        self.assertEqual(response.read(), b"Hello, World!")
        self.assertTrue(response.will_close)
        connection.close()

    def test_http_client_keeps_one_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.hello.port, timeout=10)
        connection.connect()
        first_socket = connection.sock
        for i in range(50):
            connection.request("POST", "/echo", body=str(i), headers={"Content-Type": "a/b"})
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()), (200, str(i).encode()))
            self.assertEqual(response.getheader("Content-Type"), "a/b")
        connection.request("POST", "/echo", body=iter([b"one ", b"two"]), encode_chunked=True)
        self.assertEqual(connection.getresponse().read(), b"one two")
        self.assertIs(connection.sock, first_socket)
        connection.close()

    def test_an_http_1_0_client_reads_to_the_end(self):
        with self.hello.connect() as client:
            client.sendall(b"GET /plaintext HTTP/1.0\r\n\r\n")
            self.assertTrue(receive_until_end(client).endswith(b"\r\n\r\nHello, World!"))

    def test_many_threads_each_get_their_own_answer(self):
        def ask(thread):
            connection = http.client.HTTPConnection("127.0.0.1", self.hello.port, timeout=10)
            for i in range(100):
                connection.request("GET", f"/hello/{thread}-{i}")
                if connection.getresponse().read() != f"Hello, {thread}-{i}!\n".encode():
                    return False
            connection.close()
            return True

        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            self.assertEqual(list(threads.map(ask, range(8))), [True] * 8)


class LoadTest(ClientTest):
    """Under load for a moment: no error of any kind; how fast is not looked at."""

    def test_wrk(self):
        url = self.hello.url("/plaintext")
        output = run("wrk", "-t1", "-c32", "-d1s", url).decode()
        self.assertRegex(output, r"Requests/sec: +[1-9]")
        self.assertNotRegex(output, r"Socket errors|Non-2xx")

    def test_ab_with_and_without_keep_alive(self):
        url = self.hello.url("/plaintext")
        for flags, kept in ((["-k"], 2000), ([], 0)):
            output = run("ab", "-q", *flags, "-n2000", "-c16", url).decode()
            self.assertRegex(output, r"Complete requests: +2000\n")
            self.assertRegex(output, r"Failed requests: +0\n")
            self.assertNotRegex(output, r"Non-2xx responses")
            if kept:
                self.assertRegex(output, rf"Keep-Alive requests: +{kept}\n")

    def test_h2load_speaks_http_1_pipelined(self):
        url = self.hello.url("/json")
        output = run("h2load", "--h1", "-n4000", "-c16", "-m4", url).decode()
        self.assertIn("4000 succeeded, 0 failed, 0 errored, 0 timeout", output)
        self.assertIn("status codes: 4000 2xx, 0 3xx, 0 4xx, 0 5xx", output)


del ClientTest  # a base only

if __name__ == "__main__":
    unittest.main(verbosity=2)
