"""The pages that are tested: their sources, and the site that `make book` built from them."""

import sys
from functools import cache
from pathlib import Path

import site_laws

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from page_execution import pages_in_contents  # noqa: E402

SITE = ROOT / "_build" / "html"
SOURCES = pages_in_contents()
# a welcome and the reference are no lessons, hence have no lesson's skeleton
LESSONS = [path for path in SOURCES if path.stem != "intro" and "reference" not in path.relative_to(ROOT).parts]
NAMES = [str(path.relative_to(ROOT).with_suffix("")) for path in SOURCES]


@cache
def anchors(path: Path) -> set[str]:
    return {tag["id"] for tag in site_laws.parse(path).select("[id]")}
