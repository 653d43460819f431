"""Whatever happens to a build, the earlier site stays whole, what is wrong is said, and the next build is right."""

import asyncio
import ctypes
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import own_loop
import pytest
from filelock import FileLock
from small_clone import PAGE, build, make_clone, site
from tested_pages import ROOT

import page_execution

pytestmark = pytest.mark.timeout(900)
DROP_CAPABILITY, OVERRIDE_MODES = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
OTHER = PAGE.replace("# A small page", "# Another page").replace("len(", "2 * len(")


@pytest.fixture(scope="module")
def one_date() -> Iterator[None]:
    """The pages tell one date and no seconds, however often they are executed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        yield


@pytest.fixture(scope="module")
def clone(one_date: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in a folder with blanks and letters beyond ASCII, built once."""
    return make_clone(tmp_path_factory.mktemp("clone") / "Σφ of a galaxy, größer")


@pytest.fixture
def page(clone: Path) -> Path:
    path = clone / "book" / "page.md"
    yield path
    path.write_text(PAGE, encoding="utf-8")


def executed(output: str) -> bool:
    return " s book/page.md" in output


def test_a_clone_whose_path_has_blanks_and_other_letters_is_built(clone: Path) -> None:
    assert b"A small page" in site(clone)["book/page.html"]
    result = build(clone, PYTHONIOENCODING="ascii")  # as in a terminal that does not know these letters
    assert result.returncode == 0, result.stdout
    address = result.stdout.split()[-1]
    assert Path(url2pathname(urlsplit(address).path)) == clone / "_build" / "html" / "index.html"


def test_a_stage_that_a_killed_build_left_unfinished_starts_anew(clone: Path) -> None:
    """For Sphinx the half-written page would be up to date."""
    before, stage = site(clone), clone / "_build" / "stage"
    page = stage / "_build" / "html" / "book" / "page.html"
    page.write_bytes(page.read_bytes()[:1000])
    (stage / "unfinished").touch()
    result = build(clone)
    assert result.returncode == 0, result.stdout
    assert words(site(clone)["book/page.html"]) == words(before["book/page.html"])


def test_a_build_killed_at_any_moment_leaves_the_site_whole(clone: Path, page: Path) -> None:
    """Each time another number is computed, so that a kill may strike execution, rendering and publishing alike."""
    start = time.perf_counter()
    page.write_text(PAGE.replace("len(", "1 * len("), encoding="utf-8")
    assert build(clone).returncode == 0
    duration, moments = time.perf_counter() - start, random.Random(9)
    for number in range(2, 7):
        before = site(clone)
        page.write_text(PAGE.replace("len(", f"{number} * len("), encoding="utf-8")
        # the last ones strike near the end, where the site is exchanged
        moment = moments.random() if number < 5 else moments.uniform(0.85, 1.05)
        killed_after(moment * duration, clone)
        after = site(clone)
        assert after.keys() == before.keys()
        assert after == before or f"{number} * len(" in words(after["book/page.html"])
    page.write_text(PAGE, encoding="utf-8")
    result = build(clone)
    assert result.returncode == 0, result.stdout
    assert "* len(" not in words(site(clone)["book/page.html"])


def killed_after(seconds: float, clone: Path) -> None:
    command = [sys.executable, str(clone / "book" / "build.py")]
    environment = os.environ | {"PYTHONPATH": str(clone / "lib")}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True, env=environment)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def words(html: bytes) -> str:
    return re.sub(r"<[^>]+>", "", html.decode())


def harm_register(cache: Path) -> None:
    (cache / "global.db").write_bytes(b"no database" * 100)


def lose_register(cache: Path) -> None:
    with sqlite3.connect(cache / "global.db") as register:
        register.execute("DROP TABLE nbcache")


def delete_register(cache: Path) -> None:
    (cache / "global.db").unlink()


def cut_outputs(cache: Path) -> None:
    for path in cache.glob("executed/*/base.ipynb"):
        path.write_bytes(path.read_bytes()[:100])


def lose_outputs(cache: Path) -> None:
    for path in cache.glob("executed/*/base.ipynb"):
        path.unlink()


def lose_everything(cache: Path) -> None:
    shutil.rmtree(cache)


HARMS = [harm_register, lose_register, delete_register, cut_outputs, lose_outputs, lose_everything]


@pytest.mark.parametrize("harm", HARMS)
def test_a_harmed_cache_is_made_anew(clone: Path, harm: Callable[[Path], None]) -> None:
    before = site(clone)
    harm(clone / "_build" / ".jupyter_cache")
    result = build(clone)
    assert result.returncode == 0, result.stdout
    assert executed(result.stdout)
    assert words(site(clone)["book/page.html"]) == words(before["book/page.html"])


def test_two_builds_at_once_are_refused(clone: Path) -> None:
    before = site(clone)
    with FileLock(clone / "_build" / "build.lock"):
        result = build(clone)
    assert result.returncode == 1
    assert result.stdout.startswith("Another build of this clone is running")
    assert site(clone) == before


def test_a_full_disk_is_told(clone: Path) -> None:
    """No file may grow beyond 100 kB, as if the disk were full; rendering then breaks off."""
    before = site(clone)
    result = build(clone, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
    assert result.returncode == 1
    assert "the site is left as it was" in result.stdout
    assert site(clone) == before


def test_a_disk_without_room_for_outputs_is_told(clone: Path, page: Path) -> None:
    """No file may grow beyond 8 kB; a page that changed has outputs to keep."""
    before = site(clone)
    page.write_text(PAGE.replace("len(", "8 * len("), encoding="utf-8")
    result = build(clone, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000)))
    assert result.returncode == 1
    assert re.search(r"disk.*: .*/_build/\.jupyter_cache/", result.stdout.splitlines()[-1]), result.stdout
    assert result.stdout.endswith("Make room or mend it; the site is left as it was.\n")
    assert "Traceback" not in result.stdout
    assert site(clone) == before


