"""Measure the built site with Lighthouse: every page, on a simulated desktop and a simulated phone.

    python benchmarks/lighthouse.py [--runs 3] [--record] [page …]

Node's npm installs it, as locked in `benchmarks/lighthouse/`. The site is served compressed, as GitHub Pages serves it.
Lighthouse simulates line and processor; a busy machine still costs points, so the record tells the machine's load.
The record is `benchmarks/lighthouse.json`.
"""

import argparse
import functools
import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from chromium import MISSING, QUIET, find_chromium  # noqa: E402
from page_execution import pages_in_contents  # noqa: E402

SITE = ROOT / "_build" / "html"
LOCKED = ROOT / "benchmarks" / "lighthouse"
ROOM = ROOT / "_build" / "lighthouse"
RECORD = ROOT / "benchmarks" / "lighthouse.json"
DEVICES = {"desktop": ["--preset=desktop"], "phone": []}
LEAST = {"desktop": 98, "phone": 90}  # points for performance; the other categories must have all 100
COMPRESSED = {".html", ".css", ".js", ".svg", ".json", ".txt", ".xml"}


class CompressingHandler(SimpleHTTPRequestHandler):
    """Serves text compressed, and lets the browser keep files for ten minutes, as GitHub Pages does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Cache-Control", "max-age=600")
        if path.suffix in COMPRESSED:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = functools.partial(CompressingHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def all_pages() -> list[str]:
    """Return the addresses of the pages of the contents, from the site's root."""
    return [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in pages_in_contents()]


def install() -> None:
    """Install the locked Lighthouse unless it is there."""
    if not (ROOM / "node_modules").exists():
        shutil.copytree(LOCKED, ROOM, dirs_exist_ok=True)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOM, check=True)


def measured(address: str, options: list[str], browser: str) -> dict[str, object]:
    """Return what Lighthouse says of a page."""
    flags = " ".join(["--headless=new", *QUIET])
    command = [
        "node",
        str(ROOM / "node_modules" / "lighthouse" / "cli" / "index.js"),
        address,
        "--quiet",
        "--output=json",
        *options,
    ]
    command += [f"--chrome-flags={flags}"]
    environment = os.environ | {"CHROME_PATH": browser}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def points(reports: list[dict]) -> dict[str, int]:
    """Return the median points of each category over some reports."""
    return {
        name: round(100 * statistics.median(report["categories"][name]["score"] or 0 for report in reports))
        for name in reports[0]["categories"]
    }


def faults(report: dict) -> list[str]:
    """Return the audits that cost points, the dearest first."""
    found = []
    for category in report["categories"].values():
        for part in category["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.99:
                words = f"{part['id']} {audit.get('displayValue', '')}".strip()
                found.append((part["weight"] * (1 - audit["score"]), words))
    return [text for _, text in sorted(found, reverse=True)]


def too_low(device: str, found: dict[str, int]) -> list[str]:
    least = {name: LEAST[device] if name == "performance" else 100 for name in found}
    return [f"{name} {found[name]} < {least[name]}" for name in found if found[name] < least[name]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", help="pages such as book/intro.html; all by default")
    parser.add_argument("--runs", type=int, default=3, help="runs of a page, of which the median counts")
    parser.add_argument("--record", action="store_true", help="write benchmarks/lighthouse.json")
    arguments = parser.parse_args()
    browser = find_chromium()
    if not browser:
        parser.error(MISSING)
    pages = arguments.pages or all_pages()
    install()
    load, results, low = os.getloadavg()[0], {}, 0
    with served(SITE) as site:
        for page in pages:
            for device, options in DEVICES.items():
                reports = [measured(f"{site}/{page}", options, browser) for _ in range(arguments.runs)]
                found = results.setdefault(page, {})[device] = points(reports)
                short = too_low(device, found)
                low += bool(short)
                told = [f"too low: {short} for {faults(reports[-1])}"] if short else []
                print(f"{page} {device}: {found}", *told, flush=True)
    if arguments.record:
        record = {
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "lighthouse": reports[-1]["lighthouseVersion"],
            "browser": reports[-1]["environment"]["hostUserAgent"],
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "load when started and ended": [round(load, 1), round(os.getloadavg()[0], 1)],
            "runs": arguments.runs,
            "points": results,
        }
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
