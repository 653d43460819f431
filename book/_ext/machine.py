"""What the machine is, and how much of its memory processes take."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import psutil

CONTROL_GROUP = Path("/sys/fs/cgroup")


def processor() -> str:
    """Return the processor's model, or its architecture where the system does not tell the model."""
    model = None
    if sys.platform == "linux":
        model = re.search(r"^model name\s*:\s*(\S.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    elif sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        model = re.search("(.+)", subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return model[1] if model else platform.processor() or platform.machine()


def memory() -> int:
    """Return the bytes of memory of the machine."""
    return psutil.virtual_memory().total


def available_memory(group: Path = CONTROL_GROUP) -> int:
    """Return the bytes that can be taken before the system swaps, or before a container's bound on Linux is reached."""
    available = psutil.virtual_memory().available
    try:
        bound, taken = (int(group.joinpath(name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or "max": no bound
        return available
    return max(0, min(available, bound - taken))


def memory_of(pid: int) -> int:
    """Return the resident bytes of a process and of all that it started; what two of them share counts twice.

    What ended or is not ours to look at takes none. A process that ends during a look may also raise an `OSError`.
    """
    total = 0
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except (psutil.Error, OSError):
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except (psutil.Error, OSError):
            continue
    return total


def operating_system() -> str:
    if sys.platform == "linux":
        try:
            return platform.freedesktop_os_release()["PRETTY_NAME"]
        except OSError:
            return "Linux"
    return f"macOS {platform.mac_ver()[0]}" if sys.platform == "darwin" else f"{platform.system()} {platform.release()}"
