"""Run the command `jupyter-book` of this Python, which starts faster so."""

import no_uri_grammar  # noqa: F401 (first)

# isort: split
from jupyter_book.cli.main import main

if __name__ == "__main__":
    main(prog_name="jupyter-book")
