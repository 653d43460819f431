"""Run a test once for every page it asks for."""

import pytest
from tested_pages import LESSONS, NAMES, SITE, SOURCES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `built_page` or `source` once for every page of the contents, `lesson` for every lesson."""
    if "built_page" in metafunc.fixturenames:
        metafunc.parametrize("built_page", [SITE / f"{name}.html" for name in NAMES], ids=NAMES)
    if "source" in metafunc.fixturenames:
        metafunc.parametrize("source", SOURCES, ids=NAMES)
    if "lesson" in metafunc.fixturenames:
        metafunc.parametrize("lesson", LESSONS, ids=[path.stem for path in LESSONS])
