"""Explain a catalogue with one and with two workers, and in partitions of several sizes: galaxies a second.

    python benchmarks/survey.py [--galaxies 20000] [--repeats 5] [--record]

Runs alternate between the numbers of workers, after one run each that wakes the workers up; what counts are the
ranges and the ratio. With --record the runs go to data/scaling/timings.json, which the page *Scaling up* reads,
and its SHA-256 to lib/shapbook/registry.txt. Do that on a machine that does nothing else: the load before the first
run is recorded too, and the page tells it.
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "_ext"))

import dask
import numpy as np
import pandas as pd
import psutil
import xgboost
from dask.system import CPU_COUNT
from distributed import Client

from machine import processor
from shapbook import clusters, partitions, survey
from shapbook.datasets import load_galaxies
from shapbook.photometry import colours

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "data" / "scaling" / "timings.json"
REGISTRY = ROOT / "lib" / "shapbook" / "registry.txt"
ROWS = 1000
SIZES = (10, 30, 100, 300, 1000, 3000)
MOST_PARTITIONS = 200

Run = dict[str, float]


def main() -> None:
    options = read_options()
    load = psutil.getloadavg()[0]
    train, test = load_galaxies("train"), load_galaxies("test")
    booster = (
        xgboost.XGBRegressor(tree_method="exact", base_score=0.5).fit(colours(train), train["redshift"]).get_booster()
    )
    n_times = -(-options.galaxies // len(test))
    galaxies = partitions.observe_again(test, n_times, np.random.default_rng(1)).sample(
        options.galaxies, random_state=1
    )
    with (
        tempfile.TemporaryDirectory() as name,
        clusters.connect(n_workers=1) as one,
        clusters.connect(n_workers=2) as two,
    ):
        folder = Path(name)
        clients = {1: one, 2: two}
        for client in clients.values():
            timed(client, booster, galaxies.iloc[:ROWS], ROWS, folder)
        worker_bytes = max(one.run(resident_size).values())
        runs = [
            *growth_runs(clients, booster, galaxies, folder, options.repeats),
            *size_runs(one, booster, galaxies, folder),
        ]
        read_bytes, written_bytes = (bytes_in(folder / part) / runs[-1]["galaxies"] for part in ("sky", "explained"))
    about = {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": CPU_COUNT,
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "load": round(load, 2),
        "versions": {"XGBoost": xgboost.__version__, "Dask": dask.__version__},
        "worker_bytes": worker_bytes,
        "read_bytes": round(read_bytes, 1),
        "written_bytes": round(written_bytes, 1),
    }
    report(about, runs)
    if options.record:
        write_record(about, runs)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="write what the page reads")
    return parser.parse_args()


def growth_runs(
    clients: dict[int, Client], booster: xgboost.Booster, galaxies: pd.DataFrame, folder: Path, repeats: int
) -> Iterator[Run]:
    for repeat in range(repeats):
        for n_workers in (1, 2) if repeat % 2 else (2, 1):
            seconds = timed(clients[n_workers], booster, galaxies, ROWS, folder)
            yield {"n_workers": n_workers, "rows": ROWS, "galaxies": len(galaxies), "seconds": seconds}


def size_runs(client: Client, booster: xgboost.Booster, galaxies: pd.DataFrame, folder: Path) -> Iterator[Run]:
    for _ in range(3):
        for rows in SIZES:
            some = galaxies.iloc[: min(6000, MOST_PARTITIONS * rows)]
            seconds = timed(client, booster, some, rows, folder)
            yield {"n_workers": 1, "rows": rows, "galaxies": len(some), "seconds": seconds}


def timed(client: Client, booster: xgboost.Booster, galaxies: pd.DataFrame, rows: int, folder: Path) -> float:
    """Return the seconds from the call to the whole output; the catalogue is written before."""
    for name in ("sky", "explained"):
        for path in folder.glob(f"{name}/*"):
            path.unlink()
        if (folder / name).exists():
            (folder / name).rmdir()
    partitions.write_partitions(galaxies, folder / "sky", rows)
    start = time.perf_counter()
    survey.explain_catalogue(client, booster, folder / "sky", folder / "explained")
    return round(time.perf_counter() - start, 3)


def resident_size() -> int:
    return psutil.Process(os.getpid()).memory_info().rss


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def report(about: dict[str, Any], runs: list[Run]) -> None:
    for name, value in about.items():
        print(f"{name:<15}{value}")
    print(f"{'workers':>8}{'rows':>8}{'galaxies/s':>12}{'least':>9}{'most':>9}")
    rates: dict[tuple[float, float], list[float]] = {}
    for run in runs:
        rates.setdefault((run["n_workers"], run["rows"]), []).append(run["galaxies"] / run["seconds"])
    for (n_workers, rows), found in rates.items():
        print(f"{n_workers:>8}{rows:>8}{statistics.median(found):>12.0f}{min(found):>9.0f}{max(found):>9.0f}")
    growth = statistics.median(rates[2, ROWS]) / statistics.median(rates[1, ROWS])
    print(f"two workers over one: {growth:.2f}")


def write_record(about: dict[str, Any], runs: list[Run]) -> None:
    lines = ",\n".join(f"    {json.dumps(run)}" for run in runs)
    head = json.dumps(about, indent=2)[:-2]
    RECORD.write_text(f'{head},\n  "runs": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    digest = hashlib.sha256(RECORD.read_bytes()).hexdigest()
    others = [line for line in REGISTRY.read_text("utf-8").splitlines() if not line.startswith("scaling/")]
    REGISTRY.write_text("\n".join([*others, f"scaling/timings.json {digest}"]) + "\n", encoding="utf-8")
    print(f"Recorded in {RECORD.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
