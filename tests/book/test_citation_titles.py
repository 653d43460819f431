"""Citations find what writes their titles without a search of all installed packages."""

import pybtex.plugin
import pytest
import tested_pages  # noqa: F401 (it makes book/_ext importable)
from pybtex.backends.plaintext import Backend

import citation_titles


def test_the_backend_of_titles_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    monkeypatch.setattr(pybtex.plugin, "_RUNTIME_PLUGINS", {})
    monkeypatch.setattr(pybtex.plugin, "entry_points", lambda **wanted: searched.append(wanted) or [])
    with pytest.raises(pybtex.plugin.PluginNotFound):
        pybtex.plugin.find_plugin("pybtex.backends", "plaintext")
    assert searched
    citation_titles.setup(None)
    searched.clear()
    assert pybtex.plugin.find_plugin("pybtex.backends", "plaintext") is Backend
    assert not searched
