// Makes code and outputs that scroll reachable by keyboard as soon as a folded box shows them; the theme looks only when
// the window changes.
(() => {
  "use strict";
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container";
  document.addEventListener("DOMContentLoaded", () => {
    // All are measured before any is marked: to measure after a mark, the browser would lay out the page anew.
    const observer = new ResizeObserver((entries) =>
      entries
        .map(({ target: box }) => ({
          box,
          scrolls: box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight,
        }))
        .forEach(({ box, scrolls }) => (box.tabIndex = scrolls ? 0 : -1)),
    );
    document.querySelectorAll(boxes).forEach((box) => observer.observe(box));
  });
})();
