"""A build starts jupyter-book so that it ends at once, says the same and fails the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tested_pages import ROOT

STARTED = [sys.executable, str(ROOT / "book" / "_ext" / "start_jupyter_book.py")]
ALONE = [str(Path(sys.executable).with_name("jupyter-book"))]


def run(command: list[str]) -> tuple[int, str, str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib")}
    result = subprocess.run(command, capture_output=True, check=False, text=True, env=environment)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--version"], 0), (["no-such-command"], 2), (["build", "no-such-folder"], 2)]
)
def test_it_says_and_returns_what_jupyter_book_does(arguments: list[str], status: int) -> None:
    started = run([*STARTED, *arguments])
    assert started[0] == status
    assert any(started[1:])
    alone = run([*ALONE, *arguments])
    assert started[:2] == alone[:2]
    assert started[2].splitlines()[-1:] == alone[2].splitlines()[-1:]


@pytest.mark.parametrize(("arguments", "at_once"), [(["--version"], True), (["no-such-command"], False)])
def test_it_ends_at_once_when_it_has_succeeded(tmp_path: Path, arguments: list[str], at_once: bool) -> None:
    """What Python does at its end, here a line told by `atexit`, is left out then."""
    tmp_path.joinpath("sitecustomize.py").write_text("import atexit\natexit.register(print, 'the end')\n")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "lib")])}
    result = subprocess.run([*STARTED, *arguments], capture_output=True, check=False, text=True, env=environment)
    assert ("the end" in result.stdout) is not at_once
