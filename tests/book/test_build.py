"""A build that fails says why and where, ends with an error, and leaves the earlier site as it was."""

import subprocess
import sys
from pathlib import Path

import pytest
from small_clone import PAGE, build, make_clone, site
from tested_pages import ROOT


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clone(tmp_path_factory.mktemp("clone"))


def refused(root: Path, *messages: str) -> None:
    """A build must fail with every message, and leave the site alone."""
    before = site(root)
    result = build(root)
    assert result.returncode != 0
    assert [message for message in messages if message not in result.stdout] == [], result.stdout
    assert site(root) == before


@pytest.fixture
def page(clone: Path) -> Path:
    """The small page, put back as it was after the test."""
    path = clone / "book" / "page.md"
    yield path
    path.write_text(PAGE, encoding="utf-8")


def test_a_raising_cell_is_named_with_page_and_line(clone: Path, page: Path) -> None:
    page.write_text(PAGE.replace("len(datasets.load_templates())", "1 / 0"), encoding="utf-8")
    refused(
        clone,
        "book/page.md, cell at line 11:",
        "    1 / 0",
        "ZeroDivisionError: division by zero",
        "left as it was",
    )


@pytest.mark.parametrize(
    ("name", "harm"),
    [("book/page.md", "from shapbook import datasets"), ("lib/shapbook/datasets.py", "import pandas as pd")],
)
def test_an_import_that_is_no_python_fails_the_page(clone: Path, page: Path, name: str, harm: str) -> None:
    path = clone / name
    sound = path.read_text(encoding="utf-8")
    assert harm in sound
    path.write_text(sound.replace(harm, f"{harm} import", 1), encoding="utf-8")
    try:
        refused(clone, "book/page.md, cell at line 11:", "SyntaxError: invalid syntax", "left as it was")
    finally:
        path.write_text(sound, encoding="utf-8")


@pytest.mark.parametrize("jobs", ["0", "-2"])
def test_no_page_at_a_time_is_refused(jobs: str) -> None:
    command = [sys.executable, str(ROOT / "book" / "build.py"), "--jobs", jobs]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.endswith(f"{jobs} pages at a time would execute none; give 1 or more\n")


def test_faults_of_a_page_are_told_at_every_build(clone: Path, page: Path) -> None:
    text = PAGE.replace("lundberg2017unified", "nobody1900nothing")
    page.write_text(text + "\nSee {ref}`nowhere`, where $\\nosuchcommand{x}$.\n", encoding="utf-8")
    for _ in range(2):
        refused(
            clone,
            "book/page.md",
            "nobody1900nothing",
            "nowhere",
            "nosuchcommand",
            "the site is left as it was",
        )


@pytest.mark.parametrize("harm", ["deleted", "bit flipped"])
def test_a_harmed_data_file_fails_the_pages_that_read_it(clone: Path, harm: str) -> None:
    path = clone / "data" / "redshift" / "templates.parquet"
    content = path.read_bytes()
    if harm == "deleted":
        path.unlink()
    else:
        path.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    try:
        refused(
            clone,
            "book/page.md, cell at line 11",
            "DataError: Data file",
            "git checkout -- data/redshift/templates",
        )
    finally:
        path.write_bytes(content)


def test_a_chosen_data_folder_that_does_not_exist_is_told_before_any_page_is_executed(clone: Path) -> None:
    before = site(clone)
    result = build(clone, SHAPBOOK_DATA="no/such/folder")
    assert result.returncode == 1
    assert result.stdout.startswith("SHAPBOOK_DATA names 'no/such/folder', which is no folder")
    assert len(result.stdout.splitlines()) == 1
    assert site(clone) == before


def test_a_good_page_builds_again_and_executes_nothing(clone: Path) -> None:
    result = build(clone)
    assert result.returncode == 0, result.stdout
    assert result.stdout.startswith("No repository on GitHub is known")
    assert " s book/page.md" not in result.stdout


def test_a_changed_module_executes_the_pages_that_use_it(clone: Path) -> None:
    for name, executed in (("photometry", False), ("datasets", True)):
        path = clone / "lib" / "shapbook" / f"{name}.py"
        path.write_text(path.read_text(encoding="utf-8") + "\nCHANGED = True\n", encoding="utf-8")
        result = build(clone)
        assert result.returncode == 0, result.stdout
        assert (" s book/page.md" in result.stdout) is executed, name
