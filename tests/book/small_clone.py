"""A copy of the project with one small page, for tests that build it, harm it and build it again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tested_pages import ROOT

FRONT_MATTER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""
PAGE = f"""\
{FRONT_MATTER}# A small page

The sum is below, and {{cite:t}}`lundberg2017unified` knew it.

```{{code-cell}} ipython3
from shapbook import datasets
len(datasets.load_templates())
```
"""
BIBLIOGRAPHY = "# Bibliography\n\n```{bibliography}\n```\n"


def make_clone(root: Path, page: str = PAGE) -> Path:
    """Copy what a build needs, put one page in the place of the book's, and build it."""
    for name in ("book", "lib", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "requirements.txt"):
        shutil.copyfile(ROOT / name, root / name)
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/page\nchapters:\n  - file: book/reference/bibliography\n",
        encoding="utf-8",
    )
    (root / "book" / "page.md").write_text(page, encoding="utf-8")
    (root / "book" / "reference" / "bibliography.md").write_text(BIBLIOGRAPHY, encoding="utf-8")
    result = build(root)
    assert result.returncode == 0, result.stdout
    return root


def build(root: Path, before: Callable[[], None] | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a clone, with a function called in the new process first, and its output as text."""
    return subprocess.run(
        [sys.executable, str(root / "book" / "build.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        preexec_fn=before,
        env=os.environ | {"PYTHONPATH": str(root / "lib")} | environment,
    )


def site(root: Path) -> dict[str, bytes]:
    folder = root / "_build" / "html"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
