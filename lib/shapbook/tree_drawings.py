"""Draw a boosted tree, with the path of one galaxy through it."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pygraphviz
from xgboost import XGBRegressor

from shapbook.figures import INK, MUTED, ORANGE, PAPER
from shapbook.trees import Node, label_of, path_text, plain, read_tree, settings, signed

__all__ = ["TreeDrawing", "draw_tree"]

SVG = "http://www.w3.org/2000/svg"
FONT = "DejaVu Sans,Helvetica,Arial,sans-serif"


@dataclass(frozen=True)
class TreeDrawing:
    """A drawn tree: a vector graphic that notebooks show, and its highlighted path in words, if any."""

    svg: str
    text: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return self.text or "A drawn tree."


def draw_tree(
    model: XGBRegressor,
    tree: int = 0,
    *,
    galaxy: Mapping[str, float] | None = None,
    max_depth: int | None = 2,
) -> TreeDrawing:
    """Draw one tree of a fitted model, with the path of one galaxy through it in orange, thick and bold.

    Branches are cut at `max_depth`, except along the path; a cut branch tells how many leaves are below it
    and between which values they lie. Colours are labelled as astronomers write them, thresholds in mag;
    leaves with what they add to the prediction. Graphviz comes with pygraphviz: no program has to be
    installed.

    Arguments:
        model: Fitted regressor.
        tree: Number of the tree, from 0.
        galaxy: Features by name, such as one row of a table, or None for no path.
        max_depth: Number of splits drawn from the root down, or None for the whole tree, drawn from left to right.

    Raises:
        TypeError: If the model is no `XGBRegressor`.
        ValueError: If there is no such tree, the depth is below 1, or the galaxy lacks a feature.
    """
    if max_depth is not None and max_depth < 1:
        msg = f"max_depth is {max_depth}: expected at least 1, or None for the whole tree."
        raise ValueError(msg)
    root = read_tree(model, tree)
    path = [] if galaxy is None else root.path(galaxy)
    counted = settings(model)["objective"]["name"] == "reg:squarederror"
    graph = pygraphviz.AGraph(directed=True)
    graph.graph_attr.update(bgcolor=PAPER, ranksep="0.35", nodesep="0.12", margin="0.05")
    graph.graph_attr["rankdir"] = "TB" if max_depth else "LR"
    graph.node_attr.update(
        shape="box",
        style="rounded",
        color=MUTED,
        fontcolor=INK,
        fontname=FONT,
        fontsize="13",
        margin="0.13,0.05",
    )
    graph.edge_attr.update(color=MUTED, fontcolor=INK, fontname=FONT, fontsize="12", arrowsize="0.6")
    add_node(graph, root, "n", path, np.inf if max_depth is None else max_depth, counted)
    text = path_text(root, galaxy) if path else ""
    return TreeDrawing(tidy(render(graph), text or f"Tree {tree}"), text)


def add_node(graph: pygraphviz.AGraph, node: Node, name: str, path: list[Node], depth: float, counted: bool) -> None:
    """Add a node and what is below it; `depth` is how many more splits may be drawn off the path."""
    on_path = any(node is passed for passed in path)
    look = {"color": ORANGE, "penwidth": "3", "fontname": f"{FONT} bold"} if on_path else {}
    count = f"\n{node.cover:,.0f} {'galaxy' if node.cover == 1 else 'galaxies'}" if counted else ""
    if node.is_leaf:
        graph.add_node(name, label=signed(node.value) + count, **look)
        return
    if depth <= 0 and not on_path:
        values = [leaf.value for leaf in node.leaves()]
        spread = f"{signed(min(values), 2)} to {signed(max(values), 2)}"
        graph.add_node(name, label=f"… {len(values)} leaves\n{spread}", shape="plaintext", style="", fontcolor=MUTED)
        return
    feature, unit = label_of(node.feature)
    graph.add_node(name, label=f"{feature} < {plain(node.threshold)}{unit}{count}", **look)
    for answer, child in (("yes", node.yes), ("no", node.no)):
        below = name + answer[0]
        add_node(graph, child, below, path, depth - 1, counted)
        taken = any(child is passed for passed in path)
        graph.add_edge(name, below, label=f"  {answer} ", **({"color": ORANGE, "penwidth": "4"} if taken else {}))


def render(graph: pygraphviz.AGraph) -> str:
    """Lay out a graph with the fonts that matplotlib brings, so that it looks the same on every machine."""
    before = os.environ.get("FONTCONFIG_FILE")
    with TemporaryDirectory() as folder:
        fonts = Path(mpl.get_data_path(), "fonts", "ttf")
        file = Path(folder, "fonts.conf")
        file.write_text(f"<fontconfig><dir>{fonts}</dir><cachedir>{folder}</cachedir></fontconfig>", "utf-8")
        os.environ["FONTCONFIG_FILE"] = str(file)
        try:
            with without_font_warnings():
                return graph.draw(format="svg", prog="dot").decode()
        finally:
            os.environ.pop("FONTCONFIG_FILE")
            os.environ.update({} if before is None else {"FONTCONFIG_FILE": before})


@contextmanager
def without_font_warnings() -> Iterator[None]:
    """Drop the warnings of Fontconfig, which reads the machine's newer samples whatever it is told to read.

    It writes straight to the process's error stream, so that stream is caught; all else is passed on.
    """
    kept = os.dup(2)
    with TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            for line in caught:
                if not line.startswith(b"Fontconfig warning"):
                    os.write(2, line)


def tidy(svg: str, title: str) -> str:
    """Return Graphviz's drawing with one title, and its paper marked so that the book can darken it."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(re.sub(r"^.*?(?=<svg)", "", svg, flags=re.DOTALL))
    for parent in list(root.iter()):
        for child in parent.findall(f"{{{SVG}}}title"):
            parent.remove(child)
    paper = root.find(f"{{{SVG}}}g/{{{SVG}}}polygon")
    left, top, width, height = map(float, root.get("viewBox").split())
    group = ElementTree.Element("g", id="patch_paper")
    ElementTree.SubElement(group, "path", d=f"M{left},{top}h{width}v{height}h{-width}Z", fill=PAPER)
    root.find(f"{{{SVG}}}g").remove(paper)
    root.insert(0, group)
    root.insert(0, ElementTree.Element("title"))
    root[0].text = title
    for text in root.iter(f"{{{SVG}}}text"):
        if text.get("font-family", "").endswith(" bold"):
            text.set("font-family", FONT)
            text.set("font-weight", "bold")
    return ElementTree.tostring(root, encoding="unicode")
