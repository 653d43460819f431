"""Programs of the build start without the grammar of URIs that JSON Schema makes where JupyterLab is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tested_pages import ROOT

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("rfc3987_syntax"), reason="JSON Schema has no grammar of URIs here: no JupyterLab"
)


def makes_the_grammar(*command: str) -> bool:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib")}
    program = [sys.executable, "-X", "importtime", *command]
    result = subprocess.run(program, capture_output=True, check=False, text=True, env=environment)
    assert "click" in result.stderr or "argparse" in result.stderr  # it did start
    return "rfc3987_syntax.syntax_helpers" in result.stderr


def test_a_build_does_not_make_it() -> None:
    assert not makes_the_grammar(str(ROOT / "book" / "build.py"), "--help")


@pytest.mark.parametrize(
    ("program", "makes_it"),
    [(ROOT / "book" / "_ext" / "start_jupyter_book.py", False), (Path(sys.executable).with_name("jupyter-book"), True)],
    ids=["as a build starts it", "alone"],
)
def test_jupyter_book_makes_it_only_when_started_alone(tmp_path: Path, program: Path, makes_it: bool) -> None:
    assert makes_the_grammar(str(program), "build", str(tmp_path)) == makes_it
