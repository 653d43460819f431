"""Pages under watch: what a browser page asked for and complained about while it was open."""

import sys
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Request

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from page_execution import ROOT, pages_in_contents

PAGES = [str(path.relative_to(ROOT).with_suffix(".html")) for path in pages_in_contents()]
MADE_PAGES = ["search.html", "genindex.html"]  # those the build writes without a source
PHONE = {"width": 390, "height": 844}


class Watched:
    """A browser page that remembers what went wrong while it was open."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("requestfailed", self.note_failure)
        page.on("response", lambda r: self.faults.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        self.address = address
        page.on("request", self.note_request)
        page.on("console", self.hear)

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.faults.append(f"foreign: {request.url}, asked for by {request.frame.url or self.page.url}")

    def note_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a page that is left drops what it was still loading
            self.faults.append(f"failed request: {request.url}")

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"console {message.type}: {message.text}")


def scroll_through(page: Page) -> None:
    """Bring every part of a page into view, each for a frame at least."""
    page.evaluate("""async () => {
      const height = document.documentElement.scrollHeight;
      for (let top = 0; top < height; top += 700) {
        scrollTo({top, behavior: 'instant'});
        await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 5)));
      }
    }""")


def open_everything(page: Page) -> None:
    """Open every dropdown of a page."""
    page.evaluate("""() => {
      document.querySelectorAll('main details').forEach(details => details.open = true);
      document.querySelectorAll('.toggle-button-hidden').forEach(button => button.click());
    }""")
