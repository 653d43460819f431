"""A page ends with how it was computed, as its execution recorded it, and names neither the machine nor its user."""

import getpass
import json
import os
import platform
import re
import socket
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import own_loop
import pytest
import site_laws
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from small_clone import FRONT_MATTER
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils
from tested_pages import ROOT, SITE

import execution_cache
import execution_record
import how_computed
import page_execution

PAGE = f"""\
{FRONT_MATTER}# A small page

```{{code-cell}} ipython3
import numpy as np
np.arange(3).sum()
```
"""
OLD = {"date": "2024-02-29T23:59:59+00:00", "processor": "An abacus <1>"}
Build = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one page, and a cache of its own."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "page.md").write_text(PAGE, encoding="utf-8")
    for module in (execution_cache, page_execution, how_computed.execution_cache):
        monkeypatch.setattr(module, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(page_execution, "ROOT", tmp_path)
    monkeypatch.setattr(page_execution, "pages_in_contents", lambda: [tmp_path / "book" / "page.md"])
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    return tmp_path


@pytest.fixture
def render(project: Path) -> Build:
    """Render the page as `jupyter-book build .` does: what is not cached is executed on the way."""

    def build() -> str:
        settings = {
            "extensions": ["myst_nb", "execution_cache", "how_computed"],
            "root_doc": "page",
            "nb_execution_mode": "cache",
            "nb_execution_raise_on_error": True,
            "suppress_warnings": ["myst-nb.lexer"],
        }
        folders = [project / "book", None, project / "html", project / "doctrees"]
        with patch_docutils(), docutils_namespace():
            app = Sphinx(*folders, "html", settings, status=None, warning=None)
            app.build()
        return (project / "html" / "page.html").read_text(encoding="utf-8")

    return build


def execute() -> list[str]:
    """Execute what is not cached, as `make book` does, and return what it says."""
    said: list[str] = []
    assert own_loop.run(page_execution.execute_pages(1, said.append)) == []
    return said


def facts(html: str) -> dict[str, str]:
    page = site_laws.BeautifulSoup(html, "html.parser")
    (section,) = page.select("details.how-computed")
    assert not section.has_attr("open")
    return dict(zip(*([tag.get_text() for tag in section.find_all(name)] for name in ("dt", "dd")), strict=True))


def alter_record(project: Path, changes: dict[str, str]) -> None:
    """Give the cached outputs another past."""
    cache = get_cache(str(project / "cache"))
    (record,) = cache.list_cache_records()
    computed = record.data[execution_record.RECORD] | changes
    bundle = CacheBundleIn(
        cache.get_cache_bundle(record.pk).nb,
        record.uri,
        data={"execution_seconds": 71.6, execution_record.RECORD: computed},
    )
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def reread(project: Path) -> None:
    page = project / "book" / "page.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nMore prose.\n", encoding="utf-8")


def executions(project: Path) -> list[dict]:
    return [record.data for record in get_cache(str(project / "cache")).list_cache_records()]


@pytest.mark.parametrize("before", [execute, lambda: None], ids=["make book", "jupyter-book build"])
def test_a_page_tells_the_execution_that_made_its_outputs(
    project: Path, render: Build, before: Callable[[], object]
) -> None:
    before()
    told = facts(render())
    assert told["Python"] == platform.python_version()
    assert told["Packages"] == f"numpy {version('numpy')}"
    assert f"{os.cpu_count()} core" in told["Machine"]
    assert re.fullmatch(r"\d+ s, with the start of Python", told["Time taken"])
    alter_record(project, OLD)
    reread(project)
    told = facts(render())
    assert (told["Executed on"], told["Time taken"][:4]) == ("29 February 2024", "72 s")
    assert told["Machine"].startswith("An abacus <1>, ")
    assert execute() == []


def test_outputs_of_unknown_origin_are_computed_again_once(project: Path, render: Build) -> None:
    execute()
    cache = get_cache(str(project / "cache"))
    for repeat in (execute, render):
        (record,) = cache.list_cache_records()
        bundle = CacheBundleIn(cache.get_cache_bundle(record.pk).nb, record.uri, data={"execution_seconds": 71.6})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        repeat()
        (data,) = executions(project)
        assert data["execution_seconds"] != 71.6
        assert execution_record.RECORD in data
    assert execute() == []


def test_two_builds_of_one_date_are_alike(project: Path, render: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Machine" in facts(render())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    one = render()
    assert list(facts(one)) == ["Executed on", "Python", "Packages"]
    assert facts(one)["Executed on"] == "2 January 1970"
    alter_record(project, OLD)
    reread(project)
    assert render().replace("<p>More prose.</p>\n", "") == one


def test_packages_are_found_through_the_library() -> None:
    found = execution_record.package_versions("import json\nfrom sklearn import svm\nfrom shapbook import density")
    assert {"numpy", "pandas", "torch", "zuko", "scikit-learn"} <= set(found)
    assert not {"json", "shapbook", "xgboost", "dask"} & set(found)
    assert found["torch"] == version("torch")


def pages_with_code() -> list[Path]:
    return [p for p in page_execution.pages_in_contents() if "{code-cell}" in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize("computed", pages_with_code(), ids=lambda path: path.stem)
def test_every_page_with_code_tells_and_names_nobody(computed: Path) -> None:
    told = facts((SITE / computed.relative_to(ROOT).with_suffix(".html")).read_text(encoding="utf-8"))
    assert {"Executed on", "Python", "Packages"} <= set(told)
    text = json.dumps(told)
    private = {socket.gethostname(), platform.node(), getpass.getuser(), str(Path.home()), str(ROOT)} - {""}
    assert [name for name in private if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)] == []
    assert "/" not in text.replace("GNU/Linux", "")


def test_a_page_without_code_tells_nothing() -> None:
    assert "how-computed" not in (SITE / "book" / "reference" / "glossary.html").read_text(encoding="utf-8").replace(
        ".css", ""
    )
