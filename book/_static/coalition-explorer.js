// Two interactive figures of Shapley values. "coalition": add players one by one, watch what each adds and the average
// over orderings. "convergence": a slider on the number of sampled orderings.
// Their data stand in the page; see lib/shapbook/coalition_explorer.py.
(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const SHAPES = ["svg", "line", "rect", "circle", "text"];
  const PLAYER_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
  const TEXT = 13; // px, whatever the width
  const ROW = 34;
  const COLUMN = 46;
  const WIDE = 1.96; // standard errors on either side: a 95 % interval
  let explorers = 0;

  function element(name, attributes, text) {
    const made = SHAPES.includes(name) ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function number(value, sign = "") {
    const rounded = Math.round(value * 1000) / 1000 || 0; // no −0
    return (rounded > 0 ? sign : "") + rounded.toFixed(3).replace("-", "−");
  }

  function button(text, act, colour) {
    const made = element("button", { type: "button" }, colour ? undefined : text);
    if (colour) made.append(element("span", { class: "swatch", style: `background:${colour}` }), text);
    made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" && act());
    return made;
  }

  // a disabled button would lose the focus of a keyboard, so it only says that it is
  const disable = (made, off) => made.setAttribute("aria-disabled", String(off));

  function group(label, buttons) {
    const made = element("div", { class: "shapbook-explorer-buttons", role: "group", "aria-label": label });
    made.append(...buttons);
    return made;
  }

  function labelled(id, label, input) {
    const row = element("div", { class: "shapbook-explorer-control" });
    input.id = id;
    row.append(element("label", { for: id }, label), input);
    return row;
  }

  const ruler = document.createElement("canvas").getContext("2d");

  function textWidth(words, box) {
    ruler.font = `${TEXT}px ${getComputedStyle(box).fontFamily}`;
    return ruler.measureText(words).width;
  }

  const together = (names) => names.join(", ").replace(/, ([^,]*)$/, " and $1");

  // A drawing with one row a name: names on the left, a horizontal axis from low to high, `column` px for numbers.
  function rows(box, names, heading, label, [low, high], column) {
    const width = Math.max(box.clientWidth, 240);
    const height = 30 + ROW * names.length + 34;
    const left = 12 + Math.max(...names.map((name) => textWidth(name, box)));
    const [right, top] = [width - 12 - column, 30];
    const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    const x = (value) => left + ((value - low) / (high - low)) * (right - left);
    const y = (row) => top + ROW * (row + 0.5);
    const add = (name, attributes, words) => svg.appendChild(element(name, attributes, words));
    const text = (at, down, words, anchor = "middle", more = {}) =>
      add("text", { x: at, y: down, "text-anchor": anchor, "font-size": TEXT, ...more }, words);
    text(0, 14, heading, "start", { class: "heading" });
    names.forEach((name, row) => text(left - 8, y(row) + 4, name, "end"));
    const bottom = top + ROW * names.length;
    add("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom });
    const step = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5].find((s) => (high - low) / s <= (right - left) / 48) || 10;
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9; i++) {
      add("line", { class: "axis", x1: x(i * step), x2: x(i * step), y1: bottom, y2: bottom + 4 });
      text(x(i * step), bottom + 18, (i * step).toFixed(step < 0.1 || step === 0.25 ? 2 : step < 1 ? 1 : 0).replace("-", "−"));
    }
    const figure = (row, words) => text(width, y(row) + 4, words, "end");
    box.replaceChildren(svg);
    return { add, x, y, top, bottom, figure };
  }

  function padded(numbers) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const pad = 0.08 * (high - low) || 1;
    return [low < 0 ? low - pad : low, high + pad];
  }

  // Runs `draw` whenever the width of the figure changes.
  function onWidth(root, draw) {
    let width = 0;
    new ResizeObserver(() => {
      if (root.clientWidth === width) return;
      width = root.clientWidth;
      draw();
    }).observe(root);
  }

  function place(root, parts) {
    const tables = root.querySelectorAll("details");
    for (const table of tables) table.open = false;
    for (const part of parts) root.insertBefore(part, tables[0] || null);
  }

  function permutations(items) {
    if (!items.length) return [[]];
    return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
  }

  // -- grow a coalition

  function startCoalition(root, data, id) {
    const select = element("select");
    data.games.forEach((game, i) => select.append(element("option", { value: i }, game.title)));
    const note = element("p", { class: "note" });
    const players = group("Add a player", []);
    const pathBox = element("div", { class: "shapbook-explorer-path" });
    const meanBox = element("div", { class: "shapbook-explorer-mean" });
    const panels = element("div", { class: "shapbook-explorer-panels" });
    panels.append(pathBox, meanBox);
    const status = element("p", { role: "status", "aria-live": "polite" });
    const undo = button("Undo", () => past.length && show(past.pop(), "Undone. "));
    const complete = button("Complete this ordering", () => move(completion(), "Completed. "));
    const all = button("All orderings", () => {
      const done = new Set(orderings.map(String));
      keep();
      show({ path: orderings[orderings.length - 1], done }, "");
    });
    const reset = button("Start over", () => {
      keep();
      show({ path: [], done: new Set() }, "Started over. ");
    });

    let game, orderings, state, past;
    const value = (members) => game.values[members.reduce((code, player) => code + 2 ** player, 0)];
    const steps = (path) => path.map((_, k) => value(path.slice(0, k + 1)) - value(path.slice(0, k)));
    const full = (path) => path.length === game.players.length;
    const listed = (numbers) => game.players.map((name, i) => `${name} ${number(numbers[i])}`).join(", ");
    const keep = () => past.push({ path: state.path, done: new Set(state.done) });

    function means() {
      const sums = game.players.map(() => 0);
      for (const key of state.done) {
        const path = key.split(",").map(Number);
        steps(path).forEach((added, k) => (sums[path[k]] += added));
      }
      return sums.map((sum) => sum / state.done.size);
    }

    // The first ordering that begins as this one does and is not counted yet.
    function completion() {
      const begun = full(state.path) ? [] : state.path;
      const fitting = orderings.filter((path) => begun.every((player, k) => path[k] === player));
      return fitting.find((path) => !state.done.has(String(path))) || fitting[0];
    }

    function move(path, words) {
      keep();
      const again = full(path) && state.done.has(String(path));
      const done = full(path) ? new Set(state.done).add(String(path)) : state.done;
      show({ path, done }, words, again);
    }

    function join(player) {
      const path = full(state.path) ? [player] : [...state.path, player];
      const before = together(path.slice(0, -1).map((i) => game.players[i])) || "nobody";
      const added = number(value(path) - value(path.slice(0, -1)), "+");
      move(path, `${game.players[player]} joins ${before} and adds ${added}: the coalition is worth ${number(value(path))}. `);
    }

    function describe(words, again) {
      const count = `${state.done.size} of ${orderings.length} orderings`;
      const parts = [words];
      if (full(state.path)) {
        const path = state.path.map((player, k) => `${game.players[player]} ${number(steps(state.path)[k], "+")}`);
        parts.push(`Ordering ${path.join(", ")}. `);
        const [end, start] = [value(state.path), value([])];
        parts.push(`Sum: ${number(end - start)}, which is ${number(end)} − ${number(start)}. `);
      } else if (!state.path.length) parts.push(`Nobody has joined: the value is ${number(value([]))}. `);
      if (again) parts.push("This ordering was counted before, and counts once. ");
      if (state.done.size === orderings.length) parts.push(`Average over all ${orderings.length} orderings, the Shapley values: ${listed(means())}.`);
      else if (state.done.size) parts.push(`Average over ${count}: ${listed(means())}.`);
      else parts.push("No ordering is complete yet.");
      return parts.join("");
    }

    function drawPath() {
      const { path } = state;
      const names = ["nobody", ...game.players.map((_, k) => (k < path.length ? game.players[path[k]] : "…"))];
      const label = `Value of the coalition as players join: ${names.slice(0, path.length + 1).join(", ")}`;
      const plot = rows(pathBox, names, "Value as players join", label, padded([0, ...game.values]), COLUMN);
      let worth = value([]);
      plot.add("circle", { cx: plot.x(worth), cy: plot.y(0), r: 4, fill: "currentColor" });
      plot.figure(0, number(worth));
      steps(path).forEach((added, k) => {
        const [from, to] = [worth, worth + added].map(plot.x);
        const middle = plot.y(k + 1);
        plot.add("line", { class: "level", x1: from, x2: from, y1: middle - ROW, y2: middle + 9 });
        const shape = { x: Math.min(from, to) - 1, width: Math.abs(to - from) + 2, y: middle - 9, height: 18 };
        plot.add("rect", { ...shape, fill: PLAYER_COLOURS[path[k]] });
        plot.figure(k + 1, number(added, "+"));
        worth += added;
      });
    }

    function drawMeans() {
      const running = state.done.size ? means() : null;
      const label = running ? `Average contributions: ${listed(running)}` : "Average contributions: none yet";
      const heading = `Average of ${state.done.size} of ${orderings.length} orderings`;
      const extremes = orderings.flatMap(steps);
      const plot = rows(meanBox, [...game.players, ""], heading, label, padded([0, ...extremes]), COLUMN);
      const zero = plot.x(0);
      plot.add("line", { class: "axis", x1: zero, x2: zero, y1: plot.top, y2: plot.bottom });
      game.exact.forEach((exact, player) => {
        const middle = plot.y(player);
        const at = plot.x(exact);
        if (running) {
          const to = plot.x(running[player]);
          plot.add("rect", { x: Math.min(zero, to), width: Math.abs(to - zero), y: middle - 9, height: 18, fill: PLAYER_COLOURS[player] });
        }
        plot.add("line", { class: "exact", x1: at, x2: at, y1: middle - 14, y2: middle + 14 });
        if (running) plot.figure(player, number(running[player]));
      });
      const legend = plot.y(game.players.length);
      plot.add("line", { class: "exact", x1: zero + 8, x2: zero + 8, y1: legend - 12, y2: legend + 12 });
      plot.add("text", { x: zero + 16, y: legend + 4, "font-size": TEXT }, "Shapley value");
    }

    function draw() {
      drawPath();
      drawMeans();
    }

    function show(next, words, again = false) {
      state = next;
      const begun = full(state.path) ? [] : state.path;
      [...players.querySelectorAll("button")].forEach((made, player) => disable(made, begun.includes(player)));
      disable(undo, !past.length);
      disable(all, state.done.size === orderings.length);
      draw();
      status.textContent = describe(words, again);
    }

    function choose() {
      game = data.games[Number(select.value)];
      orderings = permutations(game.players.map((_, i) => i));
      past = [];
      note.textContent = game.note;
      const buttons = game.players.map((name, i) => button(name, () => join(i), PLAYER_COLOURS[i]));
      players.replaceChildren(element("span", {}, "Add:"), ...buttons);
      show({ path: [], done: new Set() }, "");
    }

    const controls = element("div", { class: "shapbook-explorer-controls" });
    controls.append(labelled(`${id}-g`, "Game", select));
    place(root, [controls, note, players, group("Orderings", [complete, all, undo, reset]), panels, status]);
    select.addEventListener("input", choose);
    choose();
    onWidth(root, draw);
  }

  // -- grow a sample

  function startConvergence(root, data, id) {
    const last = data.sizes.length - 1;
    const slider = element("input", { type: "range", min: 0, max: last, step: 1 });
    slider.value = 0;
    const shown = element("span", { class: "shown", "aria-hidden": "true" }); // the slider's own text says the same
    const row = labelled(`${id}-m`, "Orderings", slider);
    row.classList.add("shapbook-explorer-slider");
    row.append(shown);
    const box = element("div");
    const panels = element("div", { class: "shapbook-explorer-panels" });
    panels.append(box);
    const status = element("p", { role: "status", "aria-live": "polite" });
    let run = 0;
    const again = button("Another run", () => {
      run = (run + 1) % data.runs.length;
      update(0);
    });
    const bounds = (of, at) => data.runs[of].mean[at].map((mean, k) => [mean - WIDE * data.runs[of].error[at][k], mean + WIDE * data.runs[of].error[at][k]]);
    const everything = data.runs.flatMap((_, of) => bounds(of, 0).flat());
    const range = padded([0, ...data.exact, ...everything]);
    const inside = (of, at) => bounds(of, at).map(([low, high], k) => low <= data.exact[k] && data.exact[k] <= high);

    function draw() {
      const at = Number(slider.value);
      const { mean } = data.runs[run];
      const label = `Estimates from ${data.sizes[at]} orderings with 95 % intervals; dashed: the exact values`;
      const plot = rows(box, data.rows, "Estimate with 95 % interval", label, range, 0);
      const held = inside(run, at);
      bounds(run, at).forEach(([low, high], k) => {
        const middle = plot.y(k);
        const colour = held[k] ? PLAYER_COLOURS[0] : PLAYER_COLOURS[1];
        plot.add("line", { class: "exact", x1: plot.x(data.exact[k]), x2: plot.x(data.exact[k]), y1: middle - 14, y2: middle + 14 });
        plot.add("line", { x1: plot.x(low), x2: plot.x(high), y1: middle, y2: middle, stroke: colour, "stroke-width": 3 });
        for (const end of [low, high]) plot.add("line", { x1: plot.x(end), x2: plot.x(end), y1: middle - 6, y2: middle + 6, stroke: colour, "stroke-width": 3 });
        plot.add("circle", { cx: plot.x(mean[at][k]), cy: middle, r: 5.5, fill: held[k] ? colour : "var(--paper)", stroke: colour, "stroke-width": 3 });
      });
    }

    let announcing;
    function update(delay) {
      const at = Number(slider.value);
      shown.textContent = `m = ${data.sizes[at]}`;
      slider.setAttribute("aria-valuetext", `${data.sizes[at]} orderings`);
      draw();
      const count = (of) => inside(of, at).filter(Boolean).length;
      const total = data.runs.reduce((sum, _, of) => sum + count(of), 0);
      const half = WIDE * data.runs[run].error[at][0];
      const words =
        `Run ${run + 1} of ${data.runs.length}, ${data.sizes[at]} orderings: ${data.rows[0]} is estimated as ` +
        `${number(data.runs[run].mean[at][0])} ± ${number(half)}. ${count(run)} of ${data.rows.length} intervals hold the exact value; ` +
        `in all runs together, ${total} of ${data.rows.length * data.runs.length}.`;
      clearTimeout(announcing); // a screen reader should hear where the slider stops, not every step
      announcing = setTimeout(() => (status.textContent = words), delay);
    }

    const controls = element("div", { class: "shapbook-explorer-controls" });
    controls.append(row, again);
    place(root, [controls, panels, status]);
    slider.addEventListener("input", () => update(250));
    update(0);
    onWidth(root, draw);
  }

  const kinds = { coalition: startCoalition, convergence: startConvergence };

  function start(root) {
    if (!(root.dataset.explorer in kinds) || root.dataset.ready !== undefined) return;
    root.dataset.ready = "";
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    kinds[root.dataset.explorer](root, data, `shapbook-shapley-${++explorers}`);
  }

  const startAll = () => document.querySelectorAll(".shapbook-explorer").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