@pytest.mark.parametrize("name", ["rooms", "stage", ".jupyter_cache"])
def test_a_file_in_the_way_of_a_folder_is_told(clone: Path, name: str) -> None:
    before, folder = site(clone), clone / "_build" / name
    kept = folder.rename(folder.with_name("kept"))
    folder.write_text("in the way", encoding="utf-8")
    result = build(clone)
    folder.unlink()
    kept.rename(folder)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1].startswith(("Not a directory", "File exists"))
    assert str(folder) in result.stdout.splitlines()[-1]
    assert site(clone) == before


def obey_modes() -> None:
    """Take from the administrator, who may write anywhere, the right to do so (a system call of Linux)."""
    ctypes.CDLL(None).prctl(DROP_CAPABILITY, OVERRIDE_MODES)


@pytest.mark.parametrize("name", ["rooms", "stage", ".jupyter_cache", ".jupyter_cache/executed", "."])
def test_a_folder_that_is_read_only_is_told(clone: Path, page: Path, name: str) -> None:
    """The page is another one, so that each folder has to be written to; that is found before it is executed."""
    before, folder = site(clone), clone / "_build" / name
    page.write_text(PAGE.replace("len(", f"0 * {len(name)} * len("), encoding="utf-8")
    folder.chmod(0o555)
    try:
        result = build(clone, before=obey_modes)
    finally:
        folder.chmod(0o755)
    assert result.returncode == 1, result.stdout
    assert len(result.stdout.splitlines()) == 1, result.stdout
    assert result.stdout.startswith(f"Permission denied: {folder.resolve()}. Make room or mend it; the site is left as")
    assert site(clone) == before


def test_lines_that_end_as_on_windows_change_nothing(clone: Path, page: Path) -> None:
    before = site(clone)
    page.write_bytes(PAGE.replace("\n", "\r\n").encode())
    result = build(clone)
    assert result.returncode == 0, result.stdout
    assert not executed(result.stdout)
    assert words(site(clone)["book/page.html"]) == words(before["book/page.html"])


@pytest.mark.parametrize("name", ["data/scaling/timings.json", "setup.sh", ".ci/publish-notebooks"])
def test_git_for_windows_leaves_the_lines_of_data_and_shell_scripts(tmp_path: Path, name: str) -> None:
    for copied in (".gitattributes", name, "Makefile"):
        tmp_path.joinpath(copied).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / copied, tmp_path / copied)
    git = ["git", "-C", str(tmp_path), "-c", "core.autocrlf=true", "-c", "core.safecrlf=false"]
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run([*git, *command], check=True)
    for path in (tmp_path / name, tmp_path / "Makefile"):
        path.unlink()
    subprocess.run([*git, "checkout", "-q", "--", "."], check=True)
    assert b"\r\n" in tmp_path.joinpath("Makefile").read_bytes()
    assert b"\r" not in tmp_path.joinpath(name).read_bytes()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", "Its kernel died"),
        ("bytearray(10**15)", "\n  MemoryError\n"),
        ("while True: pass", "It ran longer than 20 s and was stopped."),
    ],
    ids=["killed, as by a system without memory", "refused memory", "hangs"],
)
def test_a_kernel_that_dies_or_hangs_or_has_no_memory_fails_its_page_while_the_others_finish(
    clone: Path, page: Path, harm: str, reason: str
) -> None:
    other, contents = clone / "book" / "other.md", clone / "_toc.yml"
    code = clone / "book" / "_ext" / "page_execution.py"
    listed, patient = (path.read_text(encoding="utf-8") for path in (contents, code))
    before = site(clone)
    page.write_text(PAGE.replace("len(datasets", f"{harm}\nlen(datasets"), encoding="utf-8")
    other.write_text(OTHER.replace("2 * len(", f"{len(harm)} * len("), encoding="utf-8")
    code.write_text(patient.replace("TIMEOUT = 300", "TIMEOUT = 20"), encoding="utf-8")
    contents.write_text(listed + "  - file: book/other\n", encoding="utf-8")
    try:
        result = build(clone)
    finally:
        other.unlink()
        code.write_text(patient, encoding="utf-8")
        contents.write_text(listed, encoding="utf-8")
    assert result.returncode == 1
    assert "book/page.md, cell at line 11:" in result.stdout
    assert reason in result.stdout
    assert " s book/other.md" in result.stdout
    assert site(clone) == before


def test_a_page_that_hangs_is_stopped_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_execution, "TIMEOUT", 1)
    path = ROOT / "book" / "intro.md"
    notebook = page_execution.read_page(path)
    next(cell for cell in notebook.cells if cell.cell_type == "code").source = "while True:\n    pass"
    with pytest.raises(page_execution.CellTimeoutError) as caught:
        own_loop.run(asyncio.wait_for(page_execution.execute_page(path, notebook), 60))
    failure = str(page_execution.failure_of(path, notebook, caught.value))
    assert failure.startswith("book/intro.md, cell at line")
    assert failure.endswith("It ran longer than 1 s and was stopped.")
