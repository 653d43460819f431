"""Leave out Thebe, which Jupyter Book sets up even where it is switched off.

It would put another host's address on every page and declare its script's constants twice, an error in the console.
"""

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def disconnect(app: Sphinx, config: Config) -> None:
    for listeners in app.events.listeners.values():
        for listener in [one for one in listeners if one.handler.__module__ == "sphinx_thebe"]:
            listeners.remove(listener)
    app.registry.css_files = [entry for entry in app.registry.css_files if "thebe" not in entry[0]]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", disconnect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
