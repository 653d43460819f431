"""End each page that has code with how it was computed: software, machine, time and date of its last execution.

All of it comes from the execution that made the outputs, by way of the cache. Where SOURCE_DATE_EPOCH is set, the page
tells that date and only what two executions have in common, so that two builds are alike to the byte.
"""

import html
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from sphinx.application import Sphinx

import execution_cache
from execution_record import RECORD, forget_unrecorded, record_of
from page_execution import read_page

CLASS = "how-computed"


def date_in_words(date: datetime) -> str:
    return f"{date.day} {date:%B %Y}"


def machine(record: Mapping[str, Any]) -> str:
    """Name the hardware in one line, as far as the system told it."""
    memory = f"{record['memory'] / 1e9:.0f} GB of memory" if record["memory"] else ""
    cores = f"{record['cores']} core{'s' if record['cores'] > 1 else ''}"
    return ", ".join(filter(None, [record["processor"], cores, memory, record["system"]]))


def facts(record: Mapping[str, Any], seconds: float, epoch: str) -> Iterator[tuple[str, str]]:
    """Give the lines of the section; `epoch` is the value of SOURCE_DATE_EPOCH, or empty."""
    date = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.fromisoformat(record["date"])
    yield "Executed on", date_in_words(date)
    if not epoch:
        yield "Time taken", f"{max(seconds, 1):.0f} s, with the start of Python"
        yield "Machine", machine(record)
    yield "Python", record["python"]
    if record["packages"]:
        yield "Packages", ", ".join(f"{name} {version}" for name, version in record["packages"].items())


def section(lines: Iterator[tuple[str, str]]) -> nodes.raw:
    rows = "".join(f"<dt>{html.escape(term)}</dt><dd>{html.escape(text)}</dd>" for term, text in lines)
    text = f'<details class="{CLASS}"><summary>How this page was computed</summary><dl>{rows}</dl></details>'
    return nodes.raw("", text, format="html", classes=[CLASS])


def forget(app: Sphinx) -> None:
    forget_unrecorded(get_cache(str(execution_cache.CACHE)))


def add_section(app: Sphinx, document: nodes.document) -> None:
    """Read the record of the page's outputs; outputs without one were made by this build, a moment ago."""
    cache = get_cache(str(execution_cache.CACHE))
    notebook = read_page(Path(app.env.doc2path(app.env.docname)))
    try:
        bundle = cache.get_cache_bundle(cache.match_cache_notebook(notebook).pk)
    except KeyError:  # a page without code, or one whose execution failed
        return
    data = bundle.record.data
    if RECORD not in data:
        data = data | {RECORD: record_of(notebook)}
        cache.cache_notebook_bundle(
            CacheBundleIn(bundle.nb, bundle.record.uri, data=data), check_validity=False, overwrite=True
        )
    document[-1] += section(facts(data[RECORD], data["execution_seconds"], app.config.source_date_epoch))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("source_date_epoch", os.environ.get("SOURCE_DATE_EPOCH", ""), "env", str)
    app.connect("builder-inited", forget)
    app.connect("doctree-read", add_section)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
