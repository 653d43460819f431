// Draws SHAP's interactive force plots from the data in the page, when they come near the viewport.
(() => {
  "use strict";
  const home = document.currentScript.src;
  let library;

  function loadLibrary() {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("shap/bundle.js", home);
      script.onload = resolve;
      script.onerror = () => reject(new Error(`could not load ${script.src}`));
      document.head.append(script);
    });
    return library;
  }

  function nameControls(plot) {
    const names = ["Order of the galaxies", "What is drawn"];
    plot.querySelectorAll("select").forEach((select, i) => select.setAttribute("aria-label", names[i] ?? `Choice ${i + 1}`));
  }

  async function draw(plot) {
    const data = JSON.parse(plot.querySelector("script").textContent);
    await loadLibrary();
    const canvas = document.createElement("div");
    plot.append(canvas);
    new MutationObserver(() => nameControls(plot)).observe(canvas, { childList: true, subtree: true });
    const { React, ReactDom } = window.SHAP;
    ReactDom.render(React.createElement(window.SHAP[plot.dataset.kind], data), canvas);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const observer = new IntersectionObserver(
      (entries) =>
        entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
          observer.unobserve(entry.target);
          draw(entry.target);
        }),
      { rootMargin: "600px" },
    );
    document.querySelectorAll(".force-plot").forEach((plot) => observer.observe(plot));
  });
})();
