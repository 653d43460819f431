// Makes a figure that scrolls sideways reachable by keyboard in every browser, and shows where it goes on.
(() => {
  "use strict";
  function fade(frame) {
    frame.classList.toggle("goes-on", frame.scrollLeft + frame.clientWidth < frame.scrollWidth - 1);
  }

  function mark(frame) {
    const needed = { tabindex: "0", role: "group", "aria-label": "Figure, scrolls sideways" };
    const scrolls = frame.scrollWidth > frame.clientWidth;
    for (const [name, value] of Object.entries(needed)) {
      scrolls ? frame.setAttribute(name, value) : frame.removeAttribute(name);
    }
    fade(frame);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const observer = new ResizeObserver((entries) => entries.forEach((entry) => mark(entry.target)));
    document.querySelectorAll(".figure-frame").forEach((frame) => {
      observer.observe(frame);
      frame.addEventListener("scroll", () => fade(frame), { passive: true });
    });
  });
})();
