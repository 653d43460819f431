// Opens the folded boxes around the target of a link, which would lead nowhere otherwise.
(() => {
  "use strict";
  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = [];
    for (let box = target?.parentElement; box; box = box.parentElement) {
      if (box.classList.contains("toggle-hidden")) folded.push(box);
    }
    folded.forEach((box) => box.querySelector(".toggle-button")?.click());
    if (folded.length) target.scrollIntoView();
  }

  addEventListener("hashchange", openTarget);
  addEventListener("load", openTarget);
})();
