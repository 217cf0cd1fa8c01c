"""curl, nghttp and h2load ask the real hello over HTTP/2: by prior knowledge, Upgrade and ALPN."""

import functools
import re
import socket
import ssl
import unittest

from hello_process import receive_until_end
from http2_servers import ServersTest, run, sha256

ANSWER = b"Hello, World!"
# How a connection comes to speak HTTP/2: what curl is told, and the scheme.
PRIOR_KNOWLEDGE = ("--http2-prior-knowledge", "http")
UPGRADE = ("--http2", "http")
ALPN = ("--http2", "https")
WAYS = (PRIOR_KNOWLEDGE, UPGRADE, ALPN)
# curl 7.88 fails at the second request on a connection of prior knowledge, whoever serves it.
KEPT = (UPGRADE, ALPN)
# It fails too when much follows 101 at once.
LARGE = (PRIOR_KNOWLEDGE, ALPN)


class CurlTest(ServersTest):
    def each_way(self, ways=WAYS):
        for flag, scheme in ways:
            yield flag, functools.partial(self.url, scheme)

    def test_every_way_ends_in_http_2(self):
        told = ("-w", " %{http_version} %{http_code} %{num_connects}\n")
        for flag, url in self.each_way():
            self.assertEqual(self.curl(flag, *told, url("/plaintext")), ANSWER + b" 2 200 1\n")
        for flag, url in self.each_way(KEPT):
            answer = self.curl(flag, *told, url("/plaintext"), url("/hello/you"))
            self.assertEqual(answer, ANSWER + b" 2 200 1\nHello, you!\n 2 200 0\n")

    def test_upgrade_is_offered_and_taken_once(self):
        answer = self.curl("--http2", "-i", self.url("http", "/plaintext"))
        first, _, rest = answer.partition(b"\r\n\r\n")
        self.assertTrue(first.startswith(b"HTTP/1.1 101 "), first)
        self.assertIn(b"\r\nUpgrade: h2c", first)
        self.assertRegex(first, rb"\r\nConnection: [Uu]pgrade")
        self.assertTrue(rest.startswith(b"HTTP/2 200"), rest)

    def test_the_fields_are_those_of_http_1_but_for_the_connection(self):
        for flag, url in self.each_way():
            head = self.curl(flag, "--head", url("/plaintext")).rpartition(b"HTTP/2 ")[2]
            self.assertTrue(head.startswith(b"200 \r\n"), head)
            for field in (b"server: turbo", b"date: ", b"content-type: text/plain"):
                self.assertIn(b"\r\n" + field, head)
            self.assertIn(b"\r\ncontent-length: 13\r\n", head)
            self.assertNotRegex(head.lower(), rb"\r\n(connection|keep-alive|transfer-encoding):")
            self.assertTrue(head.endswith(b"\r\n\r\n"), head)

    def test_unknown_paths_and_methods_are_refused_and_the_connection_kept(self):
        told = ("-w", "%{http_code} %{num_connects}\n", *("-o", self.path("page")) * 3)
        for flag, url in self.each_way(KEPT):
            answer = self.curl(flag, *told, url("/nothing"), url("/hello/"), url("/json"))
            self.assertEqual(answer, b"404 1\n404 0\n200 0\n")
        for flag, url in self.each_way():
            answer = self.curl(flag, "-i", "-X", "DELETE", url("/plaintext"))
            self.assertIn(b"HTTP/2 405 ", answer)
            self.assertIn(b"\r\nallow: GET, HEAD, OPTIONS\r\n", answer)

    def test_bodies_come_back(self):
        for flag, url in self.each_way():
            for header in ("Content-Type: a/b", "Expect: 100-continue", "Expect:"):
                for body in (b"", b"x=1", b"a" * 20_000):
                    answer = self.curl(
                        flag, "-H", header, "--data-binary", "@-", url("/echo"), data=body
                    )
                    self.assertEqual(answer, body, header)

    def test_20_megabytes_come_back_unchanged(self):
        sent, back = self.random_file(20 << 20), self.path("back")
        for flag, url in self.each_way(LARGE):
            self.curl(flag, "-T", sent, "-X", "POST", "-o", back, url("/echo"))
            self.assertEqual(sha256(sent), sha256(back))

    def test_an_expectation_nobody_can_meet_is_refused(self):
        for flag, url in self.each_way():
            answer = self.curl(flag, "-i", "-H", "Expect: tea", "--data", "x=1", url("/echo"))
            self.assertRegex(answer, rb"HTTP/(2|1\.1) 417 ")

    def test_transfers_in_parallel_share_a_connection(self):
        told = ("--parallel", "--parallel-max", "60", "-w", "%{num_connects} ")
        for flag, scheme in KEPT:
            urls = [self.url(scheme, f"/hello/{i}") for i in range(60)]
            answer = self.curl(flag, *told, *urls).decode()
            names = re.findall(r"Hello, (\d+)!", answer)
            self.assertEqual(sorted(map(int, names)), list(range(60)))
            if scheme == "https":
                self.assertEqual(re.findall(r"\n(\d) ", answer).count("1"), 1, answer)

    def test_fields_up_to_the_limits_and_no_further(self):
        small, large = "X-Large: " + "l" * 30_000, "X-Large: " + "l" * 40_000
        many = [part for i in range(101) for part in ("-H", f"X-{i}: v")]
        for flag, url in self.each_way(LARGE):
            url = url("/plaintext")
            told = (flag, "-o", self.path("page"), "-w", "%{http_code}")
            self.assertEqual(self.curl(*told, "-H", small, url), b"200")
            self.assertEqual(self.curl(*told, "-H", large, url), b"431")
            self.assertEqual(self.curl(*told, *many, url), b"431")

    def test_cookies_come_in_one_piece(self):
        for flag, url in self.each_way():
            answer = self.curl(flag, "-b", "a=1; b=2", url("/cookie"))
            self.assertEqual(answer, b"a=1\nb=2\n")

    def test_a_name_is_percent_decoded(self):
        for flag, url in self.each_way():
            answer = self.curl(flag, url("/hello/Zo%C3%AB%20a%2Fb"))
            self.assertEqual(answer.decode(), "Hello, Zoë a/b!\n")


