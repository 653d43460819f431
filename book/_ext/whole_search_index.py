"""Let the search know the index entries of every page, glossary terms among them, when only some pages are made anew.

Sphinx reads its search index of the last build back, but not the entries in it.
"""

from collections.abc import Iterable
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.index_entries import split_index_msg


def words(kind: str, value: str) -> list[str]:
    """Return the words under which an index lists an entry, none if it is malformed."""
    try:
        return split_index_msg(kind, value)
    except ValueError:
        return []


def restore_entries(app: Sphinx) -> Iterable[tuple[str, dict[str, Any], str]]:
    """Give the search the entries of the pages that were not written; no page is added to the site."""
    known = app.builder.indexer._index_entries
    for name, entries in app.env.domains["index"].entries.items():
        found = {(word, target or "", main) for kind, value, target, main, _ in entries for word in words(kind, value)}
        known.setdefault(name, sorted(found))
    return []


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-collect-pages", restore_entries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
