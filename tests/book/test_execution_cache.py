"""A page is executed again exactly when something it depends on has changed; the data of other pages are no reason."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tested_pages  # noqa: F401 (it makes book/_ext importable)

import execution_cache

MODULES = {
    "__init__": "",
    "data_files": "",
    "sdss_sheets": "from shapbook.data_files import data_folders",
    "datasets": "from shapbook.data_files import verified",
    "image_survey": "from shapbook.data_files import verified\nfrom shapbook.sdss_sheets import verified_sheets",
    "morphology": "from shapbook.data_files import verified",
    "attribution": "from shapbook.morphology import pretrained",
    "figures": "",
    "checks/__init__": "",
    "checks/datasets": "from shapbook.data_files import verified",
    "registry": "",
}
PAGES = {
    "theory": "from shapbook import figures",
    "redshifts": "from shapbook import (\n    figures\n)\nfrom shapbook.datasets import (\n    a, b\n)  # over lines",
    "weights": "from shapbook import attribution",
    "images": "from shapbook import figures, image_survey",
    "unknown": "from shapbook.checks import datasets as checks",
    "direct": "from shapbook.data_files import verified",
}
ANY = {"unknown", "direct"}  # they read data, and nothing tells which


def page(imports: str) -> str:
    return f"# A page\n\n```{{code-cell}} ipython3\n{imports}\nprint(1)\n```\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small project: modules, two data folders, SDSS sheets in a third place, and a registry."""
    library = tmp_path / "lib" / "shapbook"
    for name, text in MODULES.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / f"{name}.py").write_text(text, encoding="utf-8")
    (library / "registry.txt").write_text("redshift/train.parquet 1\nmorphology/trainE.png 2\n", encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("numpy==2\n", encoding="utf-8")
    for name in ("data/redshift/train.parquet", "data/morphology/trainE.png", "sheets/trainE.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"pixels")
    monkeypatch.setattr(execution_cache, "ROOT", tmp_path)
    monkeypatch.setattr(execution_cache, "LIBRARY", tmp_path / "lib")
    monkeypatch.setattr(execution_cache, "present_sheets", lambda: sorted(tmp_path.joinpath("sheets").glob("*.png")))
    yield tmp_path
    forget()


def forget() -> None:
    execution_cache.data_digest.cache_clear()
    execution_cache.environment_digest.cache_clear()


def digests() -> dict[str, str]:
    forget()
    return {name: execution_cache.page_digest(page(imports)) for name, imports in PAGES.items()}


def changed_by(change: Callable[[], object]) -> set[str]:
    """The pages whose digest is another after a change."""
    before = digests()
    assert digests() == before
    change()
    after = digests()
    return {name for name in PAGES if after[name] != before[name]}


@pytest.mark.parametrize(
    ("path", "pages"),
    [
        ("data/redshift/train.parquet", {"redshifts"} | ANY),
        ("data/morphology/trainE.png", {"images", "weights"} | ANY),
        ("sheets/trainE.png", {"images"} | ANY),
        ("lib/shapbook/figures.py", {"theory", "redshifts", "images"}),
        ("lib/shapbook/morphology.py", {"weights"}),
        ("requirements.txt", set(PAGES)),
    ],
)
def test_a_changed_file_concerns_the_pages_that_reach_it(project: Path, path: str, pages: set[str]) -> None:
    assert changed_by(lambda: (project / path).write_bytes(b"# other")) == pages


@pytest.mark.parametrize("broken", ["from shapbook import", "import shapbook.figures as"])
def test_a_broken_import_of_a_page_hides_no_other(project: Path, broken: str) -> None:
    def digest() -> str:
        return execution_cache.page_digest(page(f"{broken}\nfrom shapbook import attribution"))

    before = digest()
    (project / "lib" / "shapbook" / "morphology.py").write_text("# other", encoding="utf-8")
    assert digest() != before


def test_a_module_that_is_no_python_concerns_its_pages_and_stops_nothing(project: Path) -> None:
    module = project / "lib" / "shapbook" / "morphology.py"
    assert changed_by(lambda: module.write_text("def (", encoding="utf-8")) == {"weights"}


def test_sheets_that_appear_or_vanish_concern_the_pages_with_images(project: Path) -> None:
    sheet = project / "sheets" / "testE.png"
    assert changed_by(lambda: sheet.write_bytes(b"more")) == {"images"} | ANY
    assert changed_by(sheet.unlink) == {"images"} | ANY
    assert changed_by((project / "sheets" / "trainE.png").unlink) == {"images"} | ANY


def test_the_same_sheets_in_another_folder_change_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def move() -> None:
        project.joinpath("sheets").rename(project / "elsewhere")
        found = sorted(project.joinpath("elsewhere").glob("*.png"))
        monkeypatch.setattr(execution_cache, "present_sheets", lambda: found)

    assert changed_by(move) == set()


def test_a_new_data_folder_concerns_only_pages_that_may_read_any(project: Path) -> None:
    (project / "data" / "stars").mkdir()
    assert changed_by(lambda: (project / "data" / "stars" / "dwarfs.parquet").write_bytes(b"dim")) == ANY


def test_a_sum_in_the_registry_concerns_the_pages_of_its_folder(project: Path) -> None:
    registry = project / "lib" / "shapbook" / "registry.txt"
    text = registry.read_text(encoding="utf-8")
    assert changed_by(lambda: registry.write_text(text.replace("png 2", "png 3"))) == {"images", "weights"} | ANY


def test_readmes_and_scripts_of_data_concern_no_page(project: Path) -> None:
    def change() -> None:
        (project / "data" / "redshift" / "README.md").write_text("Words.", encoding="utf-8")
        (project / "data" / "morphology" / "make.py").write_text("1", encoding="utf-8")

    assert changed_by(change) == set()
    (project / "data" / "README.md").write_text("Words.", encoding="utf-8")
    assert digests()


def test_every_loader_of_the_library_has_its_data_folders_named() -> None:
    """Without its entry a new loader would make pages read all data, and `make data` execute them all."""
    library = execution_cache.LIBRARY / "shapbook"
    loaders = {
        path.relative_to(library).with_suffix("").as_posix()
        for path in library.rglob("*.py")
        if execution_cache.FINDERS & execution_cache.imported_modules(path.read_text(encoding="utf-8"))
    }
    assert loaders == set(execution_cache.DATA_OF_MODULE)
