"""Show SHAP's interactive force plots with one shared copy of its script, loaded when a plot comes into view."""

import html
import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PLOT = re.compile(
    r"<div id='[^']*'>.*?SHAP\.React\.createElement\(SHAP\.(?P<kind>\w+), (?P<data>\{.*\})\),\s*document.*?</script>",
    re.DOTALL,
)
SCRIPT = Path(find_spec("shap").origin).parent / "plots" / "resources" / "bundle.js"


def description_of(node: nodes.Node) -> str:
    """Return the alternative text of the cell that drew a plot, where other figures have it: `mystnb.image.alt`."""
    while node is not None:
        if isinstance(node, nodes.container) and "cell_metadata" in node:
            return node["cell_metadata"].get("mystnb", {}).get("image", {}).get("alt") or "Force plot"
        node = node.parent
    return "Force plot"


def embed(output: str, label: str) -> str:
    """Replace the inline scripts of SHAP's HTML output by data that `force-plots.js` draws; other HTML is unchanged."""
    if "SHAP=" in output and "<script charset='utf-8'>" in output:
        return ""  # the library itself, from `shap.initjs()`
    match = PLOT.search(output)
    if not match:
        return output
    data = json.dumps(json.loads(match["data"]), separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<div class="force-plot" role="group" aria-label="{html.escape(label)}" data-kind="{match["kind"]}">'
        "<noscript>This plot is interactive and needs JavaScript; the text around it tells what it shows.</noscript>"
        f'<script type="application/json">{data}</script></div>'
    )


def embed_in_page(app: Sphinx, document: nodes.document) -> None:
    for node in list(document.findall(nodes.raw)):
        text = node.astext()
        if "SHAP" in text and node.get("format") == "html":
            replacement = embed(text, description_of(node))
            if not replacement:
                node.parent.remove(node)
            elif replacement != text:
                node.replace_self(nodes.raw("", replacement, format="html"))


def copy_script(app: Sphinx, error: Exception | None) -> None:
    if not error:
        target = Path(app.outdir, "_static", "shap")
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SCRIPT, target / "bundle.js")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", embed_in_page)
    app.connect("build-finished", copy_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
