"""What the measuring tools print is read right, and what is missing is said clearly."""

import argparse
import collections
import pathlib
import socket
import tempfile
import unittest

import answers
import h2load
import instructions
import load
import scenarios
import servers
import syscalls
import wrk
from certificates import Certificate
from processes import CannotMeasure

WRK_OUTPUT = """\
Running 1s test @ http://127.0.0.1:1/plaintext
  300 requests in 1.50s, 39.00KB read
summary {"requests": 300, "seconds": 1.500000, "p99_ms": 0.410, "not_2xx": 3, "connect": 0, \
"read": 1, "write": 0, "timeout": 0}
"""

HANDSHAKES_OUTPUT = """\
summary {"requests": 400, "seconds": 2.000000, "p99_ms": 3.1, "resumed": 399, "not_resumed": 1, \
"not_2xx": 0, "connect": 0, "handshake": 2, "read": 0, "write": 0}
"""

H2LOAD_OUTPUT = """\
starting benchmark...
Application protocol: h2c

finished in 1.25s, 80.00 req/s, 4.38MB/s
requests: 120 total, 120 started, 105 done, 100 succeeded, 20 failed, 15 errored, 0 timeout
status codes: 101 2xx, 0 3xx, 3 4xx, 1 5xx
traffic: 4.38MB (4592480) total, 1.07MB (1120384) headers (space savings 93.50%), 1.39MB data
"""

CERTIFICATE = Certificate(
    pathlib.Path("/c/chain.pem"), pathlib.Path("/c/key.pem"), pathlib.Path("/c/openssl.cnf")
)

TRACE = """\
812 restart_syscall(<... resuming interrupted epoll_wait ...>) = 1
812 recvfrom(7, "GET /plaintext HTTP/1.1\\r\\nwrite(", 65536, 0, NULL, NULL) = 40
812 sendto(7, "HTTP/1.1 200 OK"..., 130, MSG_NOSIGNAL, NULL, 0) = 130
812 epoll_wait(4,  <unfinished ...>
813 futex(0x7f, FUTEX_WAKE, 1) = 0
812 <... epoll_wait resumed>[{events=EPOLLIN}], 512, -1) = 1
812 --- SIGCHLD {si_signo=SIGCHLD} ---
812 epoll_wait(4,  <detached ...>
"""


def configuration(name, certificate=None, http2=False):
    """What a peer of this name is configured with."""
    with tempfile.TemporaryDirectory() as directory:
        site = servers.Site(80, pathlib.Path(directory), answers.PLAINTEXT, certificate, http2)
        servers.catalogue(options())[name].arguments(site)
        return (site.directory / "server.conf").read_text()


def options(*flags):
    parser = argparse.ArgumentParser()
    servers.add_server_flags(parser, "yardstick")
    return parser.parse_args(flags)


class LoadTest(unittest.TestCase):
    def test_a_summary_is_read_with_its_errors(self):
        seen = load.read_summary("wrk", WRK_OUTPUT)
        self.assertEqual(seen.requests_per_second, 200)
        self.assertEqual(seen.p99_ms, 0.41)
        self.assertEqual(seen.errors, {"not_2xx": 3, "read": 1})
        self.assertIsNone(seen.resumed)

    def test_a_summary_of_handshakes_says_how_many_were_resumed(self):
        seen = load.read_summary("tls_handshakes", HANDSHAKES_OUTPUT)
        self.assertEqual(seen.requests_per_second, 200)
        self.assertEqual(seen.resumed, 0.9975)
        self.assertEqual(seen.errors, {"not_resumed": 1, "handshake": 2})

    def test_a_client_that_fails_is_an_error(self):
        with self.assertRaisesRegex(CannotMeasure, "wrk printed .*unable to connect"):
            load.read_summary("wrk", "", "unable to connect to 127.0.0.1")


    def test_a_report_of_h2load_is_read_with_its_errors(self):
        seen = h2load.read_report("h2load", H2LOAD_OUTPUT)
        self.assertEqual((seen.requests, seen.requests_per_second), (100, 80))
        self.assertEqual(seen.errors, {"failed": 20, "errored": 15, "not_2xx": 4})

    def test_h2load_without_a_report_is_an_error(self):
        with self.assertRaisesRegex(CannotMeasure, "h2load printed no report: .*no such option"):
            h2load.read_report("h2load", "starting benchmark...", "no such option")


