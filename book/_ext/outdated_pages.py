"""Make every page anew when what makes pages has changed: extensions, templates, styles and scripts.

Sphinx looks at pages, configuration and templates only, and copies no style while no page has changed.
"""

import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

BOOK = Path(__file__).parents[1]
MAKERS = ("_ext", "_static", "_templates")


def digest(book: Path) -> str:
    """Return a digest of the names and contents of what makes the pages of a book."""
    found = hashlib.sha256()
    for folder in MAKERS:
        for path in sorted(path for path in book.joinpath(folder).rglob("*") if path.is_file()):
            if "__pycache__" not in path.parts:
                found.update(f"{path.relative_to(book).as_posix()}\0{path.stat().st_size}\0".encode())
                found.update(path.read_bytes())
    return found.hexdigest()


def pages_made_otherwise(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    made_by, env.made_by = getattr(env, "made_by", None), digest(BOOK)
    return [] if made_by == env.made_by else sorted(env.found_docs - added)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-get-outdated", pages_made_otherwise)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
