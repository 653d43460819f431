"""Property tests draw the same examples at every run, and are not timed: the machine may be busy."""

from hypothesis import settings

settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")
