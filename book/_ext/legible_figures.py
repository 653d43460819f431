"""Keep the words of vector figures legible on a phone, and the page still while figures load.

A figure shrinks with the column until its smallest letters would fall below `LEGIBLE` pixels; from there on it keeps
its width and scrolls sideways inside its own frame. Its size is written into the page, so nothing moves when it loads.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

LEGIBLE = 9.5  # px
PIXELS_PER_POINT = 4 / 3
SIZE = re.compile(r'<svg[^>]*?\bwidth="(?P<width>[\d.]+)pt"[^>]*?\bheight="(?P<height>[\d.]+)pt"|'
                  r'<svg[^>]*?\bheight="(?P<height_>[\d.]+)pt"[^>]*?\bwidth="(?P<width_>[\d.]+)pt"')  # fmt: skip
OUTLINED_TEXT = re.compile(r"scale\((?P<size>0\.\d+) -")  # Matplotlib draws letters as outlines of 100 points
PLAIN_TEXT = re.compile(r'font-size="(?P<size>[\d.]+)')


@dataclass(frozen=True)
class Measures:
    """Width, height and smallest letters of a figure at its natural size, in px."""

    width: float
    height: float
    letters: float | None

    @property
    def legible_width(self) -> float:
        """The width at which the smallest letters have `LEGIBLE` pixels, or the natural width if that is less."""
        return self.width * min(1.0, LEGIBLE / self.letters) if self.letters else 0.0


class FigureFrame(nodes.General, nodes.Element):
    """Holds a figure's image, and scrolls sideways where the column is narrower than the image is legible."""


def measure(svg: str) -> Measures | None:
    """Return the measures of an SVG document that gives its size in points, else None."""
    size = SIZE.search(svg)
    if not size:
        return None
    width, height = (float(size[name] or size[f"{name}_"]) * PIXELS_PER_POINT for name in ("width", "height"))
    letters = [100 * float(match["size"]) for match in OUTLINED_TEXT.finditer(svg)]
    letters += [float(match["size"]) for match in PLAIN_TEXT.finditer(svg)]
    return Measures(width, height, min(letters) * PIXELS_PER_POINT if letters else None)


def frame_figures(app: Sphinx, document: nodes.document, docname: str) -> None:
    if app.builder.format != "html":
        return
    images = [image for figure in document.findall(nodes.figure) for image in figure.findall(nodes.image)]
    for number, image in enumerate(images):
        path = Path(app.srcdir, image["uri"])
        measures = measure(path.read_text(encoding="utf-8")) if path.suffix == ".svg" and path.is_file() else None
        if measures:
            if number > 0:  # the words come first; the frame keeps the room of a figure that comes later
                image["loading"] = "lazy"
            image.replace_self(FigureFrame("", image.deepcopy(), measures=measures))


def visit_frame(self: HTML5Translator, node: FigureFrame) -> None:
    size: Measures = node["measures"]
    style = (
        f"--natural: {size.width:.0f}px; --legible: {size.legible_width:.0f}px; --ratio: {size.width / size.height:.4f}"
    )
    self.body.append(f'<div class="figure-frame" style="{style}">')


def depart_frame(self: HTML5Translator, node: FigureFrame) -> None:
    self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(FigureFrame, html=(visit_frame, depart_frame))
    app.connect("doctree-resolved", frame_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
