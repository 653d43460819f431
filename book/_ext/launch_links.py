"""Open a page as a notebook: links in its header to Colab and Binder, and both notebooks to download."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from notebooks import SOLVED, notebook_path
from repository import UNKNOWN, this_repository

LOGGER = logging.getLogger(__name__)


def link(text: str, icon: str, url: str) -> dict[str, str]:
    """A link of the theme's menus."""
    return {"type": "link", "text": text, "icon": f"fas {icon}", "url": url}


def has_code(document: nodes.document | None) -> bool:
    return document is not None and any(
        node.get("nb_element") == "cell_code" for node in document.findall(nodes.container)
    )


def remember_repository(app: Sphinx, config: Config) -> None:
    """Keep the repository's address among the settings, so that pages are written anew when it changes."""
    repository = this_repository()
    config.launch_address = repository.address if repository else ""
    if not repository:
        LOGGER.info(UNKNOWN)


def add_links(app: Sphinx, page: str, template: str, context: dict[str, Any], document: nodes.document | None) -> None:
    """Put a menu of places to run the page in front of the header's buttons, and its notebooks among the downloads."""
    if not has_code(document):
        return
    buttons = context["header_buttons"]
    downloads = next(button for button in buttons if button.get("label") == "download-buttons")["buttons"]
    learner, solved = notebook_path(page), notebook_path(page, SOLVED)
    downloads[:0] = [
        link("Notebook (.ipynb)", "fa-code", context["pathto"](learner, 1)),
        link("Notebook with solutions (.ipynb)", "fa-check", context["pathto"](solved, 1)),
    ]
    repository = this_repository()
    if repository:
        places = [
            link("Open in Colab", "fa-play", repository.colab(learner)),
            link("Open in JupyterLab on Binder", "fa-flask", repository.binder(learner)),
        ]
        menu = {"type": "group", "tooltip": "Run this page", "icon": "fas fa-rocket", "label": "launch-buttons"}
        buttons.insert(0, menu | {"buttons": places})


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("launch_address", "", "html", str)
    app.connect("config-inited", remember_repository)
    app.connect("html-page-context", add_links, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
