"""The built site in a browser: every page renders, on a desk and on a phone; search finds.

It needs Chromium and the site, ``make docs``; else it is skipped.
"""

from __future__ import annotations

import functools
import http.server
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
    str(page.relative_to(SITE).as_posix())
    for page in SITE.rglob("*.html")
    if page.name not in NOT_PAGES and "_static" not in page.parts
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not PAGES, reason="the site is not built: make docs"),
]
# A frame as narrow as a phone: headless windows have a least width. It tells of what overflows.
FRAME = """<!doctype html><iframe src="/{page}" style="width:{width}px;height:900px;border:0">
</iframe><pre id="report">waiting</pre><script>
onload = () => setTimeout(() => {{
  const page = document.querySelector("iframe").contentDocument;
  document.getElementById("report").textContent =
    `width=${{page.documentElement.scrollWidth}} broken=` +
    [...page.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src);
}}, 1500);
</script>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the site, and frames of its pages."""

    def do_GET(self):
        """Answer with a frame of a width, or with a file."""
        framed = re.match(r"/frame/(\d+)/(.*)", self.path)
        if not framed:
            return super().do_GET()
        body = FRAME.format(width=framed[1], page=framed[2]).encode()
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
    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def visit(url, folder):
    """The page as it is when its scripts have run, and what the console had to say."""
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
        *(f"--user-data-dir={folder}", f"--window-size={DESK},900"),
        *("--virtual-time-budget=8000", "--dump-dom", url),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    # What lies outside, such as the script that sets formulas, may be out of reach.
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, [line for line in lines if "net::ERR" not in line and "rror" in line]


@pytest.mark.parametrize("page", PAGES)
def test_page_renders_without_errors(page, address, tmp_path):
    dom, errors = visit(f"{address}/{page}", tmp_path)
    assert errors == []
    assert re.search(r"<h1>\s*\S", dom)
    assert "system-message" not in dom


@pytest.mark.parametrize("page", ["index.html", "guide/tables.html", "guide/sources.html"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_is_wider_than_the_screen(page, width, address, tmp_path):
    dom, _ = visit(f"{address}/frame/{width}/{page}", tmp_path)
    report = re.search(r"width=(\d+) broken=(.*?)</pre>", dom)
    assert int(report[1]) <= width
    assert report[2] == ""


def test_an_estimator_fits_on_a_phone(address, tmp_path):
    page = "generated/pare_sklearn.PaReClassifier.html"
    dom, _ = visit(f"{address}/frame/{PHONE}/{page}", tmp_path)
    assert int(re.search(r"width=(\d+)", dom)[1]) <= PHONE


def test_search_finds_k_schedule(address, tmp_path):
    dom, _ = visit(f"{address}/search.html?q=k_schedule", tmp_path)
    found = re.search(r'<ul class="search".*?</ul>', dom, flags=re.DOTALL)
    assert found
    assert "guide/curriculum.html" in found[0]


def test_pictures_of_the_gallery_are_there(address, tmp_path):
    if not list((SITE / "_images").glob("sphx_glr_*_001*.png")):
        pytest.skip("the site was built without running the gallery: make docs")
    dom, _ = visit(f"{address}/frame/{DESK}/gallery/index.html", tmp_path)
    assert re.search(r"broken=(.*?)</pre>", dom)[1] == ""
    thumbnails = set(
        re.findall(r"sphx_glr_\w+_thumb\.png", (SITE / "gallery/index.html").read_text())
    )
    assert len(thumbnails) >= 12
