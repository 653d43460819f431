"""Explain a partitioned catalogue on a Dask cluster: one task a partition, restartable, whole or not there at all."""

import hashlib
import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost

from shapbook.partitions import CatalogueError, check_columns, partitions, pieces, rows_within
from shapbook.photometry import COLOURS, colours

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["CONTRIBUTIONS", "Outcome", "explain_catalogue", "explain_galaxies", "unfinished"]

CONTRIBUTIONS = [f"phi_{name}" for name in COLOURS]
SCHEMA = pa.schema([("id", pa.int64())] + [(name, pa.float32()) for name in ["prediction", *CONTRIBUTIONS]])
RECORD = b"shapbook"


@dataclass(frozen=True)
class Outcome:
    """What a run did: the partitions explained now, those kept from runs before, and the base value of all."""

    computed: tuple[str, ...]
    kept: tuple[str, ...]
    base_value: float


def explain_galaxies(booster: xgboost.Booster, galaxies: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Explain galaxies with XGBoost's own SHAP: path-dependent, exact, in one thread.

    Arguments:
        booster: Model of the five colours.
        galaxies: Catalogue of n ≥ 1 rows with `id` and the six magnitudes.

    Returns:
        Table of n rows with `id`, `prediction` and one SHAP value a colour, in the units of the model's margin;
        the base value.

    Raises:
        ValueError: If a column is missing, or XGBoost's values break local accuracy.
    """
    matrix = xgboost.DMatrix(colours(galaxies), nthread=1)
    values = booster.predict(matrix, pred_contribs=True)
    prediction = booster.predict(matrix, output_margin=True)
    residual = np.abs(values.sum(axis=1, dtype=float) - prediction)
    # each tree adds a rounding of 32-bit numbers, at most 2⁻²⁴ of the terms added up; twice that is allowed
    if (residual > booster.num_boosted_rounds() * 2.0**-23 * np.abs(values).sum(axis=1)).any():
        msg = f"Local accuracy is broken by {residual.max():.2g}: has another version of XGBoost trained this model?"
        raise ValueError(msg)
    table = pd.DataFrame(values[:, :-1], columns=CONTRIBUTIONS)
    table.insert(0, "id", galaxies["id"].to_numpy())
    table.insert(1, "prediction", prediction)
    return table, float(values[0, -1])


def explain_catalogue(
    client: "Client",
    booster: xgboost.Booster,
    catalogue: Path,
    output: Path,
    memory: float = 100e6,
    on_part: Callable[[str], None] = lambda name: None,
) -> Outcome:
    """Explain every galaxy of a catalogue: one file in, one file out, on the workers of a Dask cluster.

    The folder `output` appears when all its parts are there; until then they gather in `unfinished(output)`. After
    an interruption or a bad partition the same call computes what is missing. All workers must see both folders
    under the same path, and one run at a time may write to an output.

    Arguments:
        client: A connected client of Dask, from `shapbook.clusters` or your own.
        booster: Model of the five colours.
        catalogue: Folder of parquet files with `id` and `mag_{band}_lsst`.
        output: Folder to make: for each partition a file of the same name with `id`, `prediction` and five SHAP
            values; the base value is in its metadata.
        memory: Most bytes that the galaxies one thread works on may take, beyond what its worker holds once it has
            loaded its libraries.
        on_part: Called with the name of each part when it is finished.

    Returns:
        Which parts were computed, which were kept, and the base value that all share.

    Raises:
        CatalogueError: If partitions cannot be used (each is named), or the output holds something else.
        ValueError: If the memory is too small for one galaxy, or a worker's explanation breaks a law.
    """
    rows, sources = rows_within(memory), partitions(catalogue)
    refuse([fault for source in sources if (fault := fault_of(check_columns, source))], "Nothing was computed.")
    raw = bytes(booster.save_raw())
    record = {"model": hashlib.sha256(raw).hexdigest(), "base_value": base_value_of(load_model(raw))}
    records = {source: record | {"source": fingerprint(source)} for source in sources}
    folder = output if output.exists() else unfinished(output)
    kept = finished_parts(folder, records)
    todo = {source: record for source, record in records.items() if source.name not in kept}
    if todo and folder == output:
        msg = f"{output} is whole, but not of this catalogue: {next(iter(todo))} is new. Choose another output."
        raise CatalogueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    if todo:
        explain_missing(client, raw, todo, folder, rows, on_part)
    for leftover in folder.glob("*.tmp"):
        leftover.unlink(missing_ok=True)
    if folder != output:
        folder.rename(output)
    return Outcome(tuple(source.name for source in todo), tuple(sorted(kept)), record["base_value"])


def explain_missing(
    client: "Client",
    raw: bytes,
    todo: dict[Path, dict[str, Any]],
    folder: Path,
    rows: int,
    on_part: Callable[[str], None],
) -> None:
    """Explain partitions; go on after a bad one, and name all of those in the end."""
    from distributed import as_completed

    # a task, not scattered data: if every worker that holds the model dies, it is made again
    booster = client.submit(load_model, raw, pure=False)
    targets = [folder / source.name for source in todo]
    futures = client.map(
        explain_partition, list(todo), targets, list(todo.values()), booster=booster, rows=rows, pure=False
    )
    source_of = {future.key: source for future, source in zip(futures, todo, strict=True)}
    faults = []
    try:
        for future in as_completed(futures):
            source = source_of[future.key]
            fault = fault_of(result_of, future, source)
            future.release()  # or Dask would compute it again when the worker that holds the answer dies
            if fault:
                faults.append(fault)
            else:
                on_part(source.name)
    finally:
        client.cancel([*futures, booster])
    refuse(faults, f"The other partitions are explained; they are kept in {folder}.")


def explain_partition(source: Path, target: Path, record: dict[str, Any], booster: xgboost.Booster, rows: int) -> None:
    """Explain one partition, at most so many rows at once; the target appears when it is whole, or never."""
    schema = SCHEMA.with_metadata({RECORD: json.dumps(record)})
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True) as writer:
            for galaxies in pieces(source, rows):
                table, base_value = explain_galaxies(booster, galaxies)
                if not np.isclose(base_value, record["base_value"], rtol=1e-5):
                    msg = f"{source} has the base value {base_value}, the model {record['base_value']}: not the same."
                    raise ValueError(msg)
                writer.write_table(pa.Table.from_pandas(table, schema, preserve_index=False))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def load_model(raw: bytes) -> xgboost.Booster:
    """Wake a saved model, with one thread for XGBoost: a worker's threads are Dask's to share out."""
    return xgboost.Booster({"nthread": 1}, model_file=bytearray(raw))


def base_value_of(booster: xgboost.Booster) -> float:
    anywhere = pd.DataFrame(np.zeros((1, len(COLOURS)), np.float32), columns=list(COLOURS))
    return float(booster.predict(xgboost.DMatrix(anywhere, nthread=1), pred_contribs=True)[0, -1])


def unfinished(output: Path) -> Path:
    """Return the folder where the parts of an output gather until all of them are there."""
    return output.with_name(f"{output.name}.unfinished")


def fingerprint(source: Path) -> str:
    """Tell a file from a later one of the same name, by size and time of the last change."""
    state = source.stat()
    return f"{state.st_size} bytes, {state.st_mtime_ns} ns"


def finished_parts(folder: Path, records: dict[Path, dict[str, Any]]) -> set[str]:
    """Return the names of the parts in a folder that need not be computed again.

    Raises:
        CatalogueError: If the folder holds what another model or another catalogue gave.
    """
    wanted = {source.name: record for source, record in records.items()}
    done = set()
    for part in folder.glob("*.parquet"):
        found = record_of(part)
        if part.name not in wanted or (found and found["model"] != wanted[part.name]["model"]):
            other = "model" if part.name in wanted else "catalogue"
            msg = f"{part} is of another {other}; results are not mixed. Choose another output, or remove {folder}."
            raise CatalogueError(msg)
        if found == wanted[part.name]:
            done.add(part.name)
    return done


def record_of(part: Path) -> dict[str, Any] | None:
    """Return what an explained partition says of its origin, or None for a file that is no whole one."""
    try:
        return json.loads(pq.read_schema(part).metadata[RECORD])
    except (OSError, pa.ArrowException, KeyError, TypeError):
        return None


def result_of(future: "Future", source: Path) -> None:
    from distributed import KilledWorker

    try:
        future.result()
    except KilledWorker as error:
        msg = (
            f"{source}: every worker that took it died. A likely cause is too little memory: "
            "give workers a higher limit, or this run a smaller `memory`."
        )
        raise CatalogueError(msg) from error


def fault_of(function: Callable[..., None], *arguments: object) -> str | None:
    try:
        function(*arguments)
    except CatalogueError as error:
        return str(error)
    return None


def refuse(faults: list[str], state: str) -> None:
    if faults:
        raise CatalogueError("\n".join([*faults, state]))
