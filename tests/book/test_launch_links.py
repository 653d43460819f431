"""A page's header leads to places that run it and to its notebooks, on pages with code only."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from tested_pages import ROOT, SITE

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import launch_links
from repository import Repository

ADA = Repository("ada", "shap-book", "0" * 40)
CODE = nodes.container("", nb_element="cell_code")


@pytest.fixture
def header(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    """A function that gives the header's buttons of a page, by the name of each menu."""

    def menus(repository: Repository | None, *content: nodes.Node) -> dict[str, dict[str, str]]:
        monkeypatch.setattr(launch_links, "this_repository", lambda: repository)
        document = new_document("page", get_default_settings())
        document.extend(content)
        source = {"type": "link", "text": ".md", "url": "page.md"}
        buttons = [
            {"type": "group", "label": "download-buttons", "tooltip": "Download this page", "buttons": [source]},
            {"type": "javascript", "label": "fullscreen-button"},
        ]
        context = {"header_buttons": buttons, "pathto": lambda path, resource: f"../../{path}"}
        launch_links.add_links(SimpleNamespace(), "book/part/page", "page.html", context, document)
        groups = [button for button in buttons if button["type"] == "group"]
        return {group["tooltip"]: {one["text"]: one["url"] for one in group["buttons"]} for group in groups}

    return menus


DOWNLOADS = {
    "Notebook (.ipynb)": "../../notebooks/part/page.ipynb",
    "Notebook with solutions (.ipynb)": "../../notebooks/solutions/part/page.ipynb",
    ".md": "page.md",
}


def test_a_page_with_code_is_run_in_colab_and_binder(header: Any) -> None:  # noqa: ANN401
    assert list(header(ADA, CODE).items()) == [
        (
            "Run this page",
            {
                "Open in Colab": ADA.colab("notebooks/part/page.ipynb"),
                "Open in JupyterLab on Binder": ADA.binder("notebooks/part/page.ipynb"),
            },
        ),
        ("Download this page", DOWNLOADS),
    ]


def test_without_a_repository_only_the_downloads_are_left(header: Any) -> None:  # noqa: ANN401
    assert header(None, CODE) == {"Download this page": DOWNLOADS}


def test_a_page_without_code_is_left_alone(header: Any) -> None:  # noqa: ANN401
    assert header(ADA, nodes.paragraph("", "text")) == {"Download this page": {".md": "page.md"}}


def test_the_links_stand_in_the_header_of_every_page_that_has_notebooks() -> None:
    for path in (SITE / "notebooks").rglob("*.ipynb"):
        name = path.relative_to(SITE / "notebooks").as_posix()
        page = SITE / "book" / name.removeprefix("solutions/").replace(".ipynb", ".html")
        assert f'notebooks/{name}" target="_blank"' in page.read_text(encoding="utf-8"), name
