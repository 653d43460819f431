"""Build the site: execute the pages side by side, render them, and publish the result only if nothing failed.

`make book` calls this. The site is rendered in `_build/stage` and copied into one of two rooms; `_build/html` is a link
that is turned to the new room in one step at the end. So a build that fails, or is killed at any moment, leaves the
site of the last good build as it was.
"""

import argparse
import asyncio
import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from filelock import FileLock, Timeout

from downloads import Download, make_downloads, offer
from execution_cache import CACHE
from page_execution import PageError, execute_pages
from printed_book import PrintError
from repository import UNKNOWN, this_repository
from shapbook.data_files import DataError, chosen_folder

ROOT = Path(__file__).parents[1]
STAGE = ROOT / "_build" / "stage"
SITE = ROOT / "_build" / "html"
ROOMS = ROOT / "_build" / "rooms"
LOCK = ROOT / "_build" / "build.lock"
UNFINISHED = STAGE / "unfinished"


def say(text: str) -> None:
    print(text, flush=True)


def render() -> bool:
    """Render the stage with every warning an error; a stage that an earlier build left unfinished starts anew."""
    if UNFINISHED.exists():
        shutil.rmtree(STAGE)
    STAGE.mkdir(parents=True, exist_ok=True)
    UNFINISHED.touch()
    command = [
        sys.executable,
        str(Path(__file__).parent / "_ext" / "start_jupyter_book.py"),
        "build",
        str(ROOT),
        "--path-output",
        str(STAGE),
        "-W",
        "-n",
        "--keep-going",
        "-q",
    ]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}  # whatever letters the terminal knows
    result = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", env=environment
    )
    if result.returncode:
        say(result.stdout)
        return False
    UNFINISHED.unlink()
    return True


def publish(downloads: list[Download]) -> None:
    """Copy the stage into the room that is not shown, add the downloads, and turn the link of the site to it.

    A site that is a folder, as `jupyter-book build .` writes it, is first moved out of the way.
    """
    new = ROOMS / ("b" if SITE.resolve() == (ROOMS / "a").resolve() else "a")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(STAGE / "_build" / "html", new)
    offer(downloads, new)
    link, old = SITE.with_name("html.link"), SITE.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    link.unlink(missing_ok=True)
    link.symlink_to(new.relative_to(SITE.parent), target_is_directory=True)
    if SITE.is_dir() and not SITE.is_symlink():  # written by `jupyter-book build .`
        SITE.rename(old)
    link.replace(SITE)
    for outdated in (old, *(room for room in ROOMS.iterdir() if room != new)):
        shutil.rmtree(outdated, ignore_errors=True)


def refuse_read_only() -> None:
    """Raise an error that names a folder of an earlier build that cannot be written to, before any page is executed."""
    for folder in (LOCK.parent, CACHE, CACHE / "executed", STAGE, ROOMS):
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def refusal(error: OSError) -> str:
    """Say what the system refused, and of which file; the copy of a folder tells of many files, the first will do."""
    if isinstance(error, shutil.Error):
        _, _, reason = error.args[0][0]
        return reason
    return f"{error.strerror or error}: {error.filename or ROOT}"


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        msg = f"{number} pages at a time would execute none; give 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return number


def main() -> int:
    sys.stdout.reconfigure(errors="backslashreplace")  # paths may have letters that the terminal does not know
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, help="pages executed at the same time")
    parser.add_argument("--downloads", action="store_true", help="make the PDF and the zip file, too")
    arguments = parser.parse_args()
    try:
        chosen = chosen_folder()
        if chosen:
            os.environ["SHAPBOOK_DATA"] = str(chosen.resolve())  # pages are executed in their own folders
        LOCK.parent.mkdir(exist_ok=True)
        refuse_read_only()
        with FileLock(LOCK, timeout=0):
            return build(arguments.jobs, arguments.downloads)
    except (DataError, PageError, PrintError) as error:
        say(str(error))
    except Timeout:
        say(f"Another build of this clone is running (it holds {LOCK}). Wait for its end; the site is left as it was.")
    except OSError as error:
        say(f"{refusal(error)}. Make room or mend it; the site is left as it was.")
    return 1


def build(jobs: int, with_downloads: bool) -> int:
    start = time.perf_counter()
    if not this_repository():
        say(UNKNOWN)
    say(f"Executing the pages that changed, {jobs} at a time …")
    failures = asyncio.run(execute_pages(jobs, say))
    if failures:
        say("\nThese pages failed; the site is left as it was:\n\n" + "\n\n".join(map(str, failures)))
        return 1
    executed = time.perf_counter()
    say("Rendering the site …")
    if not render():
        say("\nRendering failed for the reasons above (warnings count); the site is left as it was.")
        return 1
    publish(make_downloads(STAGE / "_build" / "html", say) if with_downloads else [])
    end = time.perf_counter()
    say(f"Pages {executed - start:.1f} s, rendering {end - executed:.1f} s. The site is at")
    say(f"  {(SITE / 'index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
