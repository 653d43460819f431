// The interactive figure "a galaxy through the bands": a slider on redshift moves a spectrum through the passbands
// and a point along its colour–colour track. Its data stand in the page; see lib/shapbook/explorers.py.
(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const LYMAN_LIMIT = 912; // Å at rest
  const TEXT = 13; // px, whatever the width
  let explorers = 0;

  function element(name, attributes, text) {
    const svg = ["svg", "g", "path", "line", "circle", "text", "clipPath", "rect"].includes(name);
    const made = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const fixed = (value, digits) => value.toFixed(digits).replace("-", "−");
  const line = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

  function ticks(low, high, wanted) {
    const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5].find((s) => (high - low) / s <= wanted) || 10;
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9; i++) found.push(i * step);
    return { found, digits: step < 0.1 ? 2 : step < 1 ? 1 : 0 };
  }

  function control(id, label, input) {
    const row = element("div", { class: "shapbook-explorer-control" });
    input.id = id;
    row.append(element("label", { for: id }, label), input);
    return row;
  }

  function choice(names) {
    const select = element("select");
    names.forEach((name, i) => select.append(element("option", { value: i }, name)));
    return select;
  }

  function start(root) {
    if (root.dataset.ready !== undefined) return;
    root.dataset.ready = "";
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const { bands, colours, redshift, wavelength } = data;
    const id = `shapbook-explorer-${++explorers}`;
    const redshiftAt = (i) => redshift.first + i * redshift.step;
    const pairs = colours.slice(1).map((red, i) => [colours[i], red]);

    const slider = element("input", { type: "range", min: redshiftAt(0), max: redshiftAt(redshift.count - 1) });
    slider.step = redshift.step;
    slider.value = redshiftAt(0);
    const template = choice(data.templates.map((t) => t.label));
    template.value = data.start;
    const pair = choice(pairs.map(([blue, red]) => `${blue} against ${red}`));
    const shown = element("span", { class: "shapbook-explorer-value", "aria-hidden": "true" });
    const spectrumBox = element("div", { class: "shapbook-explorer-spectrum" });
    const trackBox = element("div", { class: "shapbook-explorer-track" });
    const status = element("p", { role: "status", "aria-live": "polite" });
    const sliderRow = control(`${id}-z`, "Redshift", slider);
    sliderRow.classList.add("shapbook-explorer-slider");
    sliderRow.append(shown);
    const controls = element("div", { class: "shapbook-explorer-controls" });
    controls.append(sliderRow, control(`${id}-t`, "Spectrum", template), control(`${id}-c`, "Colours", pair));
    const figure = element("div", { class: "shapbook-explorer-panels" });
    figure.append(spectrumBox, trackBox);
    const table = root.querySelector("details");
    if (table) table.open = false;
    root.insertBefore(controls, table);
    root.insertBefore(figure, table);
    root.insertBefore(status, table);

    const throughputAt = (band, at) => {
      const place = (at - band.first) / band.step;
      const i = Math.floor(place);
      if (i < 0 || i >= band.throughput.length - 1) return 0;
      return band.throughput[i] + (place - i) * (band.throughput[i + 1] - band.throughput[i]);
    };
    function bandOf(at) {
      const best = bands.reduce((a, b) => (throughputAt(b, at) > throughputAt(a, at) ? b : a));
      return throughputAt(best, at) > 0 ? best.name : null;
    }
    const colourAt = (spectrum, i, name) => {
      const at = colours.indexOf(name);
      const [blue, red] = [spectrum.mags[i][at], spectrum.mags[i][at + 1]];
      return blue === null || red === null ? null : blue - red;
    };
    const index = () => Math.round((Number(slider.value) - redshift.first) / redshift.step);

    function canvas(box, height, label, [xLow, xHigh], [yLow, yHigh], left) {
      const width = Math.max(box.clientWidth, 240);
      const inner = { left, right: width - 12, top: 24, bottom: height - 42 };
      const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
      const x = (v) => inner.left + ((v - xLow) / (xHigh - xLow)) * (inner.right - inner.left);
      const y = (v) => inner.bottom - ((v - yLow) / (yHigh - yLow)) * (inner.bottom - inner.top);
      const text = (v, h, words, anchor = "middle", more = {}) =>
        svg.appendChild(element("text", { x: v, y: h, "text-anchor": anchor, "font-size": TEXT, ...more }, words));
      svg.append(element("path", { class: "axis", d: line([[inner.left, inner.top], [inner.left, inner.bottom], [inner.right, inner.bottom]]) }));
      box.replaceChildren(svg);
      return { svg, x, y, text, inner, width };
    }

    function axisLabels({ text, inner }, height, xLabel, yLabel) {
      text((inner.left + inner.right) / 2, height - 6, xLabel);
      text(4, 14, yLabel, "start");
    }

    function drawSpectrum(spectrum, i) {
      const z = redshiftAt(i);
      const [low, high] = data.window;
      const points = wavelength.map((w, k) => [w * (1 + z), spectrum.fNu[k]]).filter(([w]) => w >= low && w <= high);
      const fluxes = spectrum.mags[i].map((m) => (m === null ? 0 : 10 ** (-0.4 * m)));
      const top = 1.06 * Math.max(...fluxes, points.map((p) => p[1]).sort((a, b) => a - b)[Math.floor(0.985 * points.length)]);
      const height = 290;
      const label = `Spectrum at redshift ${z.toFixed(2)} behind the six LSST passbands`;
      const plot = canvas(spectrumBox, height, label, data.window, [0, top], 16);
      const { svg, x, y, text, inner, width } = plot;
      const clip = element("clipPath", { id: `${id}-clip` });
      const box = { x: inner.left, y: inner.top, width: inner.right - inner.left, height: inner.bottom - inner.top };
      clip.append(element("rect", box));
      svg.append(clip);
      for (let w = 4000; w < high; w += width < 480 ? 2000 : 1000) {
        svg.append(element("line", { class: "axis", x1: x(w), x2: x(w), y1: inner.bottom, y2: inner.bottom + 4 }));
        text(x(w), inner.bottom + 17, w);
      }
      axisLabels(plot, height, "observed wavelength (Å)", "flux density fν (relative)");
      for (const band of bands) {
        const scale = 0.62 * (inner.bottom - inner.top);
        const outline = band.throughput.map((t, k) => [x(band.first + k * band.step), inner.bottom - t * scale]);
        const end = band.first + (band.throughput.length - 1) * band.step;
        const closed = `${line([[x(band.first), inner.bottom], ...outline, [x(end), inner.bottom]])}Z`;
        svg.append(element("path", { d: closed, fill: band.colour, "fill-opacity": 0.28, stroke: band.colour }));
        text(x(band.centre), inner.bottom - 6, band.name, "middle", { class: "band" });
      }
      svg.append(element("path", { class: "spectrum", d: line(points.map(([w, f]) => [x(w), y(f)])), "clip-path": `url(#${id}-clip)` }));
      for (const [rest, name] of [[data.break, "4000 Å break"], [LYMAN_LIMIT, "Lyman limit"]]) {
        const at = rest * (1 + z);
        if (at < low || at > high) continue;
        svg.append(element("line", { class: "mark", x1: x(at), x2: x(at), y1: inner.top, y2: inner.bottom }));
        const right = x(at) > inner.right - 110;
        text(x(at) + (right ? -5 : 5), inner.top + 10, name, right ? "end" : "start");
      }
      bands.forEach((band, k) => {
        if (fluxes[k] > 0) svg.append(element("circle", { class: "dot", cx: x(band.centre), cy: y(fluxes[k]), r: 5.5, fill: band.colour }));
      });
    }

    function drawTrack(spectrum, i) {
      const [blue, red] = pairs[Number(pair.value)];
      const track = spectrum.mags.map((_, k) => [colourAt(spectrum, k, red), colourAt(spectrum, k, blue), k]);
      const known = track.filter(([x, y]) => x !== null && y !== null);
      const range = (k) => {
        const [low, high] = [Math.min(...known.map((p) => p[k])), Math.max(...known.map((p) => p[k]))];
        const pad = 0.1 * (high - low) + 0.02;
        return [low - pad, high + pad];
      };
      const height = 290;
      const label = `Track of the spectrum in the plane of ${blue} and ${red}, with its point at redshift ${redshiftAt(i).toFixed(2)}`;
      const plot = canvas(trackBox, height, label, range(0), range(1), 44);
      const { svg, x, y, text, inner } = plot;
      const across = ticks(...range(0), (inner.right - inner.left) / 55);
      for (const v of across.found) {
        svg.append(element("line", { class: "axis", x1: x(v), x2: x(v), y1: inner.bottom, y2: inner.bottom + 4 }));
        text(x(v), inner.bottom + 17, fixed(v, across.digits));
      }
      const up = ticks(...range(1), 6);
      for (const v of up.found) {
        svg.append(element("line", { class: "axis", x1: inner.left - 4, x2: inner.left, y1: y(v), y2: y(v) }));
        text(inner.left - 7, y(v) + 4, fixed(v, up.digits), "end");
      }
      axisLabels(plot, height, `${red} (mag)`, `${blue} (mag)`);
      svg.append(element("path", { class: "spectrum", d: line(known.map(([a, b]) => [x(a), y(b)])) }));
      for (const [a, b, k] of known) {
        const z = redshiftAt(k);
        if (Math.abs(2 * z - Math.round(2 * z)) > 1e-6) continue;
        svg.append(element("circle", { class: "stop", cx: x(a), cy: y(b), r: 3 }));
        const right = x(a) > inner.right - 45;
        text(x(a) + (right ? -7 : 6), y(b) - 6, `z = ${z.toFixed(1)}`, right ? "end" : "start", { class: "small" });
      }
      const [a, b] = track[i];
      if (a !== null && b !== null) svg.append(element("circle", { class: "here", cx: x(a), cy: y(b), r: 7 }));
    }

    let announcing;
    function draw(announce) {
      const i = index();
      const spectrum = data.templates[Number(template.value)];
      const z = redshiftAt(i);
      const at = data.break * (1 + z);
      const band = bandOf(at);
      shown.textContent = `z = ${z.toFixed(2)}`;
      drawSpectrum(spectrum, i);
      drawTrack(spectrum, i);
      const list = colours.map((name) => {
        const value = colourAt(spectrum, i, name);
        return `${name} ${value === null ? "unknown" : fixed(value, 2)}`;
      });
      const words =
        `At redshift ${z.toFixed(2)} the 4000 Å break is observed at ${Math.round(at)} Å, ` +
        `${band ? `in band ${band}` : "redward of all bands"}. Colours: ${list.join(", ")} mag.`;
      clearTimeout(announcing); // a screen reader should hear where the slider stops, not every step
      announcing = setTimeout(() => (status.textContent = words), announce ? 250 : 0);
    }

    for (const input of [slider, template, pair]) input.addEventListener("input", () => draw(true));
    let width = 0;
    new ResizeObserver(() => {
      if (root.clientWidth !== width) {
        width = root.clientWidth;
        draw(false);
      }
    }).observe(root);
  }

  function startAll() {
    document.querySelectorAll(".shapbook-explorer[data-explorer='spectrum']").forEach(start);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
