"""What the tests of the pages share: the sources, and the site that `make book` built."""

import sys
from functools import cache
from pathlib import Path

import pytest
import site_laws

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from page_execution import pages_in_contents  # noqa: E402

SITE = ROOT / "_build" / "html"
SOURCES = pages_in_contents()
PLAIN = {"intro", "bibliography"}  # a welcome and a list: no lesson, hence no lesson's skeleton
LESSONS = [path for path in SOURCES if path.stem not in PLAIN]
NAMES = [str(path.relative_to(ROOT).with_suffix("")) for path in SOURCES]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `built_page` or `source` once for every page of the contents, `lesson` for every lesson."""
    if "built_page" in metafunc.fixturenames:
        metafunc.parametrize("built_page", [SITE / f"{name}.html" for name in NAMES], ids=NAMES)
    if "source" in metafunc.fixturenames:
        metafunc.parametrize("source", SOURCES, ids=NAMES)
    if "lesson" in metafunc.fixturenames:
        metafunc.parametrize("lesson", LESSONS, ids=[path.stem for path in LESSONS])


@cache
def anchors(path: Path) -> set[str]:
    return {tag["id"] for tag in site_laws.parse(path).select("[id]")}
