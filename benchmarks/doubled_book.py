"""Write a copy of each page that has code beside it, so that a book of twice the pages can be built and timed."""

import re
from pathlib import Path
from typing import Any

import yaml

SUFFIX = "-again"
DEFINITIONS = re.compile(
    r"^\((?P<target>[\w.:-]+)\)=$|^\s*(?::label:|:name:|name:|label:) +(?P<option>[\w.:-]+)$",
    re.MULTILINE,
)
FIRST_CELL = re.compile(r"^```\{code-cell\} ipython3\n(?:---\n.*?\n---\n|(?::.*\n)*)", re.MULTILINE | re.DOTALL)


def labels(text: str) -> set[str]:
    """Return the names that a page gives to places of its own: headings, figures, exercises and equations."""
    return {match[match.lastgroup] for match in DEFINITIONS.finditer(text)}


def copied(text: str) -> str:
    """Return a page's text with its labels renamed, wherever it defines or cites them, and another first code cell.

    Without the other cell the cache would take copy and page for one.
    """
    names = "|".join(map(re.escape, sorted(labels(text), key=len, reverse=True)))
    if names:
        places = (r"\(", r"\)="), (r"\(#", r"\)"), ("`", "`"), ("<", ">"), (r"(?:name|label): +|solution-start\} ", "$")
        for before, after in places:
            text = re.sub(rf"({before})({names})(?={after})", rf"\1\2{SUFFIX}", text, flags=re.MULTILINE)
    return FIRST_CELL.sub(lambda match: f"{match[0]}# once more\n", text, count=1)


def double(root: Path) -> int:
    """Add the copies to a clone and its table of contents, and return how many there are."""
    path = root / "_toc.yml"
    contents = yaml.safe_load(path.read_text(encoding="utf-8"))
    copies = [copy(root, name) for name in files(contents) if "```{code-cell}" in source(root, name)]
    chapters = [{"file": name} for name in copies]
    if "parts" in contents:
        contents["parts"].append({"caption": "Once more", "chapters": chapters})
    else:
        contents["chapters"] += chapters
    path.write_text(yaml.safe_dump(contents, sort_keys=False), encoding="utf-8")
    return len(copies)


def files(node: dict[str, Any]) -> list[str]:
    """Return the pages that a table of contents names, in its order."""
    below = [*node.get("parts", []), *node.get("chapters", []), *node.get("sections", [])]
    return [node[key] for key in ("root", "file") if key in node] + [name for part in below for name in files(part)]


def source(root: Path, name: str) -> str:
    return (root / f"{name}.md").read_text(encoding="utf-8")


def copy(root: Path, name: str) -> str:
    (root / f"{name}{SUFFIX}.md").write_text(copied(source(root, name)), encoding="utf-8")
    return f"{name}{SUFFIX}"
