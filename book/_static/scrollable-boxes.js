// Makes code and outputs that scroll reachable by keyboard as soon as a folded box shows them; the theme looks only when
// the window changes.
(() => {
  "use strict";
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container";
  document.addEventListener("DOMContentLoaded", () => {
    const observer = new ResizeObserver((entries) =>
      entries.forEach(({ target }) => {
        target.tabIndex = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight ? 0 : -1;
      }),
    );
    document.querySelectorAll(boxes).forEach((box) => observer.observe(box));
  });
})();
