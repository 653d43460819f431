// Makes a figure that scrolls sideways reachable by keyboard in every browser, and shows where it goes on.
(() => {
  "use strict";
  function measured(frame) {
    return {
      frame,
      scrolls: frame.scrollWidth > frame.clientWidth,
      goesOn: frame.scrollLeft + frame.clientWidth < frame.scrollWidth - 1,
    };
  }

  function fade({ frame, goesOn }) {
    frame.classList.toggle("goes-on", goesOn);
  }

  function mark({ frame, scrolls, goesOn }) {
    const needed = { tabindex: "0", role: "group", "aria-label": "Figure, scrolls sideways" };
    for (const [name, value] of Object.entries(needed)) {
      scrolls ? frame.setAttribute(name, value) : frame.removeAttribute(name);
    }
    fade({ frame, goesOn });
  }

  document.addEventListener("DOMContentLoaded", () => {
    // All are measured before any is marked: to measure after a mark, the browser would lay out the page anew.
    const observer = new ResizeObserver((entries) => entries.map(({ target }) => measured(target)).forEach(mark));
    document.querySelectorAll(".figure-frame").forEach((frame) => {
      observer.observe(frame);
      frame.addEventListener("scroll", () => fade(measured(frame)), { passive: true });
    });
  });
})();
