"""A catalogue as parquet files, its partitions: made, found, checked, and read a bounded piece at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shapbook import noise
from shapbook.photometry import BANDS

__all__ = [
    "COLUMNS",
    "FIXED_BYTES",
    "ROW_BYTES",
    "CatalogueError",
    "check_columns",
    "observe_again",
    "partitions",
    "pieces",
    "rows_within",
    "write_partitions",
]

MAGNITUDES = [f"mag_{band}_lsst" for band in BANDS]
COLUMNS = ["id", *MAGNITUDES]
# What explaining adds to a worker; the tests hold the resident size against it.
FIXED_BYTES = 60_000_000  # buffers that read, compress and write
ROW_BYTES = 400  # a galaxy, as it is read, turned into colours, copied by XGBoost, explained and written


class CatalogueError(ValueError):
    """Partitions of a catalogue cannot be used: which, why, and what to do."""


def observe_again(galaxies: pd.DataFrame, n_times: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return a mock survey: every galaxy several times, each time with new noise within its errors.

    The magnitudes given are noisy already and get noise once more, so the mock is as large as a survey, but no model
    of one. Non-detections stay what they are.

    Arguments:
        galaxies: Catalogue with the columns `mag_{band}_lsst` and `mag_err_{band}_lsst`.
        n_times: Rows made of each galaxy; they stand together, in the order of the catalogue.
        rng: Source of the noise.

    Returns:
        Table of n_galaxies × n_times rows: `id`, counted from 0, and the six magnitudes as float32, in mag.

    Raises:
        ValueError: If a column is missing.
    """
    errors = noise.usable_errors(galaxies)
    normal = rng.standard_normal((len(galaxies), n_times, len(BANDS)))
    magnitudes = galaxies[MAGNITUDES].to_numpy()[:, None] + errors[:, None] * normal
    survey = pd.DataFrame(magnitudes.reshape(-1, len(BANDS)).astype(np.float32), columns=MAGNITUDES)
    survey.insert(0, "id", np.arange(len(survey)))
    return survey


def write_partitions(galaxies: pd.DataFrame, folder: Path, rows: int) -> list[Path]:
    """Cut a table into parquet files of at most so many rows, in its order, and return their paths.

    Raises:
        ValueError: If `rows` is not positive.
    """
    if rows < 1:
        msg = f"A partition of {rows} rows: expected 1 or more."
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for start in range(0, len(galaxies), rows):
        path = folder / f"part-{len(paths):05d}.parquet"
        table = pa.Table.from_pandas(galaxies.iloc[start : start + rows], preserve_index=False)
        pq.write_table(table, path, compression="zstd", write_page_checksum=True)
        paths.append(path)
    return paths


def partitions(folder: Path) -> list[Path]:
    """Return the parquet files of a catalogue, in the order of their names.

    Raises:
        CatalogueError: If the folder holds none.
    """
    found = sorted(folder.glob("*.parquet"))
    if not found:
        msg = f"No partition in {folder}: expected files that end in .parquet. Is the path right on this machine?"
        raise CatalogueError(msg)
    return found


def check_columns(partition: Path) -> None:
    """Read the footer of a partition, and refuse it if a column that is needed is not there or holds no numbers.

    Raises:
        CatalogueError: Naming the file, the columns, and what to do.
    """
    with opened(partition) as file:
        schema = file.schema_arrow
    missing = [name for name in COLUMNS if name not in schema.names]
    if missing:
        msg = (
            f"{partition} lacks the column {', '.join(missing)}: expected {', '.join(COLUMNS)}, found "
            f"{', '.join(schema.names)}. Rename or add the column, or take the file out of the catalogue."
        )
        raise CatalogueError(msg)
    for name in COLUMNS:
        kind = schema.field(name).type
        if not (pa.types.is_integer(kind) or (pa.types.is_floating(kind) and name != "id")):
            msg = (
                f"{partition}: the column {name} holds {kind}, expected {'whole ' if name == 'id' else ''}numbers. "
                "Write it anew with that type, or take the file out of the catalogue."
            )
            raise CatalogueError(msg)


def opened(partition: Path) -> pq.ParquetFile:
    try:
        # buffered, or a column of a row group is read whole, however few rows are asked for
        return pq.ParquetFile(partition, buffer_size=2**20, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(partition, error) from error


def unreadable(partition: Path, error: Exception) -> CatalogueError:
    reason = str(error).splitlines()[0]
    return CatalogueError(
        f"{partition} cannot be read ({type(error).__name__}: {reason}). Copy it anew from its origin, or take it out "
        "of the catalogue; then start again."
    )


def pieces(partition: Path, rows: int) -> Iterator[pd.DataFrame]:
    """Read a partition, of any size, in tables of at most so many rows, with the columns of `COLUMNS`.

    Raises:
        CatalogueError: If the file cannot be read, or a value is missing or infinite.
    """
    with opened(partition) as file:
        batches, start = file.iter_batches(batch_size=rows, columns=COLUMNS), 0
        while True:
            try:
                batch = next(batches, None)
            except (OSError, pa.ArrowException) as error:
                raise unreadable(partition, error) from error
            if batch is None:
                return
            table = batch.to_pandas(ignore_metadata=True)[COLUMNS]  # metadata could make an index of the id
            check_values(partition, table, start)
            yield table
            start += len(table)


def check_values(partition: Path, table: pd.DataFrame, start: int) -> None:
    bad = ~np.isfinite(table[COLUMNS].to_numpy(dtype=float))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        msg = (
            f"{partition}: {COLUMNS[column]} in row {start + row:,} is {table[COLUMNS[column]].iloc[row]}, expected a "
            "finite number. The model has learnt 99 for a non-detection: write that, or leave such galaxies out."
        )
        raise CatalogueError(msg)


def rows_within(memory: float) -> int:
    """Return how many galaxies can be explained at once in so many bytes, beyond what the loaded libraries hold.

    Raises:
        ValueError: If not even one galaxy fits.

    Example:
        >>> rows_within(100e6)
        100000
    """
    rows = int((memory - FIXED_BYTES) // ROW_BYTES)
    if rows < 1:
        msg = f"{memory:,.0f} bytes hold no galaxy: expected more than {FIXED_BYTES + ROW_BYTES:,}, such as 100e6."
        raise ValueError(msg)
    return rows
