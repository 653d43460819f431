"""How long explaining a catalogue took on one machine, as it was measured and recorded on one day."""

import json
from typing import Any

import pandas as pd

from shapbook.data_files import verified

__all__ = ["load_timings"]


def load_timings() -> tuple[dict[str, Any], pd.DataFrame]:
    """Load the recorded runs of `benchmarks/survey.py`.

    Times differ from run to run, so a page that measured them would differ from build to build; it reads this record.

    Returns:
        What the record holds of its origin: `date`, `processor`, `cores`, `system`, `load` (the load average before
        the first run; 0 on a quiet machine), `versions`, `worker_bytes` (resident size of a worker before its first
        galaxy), `read_bytes` and `written_bytes` (on disk, a galaxy). One row a run: `n_workers`, `rows` (galaxies
        a partition), `galaxies`, `seconds`.

    Example:
        >>> list(load_timings()[1].columns)
        ['n_workers', 'rows', 'galaxies', 'seconds']
    """
    record = json.loads(verified("scaling/timings.json").read_text(encoding="utf-8"))
    return record, pd.DataFrame(record.pop("runs"))
