"""Two clones in different folders, built one after the other, give the same bytes when they are told the same date."""

from pathlib import Path

import pytest
from small_clone import PAGE, make_clone, site

DRAWN = """

```{code-cell} ipython3
---
mystnb:
  image:
    alt: "A line that rises from left to right, and a cloud of points around it."
  figure:
    caption: |
      A line.
    name: fig-line
---
import matplotlib.pyplot as plt
import numpy as np
from shapbook import figures
figures.use_style()
x = np.linspace(0, 1, 3000)
plt.plot(x, x + 0.1 * np.sin(1e4 * x), ".", rasterized=True)
plt.xlabel("x");
```

```{code-cell} ipython3
import shap
shap.initjs()
shap.plots.force(0.5, np.ones((3, 2)), np.ones((3, 2)))
```
"""


def test_two_clones_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one, other = (site(make_clone(tmp_path / name, PAGE + DRAWN)) for name in ("one", "another folder"))
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert {"book/page.html", "searchindex.js", "notebooks/page.ipynb"} <= one.keys()
    assert any(name.endswith(".svg") for name in one)