class ScenariosTest(unittest.TestCase):
    def test_h2load_sends_as_many_requests_as_stand_for_the_seconds(self):
        known = scenarios.catalogue()
        command = known["h2-10"].client.command(known["h2-10"], 8080, 3, None)
        self.assertIn("-n150000", command)
        self.assertIn("-m10", command)
        self.assertIn("--npn-list=h2", command)
        self.assertEqual(command[-1], "http://127.0.0.1:8080/plaintext")
        secured = known["tls-h2-10"].client.command(known["tls-h2-10"], 8080, 1, None)
        self.assertEqual(secured[-1], "https://127.0.0.1:8080/plaintext")

    def test_the_clients_speak_tls_where_the_scenario_does(self):
        with tempfile.TemporaryDirectory() as name:
            urls = [
                wrk.command(each, 8080, 1, pathlib.Path(name))[-1]
                for each in (scenarios.KEEPALIVE, scenarios.TLS_BODY)
            ]
        self.assertEqual(urls, ["http://127.0.0.1:8080/plaintext", "https://127.0.0.1:8080/blob"])

    def test_only_the_second_kind_of_handshake_resumes(self):
        full, resumed = scenarios.handshake_scenarios("/bin/tls_handshakes")
        commands = [each.client.command(each, 8080, 3, None) for each in (full, resumed)]
        self.assertIn("--seconds=3", commands[0])
        self.assertEqual(commands[1], [*commands[0], "--resume"])

    def test_a_missing_client_says_how_to_get_it_when_it_is_needed(self):
        with self.assertRaisesRegex(CannotMeasure, "tls-handshake, .*; build it: ./bazelw"):
            scenarios.chosen_scenarios(None, "/nowhere/tls_handshakes")
        chosen = scenarios.chosen_scenarios(["tls-blob", "h2-1"], "/nowhere/tls_handshakes")
        self.assertEqual(chosen, [scenarios.TLS_BODY, scenarios.HTTP2[0]])


class SyscallsTest(unittest.TestCase):
    def test_each_call_is_counted_once_where_it_begins(self):
        calls = syscalls.calls_in(TRACE)
        self.assertEqual(calls, {"recvfrom": 1, "sendto": 1, "epoll_wait": 2, "futex": 1})

    def test_one_receive_one_send_and_waiting_pass(self):
        calls = collections.Counter(recvfrom=10, sendmsg=10, epoll_wait=11)
        self.assertTrue(syscalls.judge(calls, 10, exchanges=10)[0])

    def test_requests_that_come_together_are_to_cost_a_call_together(self):
        calls = collections.Counter(recvfrom=10, sendmsg=10, epoll_wait=11)
        passed, text = syscalls.judge(calls, 100, exchanges=10)
        self.assertTrue(passed)
        self.assertIn("0.100 receiving and 0.100 sending calls a request", text)
        self.assertFalse(syscalls.judge(calls + collections.Counter(sendmsg=1), 100, 10)[0])

    def test_one_call_more_fails(self):
        for more in ("recvfrom", "sendmsg", "epoll_ctl"):
            calls = collections.Counter(recvfrom=10, sendmsg=10, epoll_wait=10)
            calls[more] += 1
            self.assertFalse(syscalls.judge(calls, 10, exchanges=10)[0], more)


class InstructionsTest(unittest.TestCase):
    def test_bounds_hold_up_to_themselves(self):
        passed = [ok for ok, _ in instructions.judge({"hello": 2000, "hello-2-loops": 2040}, 2000)]
        failed = [ok for ok, _ in instructions.judge({"hello": 2001, "hello-2-loops": 2042}, 2000)]
        self.assertEqual(passed, [True, True])
        self.assertEqual(failed, [False, False])

    def test_instructions_are_the_totals_of_a_profile(self):
        with tempfile.TemporaryDirectory() as name:
            profile = pathlib.Path(name) / "1"
            profile.write_text("events: Ir\nfn=(1) main\n1 400\nsummary: 400\n\ntotals: 400\n")
            self.assertEqual(instructions.instructions_in(profile), 400)
            profile.write_text("")
            with self.assertRaises(CannotMeasure):
                instructions.instructions_in(profile)


