"""What a first visit to a page brings: its faults, what it transfers, and how far its layout moves."""

import gzip
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Page
from watching import Watched, scroll_through

WHOLE_PAGE = 1_500_000  # bytes, read from top to bottom
WITHOUT_FIGURES = 250_000  # bytes of text, style, scripts and fonts
LATER = 150_000  # bytes of the same for a reader who comes from the welcome
STEADY = 0.02  # cumulative layout shift
PLOT_DATA = re.compile(rb'<script type="application/json">.*?</script>', re.DOTALL)
SHAP_SCRIPT = "_static/shap/bundle.js"  # comes only when an interactive plot is near
NOTE_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const shift of list.getEntries()) {
      const nodes = shift.sources.map(({node}) => node?.outerHTML ?? node?.parentElement?.outerHTML ?? 'removed');
      shifts.push([shift.value, nodes.map(html => html.replace(/\\s+/g, ' ').slice(0, 140))]);
    }
  }).observe({type: 'layout-shift', buffered: true});
"""
BROKEN_IMAGES = "[...document.images].filter(i => i.loading !== 'lazy' && !i.naturalWidth).map(i => i.src)"


@dataclass(frozen=True)
class Visit:
    """A page read from top to bottom by a browser without a past."""

    page: Page
    path: str
    faults: list[str]
    files: dict[str, int]
    shifts: list[tuple[float, list[str]]]

    @property
    def unsteady(self) -> list[str]:
        """The elements that move more than a reader should bear, or nothing."""
        total = sum(value for value, _ in self.shifts)
        if total < STEADY:
            return []
        value, nodes = max(self.shifts)
        return [f"{self.path}: its layout moves by {total:.3f}, most ({value:.3f}) by {', '.join(nodes)}"]


@cache
def transferred(file: Path) -> int:
    content = file.read_bytes()
    return min(len(content), len(gzip.compress(content, 6)))


@cache
def plot_data(file: Path) -> int:
    """Return the bytes that the data of interactive plots add to a page: they are its figures."""
    if file.suffix != ".html":
        return 0
    content = file.read_bytes()
    return transferred(file) - len(gzip.compress(PLOT_DATA.sub(b"", content), 6))


@contextmanager
def visit(browser: Browser, site: str, path: str, folder: Path, width: int = 1280) -> Iterator[Visit]:
    """Read a page of the folder that is served at the address `site`, and keep it open."""
    with browser.new_page(viewport={"width": width, "height": 800}) as page:
        watched, asked = Watched(page, site), set[str]()
        page.on("request", lambda request: asked.add(request.url))
        page.add_init_script(NOTE_SHIFTS)
        page.goto(f"{site}/{path}")
        scroll_through(page)
        page.wait_for_load_state("networkidle")
        faults = watched.faults + [f"broken image: {image}" for image in page.evaluate(BROKEN_IMAGES)]
        shifts = [(value, nodes) for value, nodes in page.evaluate("shifts")]
        files = {unquote(urlsplit(url).path).lstrip("/") for url in asked if url.startswith(site)}
        sizes = {file: transferred(folder / file) for file in files if (folder / file).is_file()}
        yield Visit(page, path, faults, sizes, shifts)


def too_heavy(path: str, files: dict[str, int], known: Collection[str] = (), data: int = 0) -> list[str]:
    """Return which limits a page exceeds, with its heaviest file; who comes from the welcome has the known files."""
    frame = {file: size for file, size in files.items() if not file.startswith("_images/") and file != SHAP_SCRIPT}
    later = {file: size for file, size in frame.items() if file not in known}
    limits = [("", files, 0, WHOLE_PAGE), (" without figures", frame, data, WITHOUT_FIGURES)]
    limits += [(" without figures and what the welcome brought", later, data, LATER)] if known else []
    told = []
    for what, part, figures, limit in limits:
        total, heaviest = sum(part.values()) - figures, max(part, key=part.get, default="")
        if total > limit:
            told.append(
                f"{path}{what}: {total / 1000:.0f} KB, more than {limit / 1000:.0f} KB; "
                f"the heaviest file is {heaviest}, {part[heaviest] / 1000:.0f} KB"
            )
    return told
