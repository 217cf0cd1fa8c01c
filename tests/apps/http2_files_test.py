"""curl, nghttp and h2load fetch files over HTTP/2, which must say what HTTP/1.1 says."""

import gzip
import hashlib
import os
import pathlib
import re
import tempfile
import unittest

from files_process import Files
from http2_servers import run, sha256

LARGE = bytes(range(256)) * 4096  # 1 MiB, of which every position can be told
HUGE_BYTES = 50 << 20
LONG_AGO = 784111777
PAGE = b"""<!doctype html><title>home</title><link rel="stylesheet" href="site.css">
<script src="app.js"></script><img src="a.png"><img src="b.png">"""
# Fields that are HTTP/1.1's alone, or tell the time.
APART = {"connection", "keep-alive", "transfer-encoding", "date"}
# What curl asks for: flags and path.
QUESTIONS = (
    ((), "/"),
    ((), "/index.html"),
    ((), "/large.bin"),
    ((), "/empty.txt"),
    ((), "/docs"),
    ((), "/docs/"),
    ((), "/docs/a%20%3Cb%3E.txt"),
    ((), "/nowhere"),
    ((), "/.env"),
    ((), "/../secret"),
    ((), "/%2e%2e/secret"),
    ((), "/%00"),
    ((), "//evil.example/%2e%2e"),
    (("--head",), "/large.bin"),
    (("--head",), "/docs/"),
    (("--head",), "/nowhere"),
    (("-r", "0-9"), "/large.bin"),
    (("-r", "1000-"), "/large.bin"),
    (("-r", "-5"), "/large.bin"),
    (("-r", "0-0,-1,500000-600000"), "/large.bin"),
    (("-r", "2000000-"), "/large.bin"),
    (("-r", "5-", "--head"), "/large.bin"),
    (("-H", "Range: bytes=5-1"), "/large.bin"),
    (("-H", "If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT"), "/large.bin"),
    (("-H", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT"), "/large.bin"),
    (("-H", "If-None-Match: *"), "/large.bin"),
    (("-H", 'If-Match: "other"'), "/large.bin"),
    (("-H", "Accept-Encoding: gzip"), "/app.js"),
    (("-H", "Accept-Encoding: gzip"), "/docs/"),
    (("-X", "OPTIONS"), "/large.bin"),
    (("-X", "DELETE"), "/large.bin"),
)


class Answer:
    """What curl says of one answer: its version and status, its fields, its body."""

    def __init__(self, *arguments):
        told = run(
            "curl", "--silent", "--show-error", "--insecure", "--noproxy", "*", "--path-as-is",
            "--include", *arguments,
        )  # fmt: skip
        head, _, self.body = told.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.version, self.status = first.split()[:2]
        pairs = (line.partition(": ") for line in lines)
        self.fields = {
            name.lower(): value for name, _, value in pairs if name.lower() not in APART
        }

    def comparable(self):
        """The parts of a multipart answer are told apart by a random word."""
        boundary = re.search("boundary=(\\S+)", self.fields.get("content-type", ""))
        fields = dict(self.fields)
        body = self.body
        if boundary:
            body = body.replace(boundary[1].encode(), b"boundary")
            fields["content-type"] = fields["content-type"].replace(boundary[1], "boundary")
        return self.status, fields, hashlib.sha256(body).hexdigest()


def make_site(folder):
    site = pathlib.Path(folder, "site")
    (site / "docs").mkdir(parents=True)
    pathlib.Path(folder, "secret").write_text("do not tell")
    files = {
        "index.html": PAGE,
        "site.css": b"body { color: red }",
        "app.js": b"let plain = true;",
        "app.js.gz": gzip.compress(b"let plain = true;", mtime=0),
        "a.png": b"no picture",
        "b.png": b"none either",
        "large.bin": LARGE,
        "empty.txt": b"",
        ".env": b"PASSWORD=x",
        "docs/a <b>.txt": b"a",
        "lost.html": b"<p>lost",
        "huge.bin": os.urandom(HUGE_BYTES),
    }
    for name, content in files.items():
        (site / name).write_bytes(content)
        os.utime(site / name, (LONG_AGO, LONG_AGO))
    return site


class FilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.site = make_site(cls.folder)
        flags = ("--listing", "--precompressed", "--compress", "--not_found=lost.html")
        # Each with what makes curl speak HTTP/2.
        cls.servers = (
            (Files(cls.site, *flags), "--http2-prior-knowledge"),
            (Files(cls.site, *flags, "--tls_self_signed"), "--http2"),
        )
        for server, _ in cls.servers:
            cls.addClassCleanup(server.end)

    def test_answers_are_those_of_http_1(self):
        for server, flag in self.servers:
            for arguments, path in QUESTIONS:
                with self.subTest(arguments=arguments, path=path, scheme=server.scheme):
                    url = server.url(path)
                    new, old = Answer(flag, *arguments, url), Answer("--http1.1", *arguments, url)
                    self.assertEqual((new.version, old.version), ("HTTP/2", "HTTP/1.1"))
                    self.assertEqual(new.comparable(), old.comparable())

    def test_a_tag_is_recognised(self):
        for server, flag in self.servers:
            url = server.url("/large.bin")
            tag = Answer(flag, "--head", url).fields["etag"]
            self.assertEqual(Answer(flag, "-H", "If-None-Match: " + tag, url).status, "304")
            piece = Answer(flag, "-H", "If-Range: " + tag, "-r", "256-511", url)
            self.assertEqual((piece.status, piece.body), ("206", LARGE[:256]))

    def test_50_megabytes_come_unchanged(self):
        wanted = sha256(self.site / "huge.bin")
        back = os.path.join(self.folder, "back")
        for server, flag in self.servers:
            run("curl", "-sSk", flag, "-o", back, server.url("/huge.bin"))
            self.assertEqual(sha256(back), wanted)
            # Half now, the rest later.
            os.truncate(back, HUGE_BYTES // 2 + 1)
            run("curl", "-sSk", flag, "-C", "-", "-o", back, server.url("/huge.bin"))
            self.assertEqual(sha256(back), wanted)

    def test_large_files_in_many_streams(self):
        for server, _ in self.servers:
            for path, size, count in (("/huge.bin", HUGE_BYTES, 4), ("/large.bin", 1 << 20, 100)):
                url = server.url(path)
                told = run("h2load", "-n", str(count), "-c", "2", "-m", "20", url).decode()
                self.assertIn(f"{count} succeeded, 0 failed, 0 errored, 0 timeout", told)
                self.assertIn(f"({size * count}) data", told)

    def test_a_page_comes_with_what_it_is_made_of(self):
        for server, _ in self.servers:
            told = run("nghttp", "-n", "-a", "-s", "--no-verify-peer", server.url("/index.html"))
            lines = re.findall(rb"(\d\d\d) +\S+ (/\S*)$", told, re.MULTILINE)
            paths = (b"/index.html", b"/site.css", b"/app.js", b"/a.png", b"/b.png")
            self.assertEqual(sorted(lines), sorted((b"200", path) for path in paths))


if __name__ == "__main__":
    unittest.main(verbosity=2)
