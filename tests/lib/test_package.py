"""The package is quick to import, and carries its data when it is installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

from shapbook import data_files

ROOT = Path(__file__).parents[2]


def test_import_is_quick_and_light() -> None:
    script = (
        "import sys, time; start = time.perf_counter(); import shapbook;"
        "print(time.perf_counter() - start, 'torch' in sys.modules)"
    )
    runs = [subprocess.check_output([sys.executable, "-c", script], text=True).split() for _ in range(3)]
    assert min(float(seconds) for seconds, _ in runs) <= 0.5
    assert {torch for _, torch in runs} == {"False"}


def test_modules_without_networks_do_not_import_torch() -> None:
    script = (
        "import sys; from shapbook import datasets, figures, photometry, shapley, trees;"
        "from shapbook.checks import uncertainty; print('torch' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "False"


def test_wheel_carries_every_data_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"shapbook/data/{name}" for name in data_files.registry()} <= set(names)
    assert "shapbook/registry.txt" in names
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    script = "from shapbook import data_files; print(data_files.verified('redshift/train.parquet'))"
    found = subprocess.check_output([sys.executable, "-c", script], cwd=unpacked, text=True)
    assert Path(found.strip()).is_relative_to(unpacked)
