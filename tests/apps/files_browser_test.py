"""A real site, served by the real files, visited by Chromium: plain and with TLS."""

import gzip
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest
import wave
import zlib

from files_process import Files

# Node resolves the link, and finds the packages beside it.
WALK = os.path.abspath("tests/apps/browser.mjs")
WALK_SECONDS = 45
FILM_SECONDS = 120
FLAGS = ("--listing", "--precompressed", "--cache_control=no-cache", "--not_found=lost.html")
GREETING = "Grüße an alle.html"


def png(width, height):
    """A green picture."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\0\x80\0" * width) * height
    chunks = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def write_film(path):
    """Two minutes of silence, 20 MB: no browser fetches it whole to play its end."""
    with wave.open(str(path), "wb") as film:
        film.setnchannels(2)
        film.setsampwidth(2)
        film.setframerate(44100)
        film.writeframes(bytes(4 * 44100 * FILM_SECONDS))


HOME = f"""<!doctype html>
<meta charset="utf-8">
<title>home</title>
<link rel="stylesheet" href="look/site.css">
<script type="module" src="look/site.js"></script>
<p><img src="leaf.png" alt=""><img src="sun.svg" alt="">
<p><a href="{GREETING}">greetings</a>
"""
STYLE = "body { color: rgb(1, 2, 3) }\n"
# Gathers what the page is made of, then tells that it is complete.
SCRIPT = """import { word } from "./words.js";
const answer = await fetch("/data.json");
const data = await answer.json();
await Promise.all([...document.images].map((image) => image.decode()));
document.body.dataset.told = word + " " + data.name;
"""
SUN = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><circle r="5"/></svg>'
FILM_PAGE = '<!doctype html><title>film</title><video src="film.wav" preload="metadata"></video>'


def make_site(folder):
    site = pathlib.Path(folder, "site")
    (site / "look").mkdir(parents=True)
    (site / "shelf/box").mkdir(parents=True)
    for name, text in {
        "index.html": HOME,
        GREETING: "<!doctype html><meta charset=utf-8><title>Grüße</title>",
        "film.html": FILM_PAGE,
        "lost.html": "<!doctype html><title>lost</title>",
        "look/site.css": STYLE,
        "look/site.js": "throw new Error('the compressed one is to be had');",
        "look/words.js": "export const word = 'hello';\n",
        "data.json": json.dumps({"name": "wörld"}),
        "sun.svg": SUN,
        "shelf/ä & <b>.txt": "strange",
        "shelf/100% #1?.txt": "stranger",
        "shelf/javascript:alert(1).txt": "no script",
        "shelf/box/index.html": "<!doctype html><title>box</title>a box",
    }.items():
        (site / name).write_text(text, encoding="utf-8")
    (site / "look/site.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    for name in ("leaf.png", "favicon.ico"):
        (site / name).write_bytes(png(8, 4))
    write_film(site / "film.wav")
    return site


def walk(origins):
    """What browser.mjs tells of each origin."""
    chromium = shutil.which("chromium")
    node = shutil.which("node")
    if chromium is None or node is None:
        raise AssertionError("chromium and node are needed, see bazel/packages-test.txt")
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [node, WALK, chromium, *origins],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "HOME": home},
        )
        try:
            told, _ = process.communicate(timeout=WALK_SECONDS)
        finally:
            process.terminate()  # upon which it ends the browser too
            process.wait(10)
    if process.returncode != 0:
        raise AssertionError(f"the walk ended with {process.returncode}")
    return json.loads(told)


class FilesBrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        site = make_site(folder.name)
        logs = [pathlib.Path(folder.name, name) for name in ("plain.log", "tls.log")]
        servers = []
        for log, flags in zip(logs, ((), ("--tls_self_signed",))):
            servers.append(Files(site, *FLAGS, f"--access_log={log}", *flags))
            cls.addClassCleanup(servers[-1].end)
        cls.walks = walk([server.url("") for server in servers])
        cls.codes = [server.stop() for server in servers]
        cls.logs = [[json.loads(line) for line in log.read_text().splitlines()] for log in logs]

    def statuses(self, log, target):
        return [line["status"] for line in log if line["target"] == target]

    def test_pages_are_complete(self):
        for seen in self.walks:
            for home in (seen["home"], seen["home_again"]):
                self.assertEqual(home["title"], "home")
                self.assertEqual(home["told"], "hello wörld")
                self.assertEqual(home["colour"], "rgb(1, 2, 3)")
                self.assertEqual(home["pictures"], [[8, 4], [20, 10]])
            self.assertEqual(seen["greeting"], "Grüße")

    def test_nothing_to_complain_about_but_the_lost_page(self):
        for seen in self.walks:
            self.assertEqual(seen["lost"], [404, "lost"])
            self.assertEqual(seen["console"][: seen["complaints_before_the_lost"]], [])
            self.assertEqual(len(seen["console"]), 1)
            self.assertIn("404", seen["console"][0])
            self.assertEqual(seen["failed"], [])

    def test_only_the_lost_page_is_an_error_to_the_server(self):
        for log in self.logs:
            errors = [(line["target"], line["status"]) for line in log if line["status"] >= 400]
            self.assertEqual(errors, [("/nowhere", 404)])

    # Chromium keeps nothing that came by a certificate it does not trust.
    def test_a_second_visit_asks_whether_files_have_changed(self):
        plain, _ = self.logs
        for target in ("/", "/look/site.css", "/look/site.js", "/data.json", "/sun.svg"):
            statuses = self.statuses(plain, target)  # the lines of two loops, in any order
            self.assertEqual(statuses.count(200), 1, target)
            self.assertIn(304, statuses, target)

    def test_a_film_is_sought_in_by_ranges(self):
        for seen, log in zip(self.walks, self.logs):
            self.assertAlmostEqual(seen["film"]["duration"], FILM_SECONDS, delta=1)
            self.assertAlmostEqual(seen["film"]["time"], FILM_SECONDS - 1, delta=1)
            size = 44 + 4 * 44100 * FILM_SECONDS
            self.assertEqual(seen["piece"], [206, f"bytes 8-11/{size}", "WAVE"])
            statuses = self.statuses(log, "/film.wav")
            self.assertGreaterEqual(statuses.count(206), 3)  # the piece, the beginning, the end
            # For what it has kept Chromium asks whether it is still so.
            self.assertLessEqual(set(statuses), {206, 304})

    def test_a_listing_leads_to_all_it_names(self):
        for seen in self.walks:
            self.assertEqual(
                seen["listing"]["opened"],
                {
                    "box/": "a box",
                    "100% #1?.txt": "stranger",
                    "javascript:alert(1).txt": "no script",
                    "ä & <b>.txt": "strange",
                },
            )
            self.assertEqual(seen["listing"]["names"][:2], ["../", "box/"])

    def test_a_listing_is_light_or_dark(self):
        for seen in self.walks:
            self.assertEqual(seen["listing"]["inks"], ["rgb(0, 0, 0)", "rgb(255, 255, 255)"])

    def test_connections_are_kept(self):
        plain, tls = self.walks
        self.assertEqual(plain["protocols"], ["http/1.1"])
        # Chromium opens six to a host at most, and one anew for what it gave up of the film.
        self.assertLess(plain["connections"], 12)
        self.assertGreater(plain["fetches"], 2 * plain["connections"])
        # Over HTTP/2 giving up costs a stream.
        self.assertEqual(tls["protocols"], ["h2"])
        self.assertEqual(tls["connections"], 1)

    def test_the_servers_end_well(self):
        self.assertEqual(self.codes, [0, 0])


if __name__ == "__main__":
    unittest.main()
