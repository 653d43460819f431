"""No script holds up the drawing of a page, but the one that scripts in the page add to."""

from pathlib import Path

import pytest
import site_laws

from deferred_scripts import is_deferrable


@pytest.mark.parametrize(
    ("file", "attributes", "deferrable"),
    [
        ("_static/doctools.js", {}, True),
        ("_static/documentation_options.js", {}, False),
        (None, {"body": "let x = 1"}, False),
        ("_static/quiz.js", {"defer": "defer"}, False),
        ("_static/a.js", {"type": "module"}, False),
    ],
)
def test_a_script_of_its_own_file_may_wait(file: str | None, attributes: dict[str, str], deferrable: bool) -> None:
    assert is_deferrable(file, attributes) == deferrable


def test_scripts_wait_until_the_page_is_read(built_page: Path) -> None:
    scripts = site_laws.parse(built_page).select("script[src]:not([defer], [async], [type=module])")
    assert [Path(script["src"].partition("?")[0]).name for script in scripts] == ["documentation_options.js"]
