"""Real curl asks the real files: ranges, conditions, TLS, compressed neighbours, ways out."""

import gzip
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

from files_process import FILES, Files

LONG_AGO = 784111777
LARGE = bytes(range(256)) * 4096  # 1 MiB, of which every position can be told
HUGE = 10 << 30


class Answer:
    """What curl says of one answer: its status, its fields by lower-case name, its body."""

    def __init__(self, url, *arguments):
        command = ["curl", "--silent", "--show-error", "--insecure", "--noproxy", "*"]
        command += ["--path-as-is", "--include", *arguments, url]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=50, check=True
        )
        head, _, self.body = done.stdout.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split()[1])
        pairs = (line.partition(": ") for line in lines)
        self.fields = {name.lower(): value for name, _, value in pairs}


def make_site(folder):
    site = pathlib.Path(folder, "site")
    (site / "docs").mkdir(parents=True)
    pathlib.Path(folder, "secret").write_text("do not tell")
    files = {
        "index.html": b"<!doctype html><title>home</title>",
        "app.js": b"let plain = true;",
        "app.js.gz": gzip.compress(b"let plain = true;"),
        "large.bin": LARGE,
        "empty.txt": b"",
        ".env": b"PASSWORD=x",
        "docs/a <b>.txt": b"a",
        "lost.html": b"<p>lost",
    }
    for name, content in files.items():
        (site / name).write_bytes(content)
        os.utime(site / name, (LONG_AGO, LONG_AGO))
    (site / "huge").touch()
    os.truncate(site / "huge", HUGE)
    (site / "way_out").symlink_to("../secret")
    return site


class FilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.site = make_site(folder.name)
        cls.files = Files(cls.site, "--listing", "--precompressed", "--cache_control=max-age=60")
        cls.addClassCleanup(cls.files.end)

    def get(self, path, *arguments):
        return Answer(self.files.url(path), *arguments)

    def test_index_and_head(self):
        home = self.get("/")
        self.assertEqual((home.status, home.body), (200, b"<!doctype html><title>home</title>"))
        self.assertEqual(home.fields["content-type"], "text/html; charset=utf-8")
        self.assertEqual(home.fields["last-modified"], "Sun, 06 Nov 1994 08:49:37 GMT")
        self.assertEqual(home.fields["cache-control"], "max-age=60")
        head = self.get("/large.bin", "--head")
        self.assertEqual(head.fields["content-length"], str(len(LARGE)))
        self.assertEqual(head.body, b"")
        self.assertEqual(self.get("/large.bin").body, LARGE)
        self.assertEqual(self.get("/empty.txt").fields["content-length"], "0")

    def test_ranges(self):
        for asked, expected in {
            "0-0": LARGE[:1],
            "1000-70999": LARGE[1000:71000],
            "1048570-": LARGE[1048570:],
            "-7": LARGE[-7:],
        }.items():
            part = self.get("/large.bin", "--range", asked)
            self.assertEqual((part.status, part.body), (206, expected), asked)
        self.assertEqual(self.get("/large.bin", "--range", "1048576-").status, 416)
        parts = self.get("/large.bin", "--range", "0-1,-2")
        self.assertEqual(parts.status, 206)
        self.assertIn("multipart/byteranges", parts.fields["content-type"])
        self.assertIn(b"\r\n\r\n" + LARGE[:2] + b"\r\n--", parts.body)
        many = ",".join(f"{2 * i}-{2 * i}" for i in range(1000))
        self.assertEqual(self.get("/large.bin", "--range", many).status, 200)

    def test_positions_beyond_32_bits(self):
        part = self.get("/huge", "--range", f"{HUGE - 3}-")
        self.assertEqual((part.status, part.body), (206, b"\0\0\0"))
        self.assertEqual(self.get("/huge", "--head").fields["content-length"], str(HUGE))

    def test_a_download_goes_on_where_it_was_cut(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(LARGE[:12345])
            file.flush()
            command = ["curl", "--silent", "--noproxy", "*", "--continue-at", "-", "-o", file.name]
            subprocess.run([*command, self.files.url("/large.bin")], timeout=50, check=True)
            self.assertEqual(pathlib.Path(file.name).read_bytes(), LARGE)

    def test_conditions(self):
        tag = self.get("/app.js").fields["etag"]
        same = self.get("/app.js", "--header", f"If-None-Match: {tag}")
        self.assertEqual((same.status, same.body), (304, b""))
        since = self.get("/app.js", "--time-cond", "Sun, 06 Nov 1994 08:49:37 GMT")
        self.assertEqual(since.status, 304)
        self.assertEqual(self.get("/app.js", "--header", 'If-Match: "x"').status, 412)
        stale = self.get("/large.bin", "--range", "0-1", "--header", 'If-Range: "x"')
        self.assertEqual(stale.status, 200)

    def test_compressed_neighbour(self):
        unpacked = self.get("/app.js", "--compressed")
        self.assertEqual(unpacked.body, b"let plain = true;")
        self.assertEqual(unpacked.fields["content-encoding"], "gzip")
        self.assertEqual(unpacked.fields["vary"], "Accept-Encoding")
        self.assertNotIn("content-encoding", self.get("/app.js").fields)

    def test_listing(self):
        redirect = self.get("/docs")
        self.assertEqual((redirect.status, redirect.fields["location"]), (301, "./docs/"))
        followed = self.get("/docs", "--location")
        self.assertIn(b'<a href="./a%20%3Cb%3E.txt">a &lt;b&gt;.txt</a>', followed.body)
        self.assertEqual(self.get("/docs/a%20%3Cb%3E.txt").body, b"a")

    def test_nothing_outside_and_nothing_hidden(self):
        for path in (
            "/../secret",
            "/docs/../../secret",
            "/%2e%2e%2fsecret",
            "/..%5csecret",
            "/%252e%252e/secret",
            "/%c0%ae%c0%ae/secret",
            "/index.html%00",
            "//etc/passwd",
            "/way_out",
            "/.env",
            "//evil.example/..",
        ):
            answer = self.get(path)
            self.assertEqual(answer.status, 404, path)
            self.assertNotIn(b"do not tell", answer.body)
            self.assertNotIn("location", answer.fields)

    def test_a_change_shows(self):
        changing = self.site / "changing.txt"
        changing.write_text("old")
        self.assertEqual(self.get("/changing.txt").body, b"old")
        changing.write_text("newer")
        bodies = (self.get("/changing.txt").body for _ in iter(int, 1))
        self.assertIn(b"newer", bodies)


class OtherFlagsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.site = make_site(folder.name)

    def start(self, *flags):
        files = Files(self.site, *flags)
        self.addCleanup(files.end)
        return files

    def run_to_its_end(self, *flags, prefix=()):
        return subprocess.run(
            [*prefix, FILES, "--port=0", *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=20,
            check=False,
        )

    def test_tls_and_a_graceful_end(self):
        files = self.start("--tls_self_signed")
        self.assertEqual(files.scheme, "https")
        self.assertEqual(Answer(files.url("/large.bin")).body, LARGE)
        part = Answer(files.url("/large.bin"), "--range", "500000-599999")
        self.assertEqual(part.body, LARGE[500000:600000])
        self.assertEqual(files.stop(), 0)

    def test_text_is_compressed_on_demand(self):
        (self.site / "text.txt").write_text("to and fro\n" * 1000)
        files = self.start("--compress")
        packed = Answer(files.url("/text.txt"), "--header", "Accept-Encoding: gzip")
        self.assertEqual(packed.fields["content-encoding"], "gzip")
        self.assertEqual(packed.fields["vary"], "Accept-Encoding")
        self.assertTrue(packed.fields["etag"].startswith("W/"))
        self.assertEqual(gzip.decompress(packed.body), b"to and fro\n" * 1000)
        tag = packed.fields["etag"]
        again = Answer(files.url("/text.txt"), "--compressed", "--header", f"If-None-Match: {tag}")
        self.assertEqual(again.status, 304)
        self.assertNotIn("content-encoding", Answer(files.url("/large.bin"), "--compressed").fields)
        plain = self.start()
        self.assertNotIn("content-encoding", Answer(plain.url("/text.txt"), "--compressed").fields)

    def test_no_listing_no_index_and_a_page_for_the_lost(self):
        files = self.start("--index=", "--not_found=lost.html", "--dot_files")
        self.assertEqual(Answer(files.url("/")).status, 403)
        lost = Answer(files.url("/nowhere"))
        self.assertEqual((lost.status, lost.body), (404, b"<p>lost"))
        self.assertEqual(Answer(files.url("/.env")).body, b"PASSWORD=x")

    def test_no_more_is_listed_than_wanted(self):
        files = self.start("--index=", "--listing", "--max_listing=2")
        self.assertIn(b"Only 2 of the entries are shown.", Answer(files.url("/")).body)

    def test_a_root_without_permission_is_refused(self):
        self.site.chmod(0)
        self.addCleanup(self.site.chmod, 0o700)
        # The superuser may enter everywhere, unless these two are taken away.
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        ended = self.run_to_its_end(
            f"--root={self.site}", prefix=drop if os.geteuid() == 0 else []
        )
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("not allowed to enter", ended.stderr)

    def test_the_access_log_has_a_line_a_request(self):
        log = self.site / "access.log"
        files = self.start(f"--access_log={log}")
        Answer(files.url("/large.bin"), "--range", "0-1")
        self.assertEqual(files.stop(), 0)
        (line,) = log.read_text().splitlines()
        self.assertEqual(json.loads(line)["status"], 206)

    def test_help_and_mistakes(self):
        shown = self.run_to_its_end("--help")
        self.assertEqual(shown.returncode, 0)
        for flag in ("--root", "--listing", "--tls_cert", "--precompressed"):
            self.assertIn(flag, shown.stdout)
        for flags, said in {
            ("--root=/no/such/folder",): "/no/such/folder",
            (f"--root={FILES}",): "Not a directory",
            (f"--root={self.site}", "--not_found=nowhere.html"): "nowhere.html",
            ("--index=docs/index.html",): "not a path",
            (f"--root={self.site}", "--not_found=.env"): "hidden",
            ("--cache_control=a\r\nX: y",): "Cache-Control",
            ("--port=70000",): "65535",
            ("--tls_cert=x",): "go together",
            ("stray",): "--help",
        }.items():
            ended = self.run_to_its_end(*flags)
            self.assertNotEqual(ended.returncode, 0, flags)
            self.assertIn(said, ended.stderr)

    def test_a_busy_port_is_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = holder.getsockname()[1]
            ended = self.run_to_its_end(f"--port={port}", "--address=127.0.0.1")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("files: ", ended.stderr)


if __name__ == "__main__":
    unittest.main()
