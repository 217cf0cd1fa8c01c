"""What the measuring tools print is read right, and what is missing is said clearly."""

import argparse
import collections
import pathlib
import socket
import tempfile
import unittest

import answers
import instructions
import servers
import syscalls
import wrk
from processes import CannotMeasure

WRK_OUTPUT = """\
Running 1s test @ http://127.0.0.1:1/plaintext
  300 requests in 1.50s, 39.00KB read
summary {"requests": 300, "seconds": 1.500000, "p99_ms": 0.410, "not_2xx": 3, "connect": 0, \
"read": 1, "write": 0, "timeout": 0}
"""

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


def options(*flags):
    parser = argparse.ArgumentParser()
    servers.add_server_flags(parser, "yardstick")
    return parser.parse_args(flags)


class WrkTest(unittest.TestCase):
    def test_a_summary_is_read_with_its_errors(self):
        load = wrk.read_summary(WRK_OUTPUT)
        self.assertEqual(load.requests_per_second, 200)
        self.assertEqual(load.p99_ms, 0.41)
        self.assertEqual(load.errors, {"not_2xx": 3, "read": 1})

    def test_a_wrk_that_fails_is_an_error(self):
        with self.assertRaisesRegex(CannotMeasure, "unable to connect"):
            wrk.read_summary("", "unable to connect to 127.0.0.1")


class SyscallsTest(unittest.TestCase):
    def test_each_call_is_counted_once_where_it_begins(self):
        calls = syscalls.calls_in(TRACE)
        self.assertEqual(calls, {"recvfrom": 1, "sendto": 1, "epoll_wait": 2, "futex": 1})

    def test_one_receive_one_send_and_waiting_pass(self):
        calls = collections.Counter(recvfrom=10, sendmsg=10, epoll_wait=11)
        self.assertTrue(syscalls.judge(calls, 10)[0])

    def test_one_call_more_fails(self):
        for more in ("recvfrom", "sendmsg", "epoll_ctl"):
            calls = collections.Counter(recvfrom=10, sendmsg=10, epoll_wait=10)
            calls[more] += 1
            self.assertFalse(syscalls.judge(calls, 10)[0], more)


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


class AnswersTest(unittest.TestCase):
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
