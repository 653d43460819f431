"""Leave out the grammar of URIs that JSON Schema makes at each start, which takes seconds; no schema here has a URI.

Import this first. To what is imported afterwards the package is as if it were not installed; it came with JupyterLab.
"""

import sys

sys.modules["rfc3987_syntax"] = None
