"""Make the execution cache know what a page depends on, so that it is never stale and never needlessly cold.

Jupyter-cache compares a page's code cells and its kernel specification. A digest of everything else the page's code
reads — the modules of `lib/` it reaches, the data those read, the lock file, the Python version — is written into that
specification, and Sphinx is told to read a page again when its digest has changed.
"""

import ast
import hashlib
import platform
import re
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from shapbook.sdss_sheets import present_sheets

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "lib"
CACHE = ROOT / "_build" / ".jupyter_cache"
CELL = re.compile(r"^(?P<fence>`{3,})\{code-cell\}.*?\n(?P<body>.*?)^(?P=fence)\s*$", re.MULTILINE | re.DOTALL)
IMPORT = re.compile(r"^\s*(?:from|import)\s+shapbook\b[^(\n]*(?:\([^)]*\))?.*$", re.MULTILINE)
SDSS = "sdss"
FINDERS = {"shapbook.data_files", "shapbook.sdss_sheets"}
DATA_OF_MODULE = {
    "datasets": {"redshift"},
    "image_survey": {"morphology", SDSS},
    "morphology": {"morphology"},
    "sdss_download": {SDSS},
    "sdss_sheets": {SDSS},
    "timings": {"scaling"},
}
KERNEL = re.compile(r"^kernelspec:\s*\{", re.MULTILINE)


def is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):  # the latter for a null character
        return False
    return True


@cache
def imported_modules(source: str) -> frozenset[str]:
    """Return the dotted names of `shapbook` that Python source imports, modules and functions alike.

    Source that is no Python imports nothing; the page that runs it fails and says why.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)) if is_python(source) else ():
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if name.split(".")[0] == "shapbook")


def module_file(name: str) -> Path | None:
    path = LIBRARY.joinpath(*name.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def reached_files(source: str) -> set[Path]:
    """Return the files of `lib/` that Python source imports, directly or through other modules of the library."""
    found: set[Path] = set()
    queue = set(imported_modules(source))
    while queue:
        path = module_file(queue.pop())
        if path and path not in found:
            found.add(path)
            queue |= imported_modules(path.read_text(encoding="utf-8"))
    return found


def data_read(source: str) -> set[str]:
    """Return the data folders that Python source reads, itself or through the modules of the library it reaches.

    What reads data files and is not in `DATA_OF_MODULE` counts as reading every folder, so that no page gets stale.
    """
    everything = {path.name for path in ROOT.joinpath("data").iterdir() if path.is_dir()} | {SDSS}
    names = {path.relative_to(LIBRARY / "shapbook").with_suffix("").as_posix(): path for path in reached_files(source)}
    texts = {"the page": source} | {name: path.read_text(encoding="utf-8") for name, path in names.items()}
    readers = [name for name, text in texts.items() if FINDERS & imported_modules(text)]
    return set().union(*(DATA_OF_MODULE.get(name, everything) for name in readers))


def data_files(folder: str) -> list[Path]:
    """Return the files of a data folder that pages may read; the sheets of SDSS are wherever the loader finds them."""
    if folder == SDSS:
        return present_sheets()
    files = ROOT.joinpath("data", folder).rglob("*")
    return sorted(path for path in files if path.is_file() and path.suffix not in {".py", ".md"})


@cache
def data_digest(folder: str) -> str:
    """Digest the files of a data folder, wherever it is, and the sums that the book expects of them."""
    lines = LIBRARY.joinpath("shapbook", "registry.txt").read_text(encoding="utf-8").splitlines()
    sums = [line for line in lines if line.startswith(f"{folder}/")]
    digest = hashlib.sha256("\n".join(sums).encode())
    for path in data_files(folder):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def environment_digest() -> str:
    """Digest what every page depends on: the lock file and the version of Python."""
    return hashlib.sha256(platform.python_version().encode() + (ROOT / "requirements.txt").read_bytes()).hexdigest()


def page_digest(text: str) -> str:
    """Digest everything outside a page that its code cells depend on."""
    lines = (line.strip() for cell in CELL.finditer(text) for line in IMPORT.findall(cell["body"]))
    imports = "\n".join(filter(is_python, lines))  # one that is broken must not hide the others
    digest = hashlib.sha256(environment_digest().encode())
    for path in sorted(reached_files(imports)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    for folder in sorted(data_read(imports)):
        digest.update(folder.encode() + data_digest(folder).encode())
    return digest.hexdigest()


def with_digest(text: str) -> str:
    """Return a page's text with the digest in its kernel specification."""
    return KERNEL.sub(f"kernelspec: {{depends_on: {page_digest(text)}, ", text, count=1)


def use_shared_cache(app: Sphinx, config: Config) -> None:
    config.nb_execution_cache_path = str(CACHE)


def write_digest(app: Sphinx, docname: str, source: list[str]) -> None:
    app.env.metadata[docname]["execution_digest"] = page_digest(source[0])
    source[0] = with_digest(source[0])


def changed_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    known = env.found_docs - added - changed
    return [
        name
        for name in known
        if env.metadata[name].get("execution_digest")
        != page_digest(Path(env.doc2path(name)).read_text(encoding="utf-8"))
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", use_shared_cache)
    app.connect("source-read", write_digest)
    app.connect("env-get-outdated", changed_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