class HTTP1Test(ServersTest):
    """Who does not ask for HTTP/2 gets what it got before."""

    def test_curl_gets_what_it_asks_for(self):
        told = ("-w", " %{http_version} %{num_connects}\n")
        for scheme in ("http", "https"):
            url = self.url(scheme, "/plaintext")
            for flags, version in (
                (("--http1.1",), b"1.1"),
                (("--no-alpn",), b"1.1"),
                (("--no-alpn", "--http1.0", "-H", "Connection: keep-alive"), b"1.1"),
            ):
                answer = self.curl(*flags, *told, url, url)
                lines = [b"Hello, World! " + version + end for end in (b" 1\n", b" 0\n")]
                self.assertEqual(answer, b"".join(lines), flags)

    def test_alpn_is_answered_by_the_client_s_offer(self):
        for offer, chosen in (
            (["h2", "http/1.1"], "h2"),
            (["http/1.1", "h2"], "h2"),  # the server's preference counts
            (["http/1.1"], "http/1.1"),
            (["h2"], "h2"),
            ([], None),
        ):
            context = ssl.create_default_context(cafile=self.authority.certificate)
            if offer:
                context.set_alpn_protocols(offer)
            with self.servers["https"].connect() as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as client:
                    self.assertEqual(client.selected_alpn_protocol(), chosen, offer)
                    if chosen != "h2":
                        self.ask(client)

    def ask(self, client):
        client.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = receive_until_end(client)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
        self.assertTrue(answer.endswith(ANSWER), answer)

    def test_s_client_without_alpn_speaks_http_1(self):
        answer = run(
            "openssl", "s_client", "-connect", self.servers["https"].address, "-ign_eof",
            data=b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )  # fmt: skip
        self.assertIn(b"No ALPN negotiated", answer)
        self.assertIn(b"HTTP/1.1 200 OK\r\n", answer)

    def test_the_beginning_of_a_preface_may_still_become_a_request(self):
        """PRI is a method like any other until the preface is complete."""
        for begin in (b"P", b"PR", b"PRI"):
            with self.servers["http"].connect() as client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.sendall(begin)
                client.sendall(b"X /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                answer = receive_until_end(client)
                self.assertRegex(answer, rb"^HTTP/1\.1 (405|501) ")
        with self.servers["http"].connect() as client:
            client.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n")
            client.sendall(b"Content-Length: 3\r\n\r\nPRI")
            self.assertTrue(receive_until_end(client).endswith(b"\r\n\r\nPRI"))

    def test_an_upgrade_to_something_else_is_not_made(self):
        for offer in (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
            b"Connection: Upgrade\r\nUpgrade: h2c\r\n",  # without HTTP2-Settings
            b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",  # not of this connection
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: AAMAAABkAAQAAP__\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        ):
            with self.servers["http"].connect() as client:
                client.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n" + offer + b"\r\n")
                client.sendall(b"GET /json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                answer = receive_until_end(client)
                self.assertRegex(answer, rb"^HTTP/1\.1 (200|400) ", offer)
                self.assertNotIn(b"101", answer[:20], offer)

    def test_upgrade_over_tls_is_ignored(self):
        """RFC 7540 3.2: h2c is plain TCP's alone."""
        answer = self.curl(
            "--http1.1", "-i", "-H", "Connection: Upgrade, HTTP2-Settings", "-H", "Upgrade: h2c",
            "-H", "HTTP2-Settings: AAMAAABkAAQAAP__", self.url("https", "/plaintext"),
        )  # fmt: skip
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)


class NghttpTest(ServersTest):
    def nghttp(self, *arguments, data=b""):
        """What nghttp printed; -v shows the frames of both sides among the rest."""
        return run("nghttp", "--no-verify-peer", "-t", "30", *arguments, data=data)

    def assert_answers(self, count, *arguments):
        told = self.nghttp("-v", "-n", *arguments)
        self.assertEqual(len(re.findall(rb"recv \(stream_id=\d+\) :status: 200", told)), count)
        unwanted = rb"Some requests were not processed|recv (?:RST_STREAM|GOAWAY).*\n.*"
        self.assertEqual(re.findall(unwanted, told), [])
        return told

    def test_requests_share_a_connection(self):
        for flags, scheme in (((), "http"), (("-u",), "http"), ((), "https")):
            with self.subTest(flags=flags, scheme=scheme):
                urls = [self.url(scheme, path) for path in ("/plaintext", "/json", "/blob", "/")]
                self.assert_answers(4, *flags, *urls)
                self.assert_answers(50, *flags, "-m", "50", urls[0])

    def test_bodies_come_back(self):
        sent = self.random_file(1 << 20)
        with open(sent, "rb") as file:
            content = file.read()
        for scheme in ("http", "https"):
            for flags in (
                (),
                ("--no-content-length",),
                ("-b", "255"),  # padding
                ("--trailer", "x-sum: 1"),
                ("--expect-continue",),
                ("-w", "10", "-W", "16"),  # windows of 1 KiB and 64 KiB
                ("-w", "30", "-W", "30"),
            ):
                with self.subTest(flags=flags, scheme=scheme):
                    url = self.url(scheme, "/echo")
                    self.assertTrue(self.nghttp(*flags, "-d", sent, url) == content)

    def test_100_continue_comes_before_the_body(self):
        for scheme in ("http", "https"):
            told = self.nghttp(
                "-v", "--expect-continue", "-d", self.random_file(1000), self.url(scheme, "/echo")
            )
            statuses = re.findall(rb"recv \(stream_id=\d+\) :status: (\d+)", told)
            self.assertEqual(statuses, [b"100", b"200"])
            self.assertLess(told.index(b":status: 100"), told.index(b"send DATA"))

    def test_priorities_of_the_old_kind_do_no_harm(self):
        urls = [self.url("http", f"/hello/{i}") for i in range(5)]
        weights = [part for weight in (1, 256, 16, 100, 5) for part in ("-p", str(weight))]
        self.assert_answers(5, *weights, *urls)
        self.assert_answers(5, "--no-dep", *urls)
        self.assert_answers(5, "--no-rfc7540-pri", *urls)

    def test_priorities_of_the_new_kind_do_no_harm(self):
        url = self.url("http", "/blob")
        for priority in ("u=0, i", "u=7", "u=8", "i=?0;x", "nonsense)("):
            self.assert_answers(3, "-H", "priority: " + priority, "-m", "3", url)

    def test_header_tables_of_any_size(self):
        url = self.url("http", "/json")
        for sizes in (("0",), ("64K",), ("0", "4K"), ("1M",)):
            flags = [part for size in sizes for part in ("-c", size)]
            self.assert_answers(20, *flags, "--encoder-header-table-size=0", "-m", "20", url)
            self.assert_answers(20, *flags, "--encoder-header-table-size=64K", "-m", "20", url)

    def test_heads_go_on_in_continuations_up_to_the_limit(self):
        for scheme in ("http", "https"):
            url = self.url(scheme, "/plaintext")
            # In the Huffman code it would be longer, so it goes as it is, and fills two frames.
            self.assert_answers(2, "-H", "x-large: " + "~" * 30_000, "-m", "2", url)
            told = self.nghttp("-v", "-n", "-H", "x-large: " + "~" * 40_000, "-m", "2", url)
            self.assertEqual(len(re.findall(rb":status: 431", told)), 2)

    def test_the_settings_are_those_that_are_promised(self):
        for scheme in ("http", "https"):
            told = self.nghttp("-v", "-n", self.url(scheme, "/plaintext")).decode()
            frame = told.partition("recv SETTINGS frame")[2].partition("\n[")[0]
            settings = dict(re.findall(r"(\w+)\(0x[0-9a-f]+\):(\d+)", frame))
            self.assertEqual(settings.get("SETTINGS_MAX_CONCURRENT_STREAMS"), "128")
            self.assertEqual(settings.get("SETTINGS_INITIAL_WINDOW_SIZE"), "262144")
            # The limit of HTTP/1 and what RFC 9113 6.5.2 counts for each field.
            self.assertGreater(int(settings.get("SETTINGS_MAX_HEADER_LIST_SIZE")), 32768)
            self.assertEqual(settings.get("SETTINGS_NO_RFC7540_PRIORITIES"), "1")


class BodyLimitTest(ServersTest):
    FLAGS = ("--max_body=1000000",)

    def test_a_body_above_the_limit_is_refused_and_the_answer_readable(self):
        """curl 7.88 drops an answer that comes before the request has ended, whoever sends it."""
        for scheme in ("http", "https"):
            for flags in ((), ("--no-content-length",), ("--expect-continue",)):
                url = self.url(scheme, "/echo")
                sent = self.random_file(4 << 20)
                told = run("nghttp", "-v", "-n", "--no-verify-peer", *flags, "-d", sent, url)
                self.assertEqual(re.findall(rb":status: (\d+)", told)[-1], b"413", flags)
                ends = re.findall(rb"recv RST_STREAM.*\n.*code=(\w+)", told)
                self.assertIn(ends, ([], [b"NO_ERROR"]), flags)


class LoadTest(ServersTest):
    """Under load for a moment: no error of any kind; how fast is not looked at."""

    def h2load(self, requests, *arguments):
        told = run("h2load", "-n", str(requests), *arguments).decode()
        done, statuses = re.findall(r"^(?:requests|status codes): (.*)$", told, re.MULTILINE)
        self.assertIn(f"{requests} succeeded, 0 failed, 0 errored, 0 timeout", done)
        self.assertEqual(statuses, f"{requests} 2xx, 0 3xx, 0 4xx, 0 5xx")
        return told

    def test_small_answers_in_1_10_and_100_streams(self):
        for scheme in ("http", "https"):
            for streams in ("1", "10", "100"):
                with self.subTest(scheme=scheme, streams=streams):
                    url = self.url(scheme, "/plaintext")
                    told = self.h2load(4000, "-c", "8", "-m", streams, url)
                    if scheme == "https":
                        self.assertIn("Application protocol: h2", told)

    def test_large_answers_in_many_streams(self):
        for scheme in ("http", "https"):
            for windows in ((), ("-w", "16", "-W", "16"), ("-w", "30", "-W", "30")):
                with self.subTest(scheme=scheme, windows=windows):
                    url = self.url(scheme, "/blob")
                    told = self.h2load(60, "-c", "3", "-m", "20", *windows, url)
                    self.assertIn(f"({60 << 20}) data", told)

    def test_bodies_in_many_streams(self):
        sent = self.random_file(100_000)
        for scheme in ("http", "https"):
            url = self.url(scheme, "/echo")
            told = self.h2load(400, "-c", "4", "-m", "25", "-d", sent, url)
            self.assertIn(f"({400 * 100_000}) data", told)

    def test_connections_of_one_request(self):
        self.h2load(500, "-c", "500", "-m", "1", self.url("http", "/plaintext"))


del ServersTest  # a base only

if __name__ == "__main__":
    unittest.main(verbosity=2)
