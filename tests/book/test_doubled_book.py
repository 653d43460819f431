"""The benchmark's doubled book has each page with code twice, under other names, and nothing else is changed."""

import ast
import re
import shutil
import sys
from pathlib import Path

import pytest
from tested_pages import NAMES, ROOT, SOURCES

sys.path.insert(0, str(ROOT / "benchmarks"))

import doubled_book

from execution_cache import CELL

WITH_CODE = [path for path in SOURCES if "```{code-cell}" in path.read_text(encoding="utf-8")]


def cells(text: str) -> list[str]:
    """The code of a page's cells, without their metadata and the comment that tells copy and page apart."""
    bodies = (re.sub(r"\A---\n.*?\n---\n|\A(?::.*\n)+", "", c["body"], flags=re.DOTALL) for c in CELL.finditer(text))
    return [body.replace("# once more\n", "") for body in bodies]


@pytest.mark.parametrize("path", WITH_CODE, ids=[path.stem for path in WITH_CODE])
def test_a_copy_has_its_own_labels_and_the_same_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    copy = doubled_book.copied(text)
    assert doubled_book.labels(text)
    assert {label.removesuffix("-again") for label in doubled_book.labels(copy)} == doubled_book.labels(text)
    assert doubled_book.labels(copy).isdisjoint(doubled_book.labels(text))
    assert [ast.dump(ast.parse(code)) for code in cells(copy) if "%" not in code] == [
        ast.dump(ast.parse(code)) for code in cells(text) if "%" not in code
    ]
    assert copy.count("# once more\n") == 1
    kinds = "ref|numref|eq|solution-start"
    cited = rf"\{{(?:{kinds})\}}[` ](?:[^`\n]*<)?([\w.:-]+)"
    own = [name for name in re.findall(cited, text) if name in doubled_book.labels(text)]
    assert [name.removesuffix("-again") for name in re.findall(cited, copy) if name.endswith("-again")] == own


def test_the_contents_name_each_page_once_and_each_with_code_twice(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "_toc.yml", tmp_path / "_toc.yml")
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / f"{name}.md", tmp_path / f"{name}.md")
    assert doubled_book.double(tmp_path) == len(WITH_CODE)
    contents = doubled_book.yaml.safe_load((tmp_path / "_toc.yml").read_text(encoding="utf-8"))
    found = doubled_book.files(contents)
    assert found[: len(NAMES)] == NAMES
    assert found[len(NAMES) :] == [f"{path.relative_to(ROOT).with_suffix('')}-again" for path in WITH_CODE]
    assert all((tmp_path / f"{name}.md").is_file() for name in found)
