"""The build of the book, measured: against a plain build, against the notebook it grew from, and against itself.

    make bench                                            (everything, half an hour or more on two cores)
    python benchmarks/build.py [--only cold warm …] [--jobs 2] [--record FILE]

Each part builds temporary clones of the committed tree with this environment, and needs no network:

    cold          the pages executed side by side, from nothing; seconds and memory of each page
    warm          once more with nothing changed
    prose         once more with a sentence added to one page
    reproducible  from nothing in another folder, one page at a time: every file must have the same bytes
    sequential    from nothing by `jupyter-book build`, which executes one page after the other
    growth        from nothing, with a copy of each page that has code
    original      the slow computations of the original notebook (`benchmarks/original.py`)

`warm`, `prose`, `reproducible` and `growth` need `cold` and bring it along. A target that two measured parts decide is
judged at the end; the exit status is 1 if one is missed. Run it on a machine that does nothing else: the load before
the first part is printed.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "book" / "_ext"))

import psutil
from doubled_book import double

from machine import memory, memory_of, operating_system, processor
from shapbook.sdss_sheets import present_sheets

ROOT = Path(__file__).parents[1]
PARTS = ("cold", "warm", "prose", "reproducible", "sequential", "growth", "original")
NEED_COLD = {"warm", "prose", "reproducible", "growth"}
PAGE = re.compile(r"^ +(?P<seconds>[\d.]+) s (?P<page>\S+) \(\d+ left, (?P<gigabytes>[\d.]+) GB", re.MULTILINE)
EXECUTED = re.compile(r"^Pages (?P<pages>[\d.]+) s, rendering (?P<rendering>[\d.]+) s", re.MULTILINE)
IN_ALL = re.compile(r"^ *(?P<seconds>[\d.]+) s in all$", re.MULTILINE)
TOLD = re.compile(r"^(?:.*\])? *([\d.]+ s .+)$", re.MULTILINE)  # without the bar of SHAP, which ends in ]
DATE = "1700000000"  # SOURCE_DATE_EPOCH of every build, so that their bytes can be compared


@dataclass(frozen=True)
class Run:
    """A program that ran: its seconds, the peak of the memory of all its processes, and what it printed."""

    seconds: float
    peak: int
    output: str


@dataclass(frozen=True)
class Target:
    """What is asked of a measured number, and whether it holds."""

    name: str
    value: float
    most: float | None = None
    least: float | None = None

    @property
    def met(self) -> bool:
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    def __str__(self) -> str:
        asked = f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"
        return f"  {'met   ' if self.met else 'MISSED'}  {self.name}: {self.value:.2f}, {asked}"


class Bench:
    """Clones in one temporary folder, and what was measured in them."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.folder, self.jobs = folder, jobs
        self.seconds: dict[str, float] = {}
        self.peaks: dict[str, int] = {}
        self.pages: dict[str, tuple[float, float]] = {}
        self.executing = self.rendering = 0.0
        self.differing: list[str] = []
        self.bytes: dict[str, str] = {}

    def measure(self, part: str) -> None:
        print(f"{part} …", flush=True)
        parts: dict[str, Callable[[], Run]] = {name: getattr(self, name) for name in PARTS}
        run = parts[part]()
        self.seconds.setdefault(part, run.seconds)
        self.peaks[part] = run.peak
        print(f"  {self.seconds[part]:.1f} s, peak memory {run.peak / 1e9:.1f} GB", flush=True)

    def cold(self) -> Run:
        run = self.build(self.clone("one"))
        self.pages = {m["page"]: (float(m["seconds"]), float(m["gigabytes"])) for m in PAGE.finditer(run.output)}
        match = EXECUTED.search(run.output)
        self.executing, self.rendering = float(match["pages"]), float(match["rendering"])
        self.bytes = digests(self.folder / "one")
        return run

    def warm(self) -> Run:
        return self.build(self.folder / "one", executes=False)

    def prose(self) -> Run:
        page = self.folder / "one" / max(self.pages, key=lambda name: self.pages[name][0])
        with page.open("a", encoding="utf-8") as file:
            file.write("\nA sentence more.\n")
        return self.build(self.folder / "one", executes=False)

    def reproducible(self) -> Run:
        run = self.build(self.clone("another folder"), jobs=1)
        other = digests(self.folder / "another folder")
        names = sorted(self.bytes.keys() | other.keys())
        self.differing = [name for name in names if self.bytes.get(name) != other.get(name)]
        return run

    def sequential(self) -> Run:
        clone = self.clone("sequential")
        return run([str(Path(sys.executable).with_name("jupyter-book")), "build", "-q", str(clone)], clone)

    def growth(self) -> Run:
        clone = self.clone("doubled")
        copies = double(clone)
        result = self.build(clone)
        executed = len(PAGE.findall(result.output))
        if executed != 2 * copies:
            sys.exit(f"{copies} pages were copied, but {executed} executed, not twice as many.")
        return result

    def original(self) -> Run:
        result = run([sys.executable, str(ROOT / "benchmarks" / "original.py")], ROOT)
        print(*(f"  {line}" for line in TOLD.findall(result.output)), sep="\n")
        self.seconds["original"] = float(IN_ALL.search(result.output)["seconds"])
        return result

    def clone(self, name: str) -> Path:
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, self.folder / name], check=True)
        return self.folder / name

    def build(self, clone: Path, executes: bool = True, jobs: int | None = None) -> Run:
        result = run([sys.executable, str(clone / "book" / "build.py"), "--jobs", str(jobs or self.jobs)], clone)
        if executes is not bool(PAGE.search(result.output)):
            sys.exit(f"Pages should {'' if executes else 'not '}have been executed:\n{result.output}")
        return result

    def targets(self) -> list[Target]:
        """Return every target whose parts were measured; what stands in issue and README is asked here."""
        took = self.seconds
        judged = [
            ("sequential over cold build", ("sequential", "cold"), {"least": 1.6}),
            ("prose edit over cold build", ("prose", "cold"), {"most": 0.1}),
            ("warm over cold build", ("warm", "cold"), {"most": 0.1}),
            ("twice the pages over once", ("growth", "cold"), {"most": 2.1}),
        ]
        found = [Target(name, took[a] / took[b], **bound) for name, (a, b), bound in judged if {a, b} <= took.keys()]
        if "prose" in took:
            found.append(Target("prose edit, seconds", took["prose"], most=15))
        if {"original", "cold"} <= took.keys():
            ratio = self.executing / took["original"]
            found.append(Target("executing the book over the original notebook", ratio, most=1))
        if "cold" in took:
            times = [seconds for seconds, _ in self.pages.values()]
            best = max(sum(times) / self.jobs, *times)
            found.append(Target("executing the book over the best possible", self.executing / best, most=1.15))
        if "reproducible" in took:
            found.append(Target("files that differ between two builds", len(self.differing), most=0))
        return found

    def report(self) -> None:
        if self.pages:
            print(f"\n{'seconds':>9}{'GB':>6}  page")
            for name, (seconds, gigabytes) in sorted(self.pages.items(), key=lambda item: -item[1][0]):
                print(f"{seconds:9.1f}{gigabytes:6.1f}  {name}")
            total = sum(seconds for seconds, _ in self.pages.values())
            print(f"{total:9.1f}        all, executed in {self.executing:.1f} s, {self.jobs} at a time", end="")
            print(f"; rendered in {self.rendering:.1f} s")
        print(f"\n{'seconds':>9}{'GB':>6}  part")
        for part, seconds in self.seconds.items():
            print(f"{seconds:9.1f}{self.peaks[part] / 1e9:6.1f}  {part}")
        for name in self.differing:
            print(f"  differs: {name}")
        print("\n" + "\n".join(map(str, self.targets())))


