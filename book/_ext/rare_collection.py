"""Look for garbage rarely while the site is built.

The parsed pages are some millions of small objects that refer to one another and live to the end. At Python's own pace
the collector looks through them again and again, which takes most of the time of a build in which little has changed.
"""

import gc
from typing import Any

from sphinx.application import Sphinx

NEW_OBJECTS, YOUNG_ROUNDS, OLDER_ROUNDS = 100_000, 20, 50  # before the next round of each generation


def setup(app: Sphinx) -> dict[str, Any]:
    gc.set_threshold(NEW_OBJECTS, YOUNG_ROUNDS, OLDER_ROUNDS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
