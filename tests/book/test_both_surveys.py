"""Where the site was built on real galaxies, its pages on images hold on the simulated ones too, and say so.

The other way round nothing is left to test: without the real sheets the site is built on the simulated survey.
"""

import os
import shutil
from pathlib import Path

import own_loop
import pytest
from tested_pages import ROOT, SOURCES

import page_execution

ON_IMAGES = [path for path in SOURCES if "survey_sentence()" in path.read_text(encoding="utf-8")]


@pytest.fixture(scope="module")
def without_sdss(sdss: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a reader who has the library and the data of a clone, and not the sheets."""
    clone = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "lib", clone / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", clone / "data", ignore=shutil.ignore_patterns("sdss", "__pycache__"))
    return {**os.environ, "SHAPBOOK_DATA": "", "PYTHONPATH": str(clone / "lib")}


def test_the_pages_on_images_are_found() -> None:
    assert {path.stem for path in ON_IMAGES} >= {path.stem for path in SOURCES if path.parent.name == "morphology"}


@pytest.mark.parametrize("page", ON_IMAGES, ids=[path.stem for path in ON_IMAGES])
def test_a_page_holds_on_the_simulated_survey(
    page: Path, without_sdss: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", without_sdss)
    notebook = page_execution.read_page(page)
    try:
        own_loop.run(page_execution.execute_page(page, notebook))
    except Exception as error:
        pytest.fail(str(page_execution.failure_of(page, notebook, error)))
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("the simulated survey that comes with the book" in str(output.get("data")) for output in outputs)
