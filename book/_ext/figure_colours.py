"""Let the book's vector figures follow the page into dark mode.

Neutral inks and papers are mapped to their dark counterparts by a style inside each SVG file; colours that carry data
stay as they are. A browser applies the style when the page that shows the image has a dark colour scheme.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from shapbook.figures import INK, MUTED, PAPER

MARK = "/* the book's dark colours */"
DARK_PAPER = "#14181d"
LIGHT_INK = "#e4e8ed"
DARK = {
    PAPER: DARK_PAPER,
    INK: LIGHT_INK,
    MUTED: "#a3adb8",
    "#000000": LIGHT_INK,
    "#333333": LIGHT_INK,
    "#808080": "#a3adb8",
    "#999999": "#a3adb8",
    "#cccccc": "#4a535e",
    "#d5dae0": "#39424d",
}


def dark_style() -> str:
    rules = [f"svg {{ color-scheme: light dark; }} g[id^='text_'] {{ fill: {LIGHT_INK}; }}"]
    for light, dark in DARK.items():
        for name in ("fill", "stroke"):
            # white strokes and fills above the paper are part of the data marks (labels on bars, gaps between them)
            scope = "g[id^='patch_'] > path" if light == PAPER else ""
            rules.append(
                f"{scope}[style*='{name}: {light}'], {scope}[{name}='{light}'] {{ {name}: {dark} !important; }}"
            )
    return f"<style>{MARK} @media (prefers-color-scheme: dark) {{ {' '.join(rules)} }}</style>"


def add_dark_style(svg: str) -> str:
    """Return an SVG document with the dark style as its last child; a document that has it is returned unchanged."""
    if MARK in svg:
        return svg
    body, closing, rest = svg.rpartition("</svg>")
    return body + dark_style() + closing + rest


def recolour_images(app: Sphinx, error: Exception | None) -> None:
    if error:
        return
    for path in sorted(Path(app.outdir, "_images").glob("*.svg")):
        svg = path.read_text(encoding="utf-8")
        path.write_text(add_dark_style(svg), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", recolour_images)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
