// Wakes the quizzes of a page; all they say stands in it already.
(() => {
  // Answers stay in the browser, where it lets us keep them.
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return false;
    }
  };
  const recall = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));
  const forget = (key) => attempt(() => localStorage.removeItem(key));
  const keep = (key, value) =>
    attempt(() => localStorage.setItem(key, JSON.stringify(value)) === undefined);

  const make = (tag, name, ...children) => {
    const node = document.createElement(tag);
    node.className = name;
    node.append(...children);
    return node;
  };

  const colour = (right) => (right ? "quiz-right" : "quiz-wrong");

  const icon = (right) => {
    const node = make("span", "quiz-icon", right ? "✓" : "✗");
    node.setAttribute("aria-hidden", "true");
    return node;
  };

  const verdict = (right, more) =>
    make("p", `quiz-verdict ${colour(right)}`, icon(right), " ",
      make("strong", "", right ? "Right." : "Not quite."), more ? ` ${more}` : "");

  // A copy of a reason, typeset when the page was built.
  const said = (holder, verdictToo = true) => {
    const copy = holder.querySelector(".quiz-said").cloneNode(true);
    copy.querySelectorAll("[id]").forEach((node) => node.removeAttribute("id"));
    if (!verdictToo) copy.querySelector(".quiz-verdict").remove();
    return copy;
  };

  const lettered = (item, reason) =>
    make("div", "quiz-each", make("span", "quiz-letter", item.dataset.letter), " ", reason);

  const near = (x, answer, tolerance) =>
    Math.abs(x - answer) <= tolerance * (1 + 1e-9) + 1e-12 * Math.abs(answer);

  // A number as people write it: 0.05, 0,05, −5e-2, 5 × 10⁻², with or without the unit.
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const parse = (text, unit) => {
    let s = text.trim();
    if (unit && s.endsWith(unit)) s = s.slice(0, -unit.length);
    s = s
      .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (m) => "^" + [...m].map((c) => (c === "⁻" ? "-" : SUPERSCRIPTS.indexOf(c))).join(""))
      .replace(/[\u2010-\u2013\u2212\uFE63\uFF0D]/g, "-")
      .replace(/\s/g, "")
      .replace(/[×x*·]10\^([-+]?\d+)$/, "e$1");
    if (s === "") return { problem: "Write a number first." };
    if (/^[-+]?[1-9]\d{0,2},\d{3}$/.test(s)) {
      return { problem: `The comma in ${s} can be read in two ways: write ${s.replace(",", "")} or ${s.replace(",", ".")}.` };
    }
    if (/^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(s) && (s.includes(".") || s.indexOf(",") !== s.lastIndexOf(",")))
      s = s.replace(/,/g, "");
    else if (!s.includes(".")) s = s.replace(",", ".");
    const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(s) ? Number(s) : NaN;
    return Number.isFinite(value) ? { value } : { problem: "Write a number, like 0.05 or 5e-2." };
  };

  // Each kind of question reads, writes and judges its answer:
  // {problem} while there is none, else {right, say: [nodes], marks: [[item, right]]}.

  const choices = (form) => {
    const several = form.dataset.kind === "several";
    const items = [...form.querySelectorAll(".quiz-option")];
    const input = (item) => item.querySelector("input");
    const isRight = (item) => item.dataset.correct === "true";
    return {
      read: () => items.map(input).filter((node) => node.checked).map((node) => node.value),
      write: (answer) => items.map(input).forEach((node) => (node.checked = answer.includes(node.value))),
      empty: [],
      valid: (a) =>
        Array.isArray(a) && a.every((v) => items.some((item) => item.dataset.value === v)) && (several || a.length < 2),
      first: () => input(items[0]),
      judge() {
        const mine = items.filter((item) => input(item).checked);
        const marks = mine.map((item) => [item, isRight(item)]);
        if (!mine.length) return { problem: "Choose an answer first." };
        if (!several) return { right: isRight(mine[0]), say: [said(mine[0])], marks };
        const wrong = mine.filter((item) => !isRight(item)).length;
        const missing = items.filter(isRight).length - (mine.length - wrong);
        const right = !wrong && !missing;
        const more = right ? "" : `Wrong choices: ${wrong}. Right answers still missing: ${missing}.`;
        return { right, say: [verdict(right, more), ...mine.map((item) => lettered(item, said(item)))], marks };
      },
    };
  };

  const number = (form) => {
    const input = form.querySelector(".quiz-number");
    const reasons = [...form.querySelectorAll(".quiz-reason")];
    const reason = (which) => reasons.find((node) => node.dataset.for === which);
    return {
      read: () => input.value,
      write: (answer) => (input.value = answer),
      empty: "",
      valid: (a) => typeof a === "string" && a.length < 100,
      first: () => input,
      judge() {
        const { value, problem } = parse(input.value, form.dataset.unit);
        if (problem) return { problem, invalid: true };
        const tolerance = Number(form.dataset.tolerance);
        const right = near(value, Number(form.dataset.answer), tolerance);
        const off = (node) => Math.abs(value - node.dataset.for); // NaN where no number stands
        const slip = reasons
          .filter((node) => near(value, node.dataset.for, tolerance))
          .sort((a, b) => off(a) - off(b))[0];
        const holder = right ? reason("right") : slip || reason("wrong");
        return { right, say: [verdict(right), said(holder, false)], marks: [] };
      },
    };
  };

  const order = (form, announce) => {
    const list = form.querySelector(".quiz-options");
    const items = () => [...list.children];
    const start = items().map((item) => item.dataset.value);
    const places = () => {
      items().forEach((item, i, all) => {
        item.querySelector("select").value = i;
        item.querySelector('[data-step="-1"]').setAttribute("aria-disabled", i === 0);
        item.querySelector('[data-step="1"]').setAttribute("aria-disabled", i === all.length - 1);
      });
    };
    // The others move round it, so that the thing moved keeps the focus.
    const move = (item, to) => {
      const from = items().indexOf(item);
      if (to < 0 || to >= items().length || to === from) return;
      for (let i = from; i < to; i++) list.insertBefore(item.nextElementSibling, item);
      for (let i = from; i > to; i--) list.insertBefore(item.previousElementSibling, item.nextElementSibling);
      places();
      announce(`${item.dataset.letter} stands at place ${to + 1} of ${items().length}.`);
    };
    items().forEach((item) => {
      item.querySelectorAll(".quiz-move").forEach((button) =>
        button.addEventListener("click", () => move(item, items().indexOf(item) + Number(button.dataset.step))));
      item.querySelector("select").addEventListener("change", (event) => move(item, Number(event.target.value)));
    });
    const write = (answer) => {
      answer.forEach((v) => list.append(items().find((item) => item.dataset.value === v)));
      places();
    };
    places();
    return {
      read: () => items().map((item) => item.dataset.value),
      write,
      empty: start,
      valid: (a) => Array.isArray(a) && JSON.stringify([...a].sort()) === JSON.stringify([...start].sort()),
      first: () => list.querySelector("select"),
      judge() {
        const marks = items().map((item, i) => [item, item.dataset.value === String(i)]);
        const off = marks.find(([, right]) => !right);
        const why = (item) => lettered(item, said(item, false));
        if (!off) return { right: true, say: [verdict(true), ...items().map(why)], marks };
        const n = marks.filter(([, right]) => right).length;
        const more = `In the right place: ${n} of ${marks.length}. Think about ${off[0].dataset.letter} first:`;
        return { right: false, say: [verdict(false, more), why(off[0])], marks };
      },
    };
  };

  const question = (form, prefix, changed) => {
    const key = prefix + form.dataset.question;
    const box = form.querySelector(".quiz-feedback");
    const again = form.querySelector(".quiz-again");
    const self = { right: null }; // null: not answered
    const save = (checked) => {
      self.lost = !keep(key, { version: form.dataset.version, answer: kind.read(), checked });
    };
    const show = (right, say, marks = [], invalid = false) => {
      form.querySelectorAll(".quiz-mark").forEach((node) => node.remove());
      form.querySelector(".quiz-number")?.setAttribute("aria-invalid", invalid);
      marks.forEach(([item, good]) => {
        const words = make("span", "quiz-unseen", good ? "right" : "not right");
        item.querySelector(".quiz-label").after(make("span", `quiz-mark ${colour(good)}`, icon(good), words));
      });
      box.replaceChildren(...say);
      box.className = `quiz-feedback ${right === null ? "" : `quiz-said-${right}`}`;
      again.hidden = right === null;
      self.right = right;
    };
    const touched = (...say) => {
      show(null, say);
      save(false);
      changed();
    };
    const judge = () => {
      const { problem, invalid, right, say, marks } = kind.judge();
      if (problem) show(null, [make("p", "quiz-problem", problem)], [], invalid);
      else show(right, say, marks);
      return !problem;
    };
    const check = () => {
      save(judge());
      changed();
    };
    const announce = (text) => touched(make("p", "quiz-unseen", text));
    const kind = ({ number, order }[form.dataset.kind] || choices)(form, announce);
    self.reset = () => {
      kind.write(kind.empty);
      show(null, []);
      forget(key);
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
      event.preventDefault(); // a copy button in the question would be pressed instead
      check();
    });
    form.addEventListener("input", (event) => event.target.tagName === "INPUT" && touched());
    form.querySelector(".quiz-check").addEventListener("click", check);
    again.addEventListener("click", () => {
      self.reset();
      changed();
      kind.first().focus();
    });
    const kept = recall(key);
    if (kept && kept.version === form.dataset.version && kind.valid(kept.answer)) {
      kind.write(kept.answer);
      box.setAttribute("aria-live", "off"); // said in an earlier visit
      if (kept.checked === true) judge();
      setTimeout(() => box.removeAttribute("aria-live"), 500);
    }
    return self;
  };

  document.querySelectorAll(".quiz[data-quiz]").forEach((quiz) => {
    const prefix = `quiz:${location.pathname}:${quiz.dataset.quiz}:`;
    const score = quiz.querySelector(".quiz-score");
    const note = quiz.querySelector(".quiz-note");
    const questions = [];
    const changed = (before = "") => {
      const answered = questions.filter((q) => q.right !== null).length;
      const right = questions.filter((q) => q.right).length;
      const text = `${before}${answered} of ${questions.length} answered, ${right} right.`;
      if (score.textContent !== text) score.textContent = text;
      note.textContent = questions.some((q) => q.lost)
        ? "This browser does not keep your answers."
        : "Your answers stay in this browser only.";
    };
    quiz.classList.add("quiz-live");
    quiz.querySelectorAll("[data-control]").forEach((node) => (node.hidden = false));
    quiz.querySelectorAll("form").forEach((form) => questions.push(question(form, prefix, changed)));
    quiz.querySelector(".quiz-clear").addEventListener("click", () => {
      questions.forEach((q) => q.reset());
      changed("All answers cleared. ");
    });
    changed();
  });

  // On paper every reason is open.
  const unfold = (open) => document.querySelectorAll(".quiz-reason").forEach((node) => (node.open = open));
  addEventListener("beforeprint", () => unfold(true));
  addEventListener("afterprint", () => unfold(false));
})();
