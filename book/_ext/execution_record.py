"""Record with the outputs of a page what computed them: the software, the machine and the date."""

import ast
import os
import platform
import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import packages_distributions, version
from typing import Any

from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.cache.main import JupyterCacheBase
from nbformat import NotebookNode

from execution_cache import reached_files
from machine import memory, operating_system, processor
from notebook_code import MAGIC

RECORD = "computed"


def top_level_imports(source: str) -> set[str]:
    """Return the first parts of the modules that Python source imports, but for the standard library and the book's."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"shapbook"}


def package_versions(code: str) -> dict[str, str]:
    """Return the version of each installed package that code imports, directly or through the book's library."""
    sources = [code, *(path.read_text(encoding="utf-8") for path in reached_files(code))]
    imports = set().union(*map(top_level_imports, sources))
    packages = {package for name in imports for package in distributions().get(name, [])}
    return {package: version(package) for package in sorted(packages, key=str.lower)}


@cache
def distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


def record_of(notebook: NotebookNode) -> dict[str, Any]:
    """Return what is recorded of a page that was executed just now; nothing in it names the machine or its user."""
    code = "\n".join(MAGIC.sub("", cell.source) for cell in notebook.cells if cell.cell_type == "code")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": package_versions(code),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory": memory(),
        "system": operating_system(),
    }


def drop(execution_cache: JupyterCacheBase, record: NbCacheRecord) -> None:
    """Throw a page's outputs out of the cache, also half of them, as a killed build leaves them."""
    shutil.rmtree(execution_cache.path / "executed" / record.hashkey, ignore_errors=True)
    NbCacheRecord.remove_record(record.pk, execution_cache.db)


def forget_unrecorded(execution_cache: JupyterCacheBase) -> None:
    """Drop outputs of which it is not known what computed them, so that their pages are executed again."""
    for record in execution_cache.list_cache_records():
        if RECORD not in record.data:
            drop(execution_cache, record)
