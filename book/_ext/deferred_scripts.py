"""Let the page be drawn before its scripts run: those of Sphinx and its extensions would hold it up, one by one.

What stands in the page itself and the options that it sets run at once, as before. The search page keeps its scripts as
they are, for what stands in it calls them.
"""

from collections.abc import Collection
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

AT_ONCE = "documentation_options.js"  # scripts in the page add to what it defines


def is_deferrable(file: str | None, attributes: Collection[str]) -> bool:
    """Tell whether a script, which stands in the page if it has no file, may wait until the page is read."""
    return bool(file) and not file.endswith(AT_ONCE) and not {"async", "defer", "type"} & set(attributes)


def defer_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Replace the scripts of a page, which it shares with the others, by deferred ones."""
    if page == "search":
        return
    context["script_files"] = [
        type(script)(script.filename, priority=script.priority, **script.attributes | {"defer": "defer"})
        if is_deferrable(script.filename, script.attributes)
        else script
        for script in context["script_files"]
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", defer_scripts, priority=950)  # after extensions have added theirs
    return {"parallel_read_safe": True, "parallel_write_safe": True}
