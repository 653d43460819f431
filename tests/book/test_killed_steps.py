"""A build killed before any one of its changes to the disk leaves the site whole, and the next one sets it right."""

import errno
import importlib.util
import shutil
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from tested_pages import ROOT

import execution_record
import page_execution

CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "shutil.copyfile", "sqlite3.connect"}


class Killed(BaseException):
    """Nothing handles it, as nothing handles a kill."""


class Executioner:
    """Raises `Killed`, or an error of the system, before the n-th change to the disk, while it is armed."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.end: BaseException = Killed()
        sys.addaudithook(self.see)  # there is no way to take a hook away again

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        written = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if self.left is None or not (written or event in CHANGES):
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise self.end

    def kills(self, action: Callable[[], object], changes: int, end: BaseException | None = None) -> bool:
        """Carry out an action until it was to make one change too many, and tell whether it came so far."""
        self.left, self.end = changes, end or Killed()
        try:
            action()
        except Killed:
            return True
        finally:
            self.left = None
        return False


@pytest.fixture(scope="module")
def executioner() -> Executioner:
    return Executioner()


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The build's own module, at work in a folder of this test."""
    spec = importlib.util.spec_from_file_location("book_build", ROOT / "book" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, folder in (("STAGE", "stage"), ("SITE", "html"), ("ROOMS", "rooms")):
        monkeypatch.setattr(module, name, tmp_path / folder)
    return module


def lay_out(folder: Path, edition: int) -> None:
    """Make a site of three files in two folders, each of which tells the edition; one file has a name of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("index.html", "book/page.html", f"book/only-in-{edition}.html"):
        folder.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(name).write_text(f"edition {edition}", encoding="utf-8")


def files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}


def laid_out(folder: Path, edition: int) -> dict[str, str]:
    lay_out(folder, edition)
    return files(folder)


def test_publishing_killed_before_any_change_leaves_one_of_two_whole_sites(
    builder: ModuleType, executioner: Executioner, tmp_path: Path
) -> None:
    stage = builder.STAGE / "_build" / "html"
    old = laid_out(stage, 0)
    builder.publish([])
    for edition in count(1):
        new = laid_out(stage, edition)
        killed = executioner.kills(lambda: builder.publish([]), edition - 1)
        assert files(builder.SITE) in (old, new), f"killed before change {edition}"
        if not killed:
            break
        old = files(builder.SITE)
    assert edition > 10
    assert files(builder.SITE) == new
    assert sorted(path.name for path in tmp_path.iterdir()) == ["html", "rooms", "stage"]
    assert len(list(builder.ROOMS.iterdir())) == 1


def test_publishing_on_a_disk_that_is_full_at_any_change_leaves_one_of_two_whole_sites(
    builder: ModuleType, executioner: Executioner
) -> None:
    stage = builder.STAGE / "_build" / "html"
    old = laid_out(stage, 0)
    builder.publish([])
    told = []
    for edition in range(1, 40):
        new = laid_out(stage, edition)
        try:
            executioner.kills(
                lambda: builder.publish([]), edition - 1, OSError(errno.ENOSPC, "No space left", "a file")
            )
        except OSError as error:
            told.append(builder.refusal(error))
        assert files(builder.SITE) in (old, new), f"full before change {edition}"
        old = files(builder.SITE)
    assert old == new
    assert len(told) > 5
    assert {words.removeprefix("[Errno 28] ").replace("'", "") for words in told} == {"No space left: a file"}


def test_publishing_in_the_place_of_a_folder_killed_before_any_change_loses_no_site(
    builder: ModuleType, executioner: Executioner
) -> None:
    """`jupyter-book build .` writes a folder, which cannot be exchanged with a link: for one step it is only away."""
    new = laid_out(builder.STAGE / "_build" / "html", 1)
    for changes in count():
        if builder.SITE.is_symlink():
            builder.SITE.unlink()
        old = laid_out(builder.SITE, 0)
        killed = executioner.kills(lambda: builder.publish([]), changes)
        away = builder.SITE.with_name("html.old")
        assert (files(builder.SITE) or files(away)) in (old, new), f"killed before change {changes + 1}"
        builder.publish([])
        assert files(builder.SITE) == new
        assert not away.exists()
        if not killed:
            break
    assert changes > 10


def page(number: int) -> NotebookNode:
    output = new_output("stream", text=str(number))
    return new_notebook(cells=[new_code_cell(f"print({number})", execution_count=1, outputs=[output])])


def entry(number: int, recorded: bool) -> CacheBundleIn:
    """Outputs as `make book` keeps them, or, without a record, as `jupyter-book build .` does."""
    data = {"execution_seconds": 1.0} | ({execution_record.RECORD: {}} if recorded else {})
    return CacheBundleIn(page(number), f"page-{number}.md", data=data)


@pytest.mark.parametrize("recorded", [True, False], ids=["by this build", "by jupyter-book alone"])
def test_outputs_whose_keeping_was_killed_before_any_change_are_whole_or_made_anew(
    executioner: Executioner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: bool
) -> None:
    monkeypatch.setattr(page_execution, "CACHE", tmp_path / "cache")

    def opened() -> JupyterCacheBase:
        cache = page_execution.sound_cache(said.append)
        execution_record.forget_unrecorded(cache)
        return cache

    said: list[str] = []
    for number in count():
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        page_execution.keep(get_cache(str(tmp_path / "cache")), entry(-1, True))
        keep = partial(page_execution.keep, get_cache(str(tmp_path / "cache")), entry(number, recorded))
        killed = executioner.kills(keep, number)
        cache = opened()
        if page_execution.cached(cache, page(number)):
            assert recorded
            assert cache.get_cache_bundle(cache.match_cache_notebook(page(number)).pk).nb.cells[0].outputs
        page_execution.keep(cache, entry(number, True))
        assert page_execution.cached(opened(), page(number))
        assert page_execution.cached(opened(), page(-1)), "outputs of other pages are kept"
        if not killed:
            break
    assert said == []
    assert number >= 3