def run(command: list[str], clone: Path) -> Run:
    """Run a program that must succeed, with the library of a clone, and look at its memory while it runs."""
    environment = os.environ | {"PYTHONPATH": str(clone / "lib"), "SOURCE_DATE_EPOCH": DATE}
    if sheets := present_sheets():  # a clone finds them elsewhere
        environment["SHAPBOOK_DATA"] = str(sheets[0].parent.resolve())
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        start, peak = time.perf_counter(), 0
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=clone)
        try:
            while process.poll() is None:
                peak = max(peak, memory_of(process.pid))
                try:
                    process.wait(0.5)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.terminate()
        seconds = time.perf_counter() - start
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{text}")
    return Run(seconds, peak, text)


def digests(clone: Path) -> dict[str, str]:
    site = clone / "_build" / "html"
    paths = [path for path in site.rglob("*") if path.is_file()]
    return {path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=True).stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="pages executed at the same time")
    parser.add_argument("--record", type=Path, help="a file to write the numbers to, as JSON")
    options = parser.parse_args()
    chosen = set(options.only) | ({"cold"} if NEED_COLD & set(options.only) else set())
    about = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "HEAD"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory": memory(),
        "system": operating_system(),
        "load": round(psutil.getloadavg()[0], 2),
    }
    for name, value in about.items():
        print(f"{name:<12}{value}")
    if git("status", "--porcelain", "--untracked-files=no"):
        print("What is not committed is not measured.")
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.jobs)
        for part in PARTS:
            if part in chosen:
                bench.measure(part)
    bench.report()
    if options.record:
        pages = {page: {"seconds": s, "gigabytes": g} for page, (s, g) in bench.pages.items()}
        numbers = {"seconds": bench.seconds, "peak_bytes": bench.peaks, "differing": bench.differing, "pages": pages}
        options.record.write_text(json.dumps({"about": about, **numbers}, indent=1) + "\n", encoding="utf-8")
    return int(not all(target.met for target in bench.targets()))


if __name__ == "__main__":
    sys.exit(main())