class ServersTest(unittest.TestCase):
    def test_a_missing_server_says_how_to_get_it(self):
        with self.assertRaisesRegex(CannotMeasure, "yardstick is missing; build it: ./bazelw"):
            servers.chosen_servers(options("--yardstick=/nowhere/raw_epoll"))

    def test_a_missing_tool_says_what_to_install(self):
        with self.assertRaisesRegex(CannotMeasure, "apt-get install its-package"):
            servers.require_tools({"no-such-tool": "its-package"})

    def test_an_unknown_server_is_refused_with_the_known_ones(self):
        with self.assertRaisesRegex(CannotMeasure, "'apache'; there are hello, "):
            servers.chosen_servers(options("--servers=apache"))

    def test_an_extra_server_is_started_at_its_port(self):
        server = servers.extra_server("mine=/bin/mine -p {port} 'two words'")
        site = servers.Site(8080, pathlib.Path("/nowhere"), answers.PLAINTEXT)
        self.assertEqual((server.name, server.program), ("mine", "/bin/mine"))
        self.assertEqual(server.arguments(site), ["-p", "8080", "two words"])
        self.assertRaises(ValueError, servers.extra_server, "mine=/bin/mine")
        self.assertEqual((server.speaks(tls=False), server.speaks(tls=True)), (True, False))

    def test_an_extra_server_with_a_certificate_speaks_tls_only(self):
        server = servers.extra_server("mine=/bin/mine --p={port} --c={cert} --k={key}")
        site = servers.Site(8443, pathlib.Path("/nowhere"), answers.PLAINTEXT, CERTIFICATE)
        self.assertEqual(
            server.arguments(site), ["--p=8443", "--c=/c/chain.pem", "--k=/c/key.pem"]
        )
        self.assertEqual((server.speaks(tls=False), server.speaks(tls=True)), (False, True))

    def test_an_extra_server_speaks_http2_when_it_is_said(self):
        for flag, speaks in (("--extra", False), ("--extra-http2", True)):
            (server,) = options(f"{flag}=mine=/bin/mine {{port}}").extra
            self.assertEqual(server.speaks(tls=False, http2=True), speaks)

    def test_a_certificate_makes_every_peer_speak_tls(self):
        for name, words in (("nginx", "ssl_certificate_key"), ("h2o", "key-file:")):
            for certificate in (None, CERTIFICATE):
                text = configuration(name, certificate)
                self.assertEqual(f"{words} /c/key.pem" in text, certificate is not None, text)

    def test_nginx_is_told_to_speak_http2(self):
        # By prior knowledge it then speaks nothing else.
        self.assertIn("listen 127.0.0.1:80  http2 backlog", configuration("nginx", http2=True))
        self.assertNotIn("http2", configuration("nginx"))

    def test_hello_takes_the_certificate_by_flags(self):
        site = servers.Site(8443, pathlib.Path("/nowhere"), answers.PLAINTEXT, CERTIFICATE)
        words = servers.hello_arguments(1)(site)
        self.assertEqual(words[-2:], ["--tls_cert=/c/chain.pem", "--tls_key=/c/key.pem"])

    def test_who_does_not_speak_as_asked_is_left_out(self):
        known = servers.catalogue(options())
        chosen = [known["nginx"], known["yardstick"]]
        self.assertEqual(servers.speaking(chosen, http2=False), chosen)
        self.assertEqual(servers.speaking(chosen, http2=False, tls=True), chosen[:1])
        self.assertEqual(servers.speaking(chosen, http2=True), chosen[:1])
        with self.assertRaisesRegex(CannotMeasure, "no server speaks HTTP/2 without TLS"):
            servers.speaking(chosen[1:], http2=True)
        loads = [scenarios.KEEPALIVE, scenarios.TLS_BODY]
        note = servers.note_of_left_out(chosen, loads)
        self.assertEqual(note, "not in tls-blob (no TLS): yardstick\n")
        loads = [scenarios.KEEPALIVE, scenarios.HTTP2[0]]
        note = servers.note_of_left_out([*chosen, known["nghttpd"]], loads)
        self.assertEqual(
            note,
            "not in h2-1 (no HTTP/2): yardstick\nnot in keepalive (only HTTP/2): nghttpd\n",
        )


class AnswersTest(unittest.TestCase):
    def test_an_answer_without_a_type_is_wrong_where_others_send_one(self):
        body = answers.PLAINTEXT_BODY
        answers.require_right(answers.PLAINTEXT, "text/plain", body, typed=True)
        answers.require_right(answers.PLAINTEXT, None, body, typed=False)
        for wrong in ((None, body), ("text/plain", b"Hello, world!"), ("text/plain", b"")):
            with self.assertRaises(CannotMeasure):
                answers.require_right(answers.PLAINTEXT, *wrong, typed=True)

    def test_an_answer_is_framed_by_its_content_length(self):
        here, there = socket.socketpair()
        with here, there:
            there.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc")
            self.assertTrue(answers.read_answer(here)[1] == b"abc")

    def test_an_answer_cut_short_is_an_error(self):
        here, there = socket.socketpair()
        with here:
            there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")
            there.close()
            self.assertRaises(CannotMeasure, answers.read_answer, here)


if __name__ == "__main__":
    unittest.main()
