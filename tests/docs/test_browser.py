"""The built site in a browser: every page renders, on a desk and on a phone; search finds.

It needs Chromium and the site, ``make docs``; else it is skipped.
"""

from __future__ import annotations

import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
PHONE, DESK = 390, 1280
NOT_PAGES = {"genindex.html", "search.html", "py-modindex.html", "sg_execution_times.html"}
PAGES = sorted(
    page.relative_to(SITE).as_posix()
    for page in SITE.rglob("*.html")
    if page.name not in NOT_PAGES and "_static" not in page.parts
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not PAGES, reason="the site is not built: make docs"),
]
# One visit goes through all pages, in a frame as narrow as a phone or as wide as a desk.
TOUR = """<!doctype html><pre id="report"></pre><script>
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const look = async (url) => {
  const frame = document.createElement("iframe");
  frame.style = "width: %d" + "px; height: 900px; border: 0";
  const loaded = new Promise((done) => (frame.onload = done));
  frame.src = url;
  document.body.append(frame);
  await Promise.race([loaded, wait(10000)]);
  await wait(400);
  const page = frame.contentDocument;
  const seen = {
    heading: page.querySelector("h1")?.textContent.trim() ?? "",
    width: page.documentElement.scrollWidth,
    complaints: page.querySelectorAll(".system-message, .problematic").length,
    broken: [...page.images].filter((i) => i.complete && !i.naturalWidth).map((i) => i.src),
    pictures: [...page.images].filter((i) => i.naturalWidth > 1).map((i) => i.src),
  };
  frame.remove();
  return seen;
};
(async () => {
  const report = {};
  for (const page of %s) report[page] = await look("/" + page);
  document.getElementById("report").textContent = JSON.stringify(report);
})();
</script>"""


class Site(http.server.SimpleHTTPRequestHandler):
    """Serves the site, and a tour of it."""

    def do_GET(self):
        """Answer with a tour at a width, or with a file."""
        width = re.fullmatch(r"/tour/(\d+)", self.path)
        if not width:
            return super().do_GET()
        body = (TOUR % (int(width[1]), json.dumps(PAGES))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, format, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    """Where the site is served."""
    handler = functools.partial(Site, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def visit(url, folder):
    """A page as it is when its scripts have run, and the errors of the console."""
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
        *(f"--user-data-dir={folder}", "--window-size=1400,1000"),
        *("--virtual-time-budget=600000", "--dump-dom", url),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    # What lies outside, such as the script that sets formulas, may be out of reach.
    return done.stdout, [line for line in lines if "rror" in line and "net::ERR" not in line]


@pytest.fixture(scope="module", params=[PHONE, DESK], ids=["phone", "desk"])
def tour(request, address, tmp_path_factory):
    """Width of the screen, what was seen of each page, and the errors of the console."""
    dom, errors = visit(f"{address}/tour/{request.param}", tmp_path_factory.mktemp("profile"))
    report = re.search(r'<pre id="report">(.*?)</pre>', dom, flags=re.DOTALL)[1]
    return request.param, json.loads(html.unescape(report)), errors


def test_every_page_renders(tour):
    _, seen, errors = tour
    assert errors == []
    assert set(seen) == set(PAGES)
    assert [page for page, each in seen.items() if not each["heading"]] == []
    assert [page for page, each in seen.items() if each["complaints"]] == []


def test_no_page_is_wider_than_the_screen(tour):
    width, seen, _ = tour
    assert {page: each["width"] for page, each in seen.items() if each["width"] > width} == {}


def test_pictures_are_there(tour):
    _, seen, _ = tour
    assert {page: each["broken"] for page, each in seen.items() if each["broken"]} == {}
    assert any("overview.svg" in picture for picture in seen["index.html"]["pictures"])


def test_the_gallery_has_its_pictures(tour):
    if not list((SITE / "_images").glob("sphx_glr_*_001*.png")):
        pytest.skip("the site was built without running the gallery: make docs")
    _, seen, _ = tour
    thumbnails = {p for p in seen["gallery/index.html"]["pictures"] if p.endswith("_thumb.png")}
    assert len(thumbnails) >= 12
    assert any("_001" in picture for picture in seen["gallery/01_first_table.html"]["pictures"])


def test_search_finds_k_schedule(address, tmp_path):
    dom, _ = visit(f"{address}/search.html?q=k_schedule", tmp_path)
    found = re.search(r'<ul[^>]*class="search".*?</ul>', dom, flags=re.DOTALL)
    assert found
    assert "guide/curriculum.html" in found[0]
