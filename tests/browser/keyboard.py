"""The laws of the keyboard: Tab reaches every control of a page, shows where it is, and gets out again."""

from playwright.sync_api import Page

PATIENCE = 30  # tenths of a second
# A page is walked with all its dropdowns open; each stop is compared with the same element's look without focus.
PREPARE = """() => {
  const CONTROLS = 'a[href], button, input, select, textarea, summary, [tabindex], [role=button], [onclick]';
  const shown = element => element.checkVisibility({visibilityProperty: true}) && element.getClientRects().length > 0;
  const open = element => !element.disabled && element.type !== 'hidden' && !element.closest('[inert]');
  const alone = element => element.type !== 'radio' || element === [...document.querySelectorAll('input[type=radio]')]
    .filter(other => other.name === element.name && other.form === element.form)
    .sort((one, other) => other.checked - one.checked)[0];
  const meant = element => element.getAttribute('tabindex') !== '-1' || element.matches('[role=button], [onclick]');
  const around = element => [element, element.parentElement, ...element.children, ...(element.labels ?? [])];
  const look = element => around(element).map(part => {
    const style = getComputedStyle(part);
    const outline = style.outlineStyle === 'none' ? '' : `${style.outlineWidth} ${style.outlineColor}`;
    return [outline, style.boxShadow, style.backgroundColor, style.borderColor, style.borderWidth,
      style.textDecorationLine, style.textDecorationThickness].join('; ');
  }).join(' | ');
  const seeThrough = element => {
    for (let part = element; part; part = part.parentElement) if (+getComputedStyle(part).opacity < 0.5) return true;
    return false;
  };
  const covered = element => {
    const boxes = [element, ...element.children].flatMap(part => [...part.getClientRects()])
      .filter(box => box.width > 0 && box.height > 0);
    return !boxes.some(box => [0.1, 0.5, 0.9].some(across => [0.1, 0.5, 0.9].some(down => {
      const found = document.elementFromPoint(box.left + across * box.width, box.top + down * box.height);
      return found && (element.contains(found) || found.contains(element)
        || [...(element.labels ?? [])].some(label => label.contains(found)));
    })));
  };
  const controls = [...document.querySelectorAll(CONTROLS)].filter(element => element !== document.body
    && meant(element) && open(element) && shown(element) && alone(element));
  const looks = new Map(controls.map(element => [element, look(element)]));
  const name = element => element.outerHTML.replace(/\\s+/g, ' ').slice(0, 140);
  const visited = new Set();
  const unseen = element => {
    if (looks.has(element) && look(element) === looks.get(element)) return 'does not show that it has the focus';
    if (seeThrough(element)) return 'has the focus and cannot be seen';
    return covered(element) ? 'has the focus under something else' : null;
  };
  window.atStop = async () => {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return {out: true};
    if (visited.has(element)) return {again: name(element)};
    visited.add(element);
    let fault = unseen(element);
    for (let wait = 0; fault && wait < 10; wait++) { // it may be on its way into view
      await new Promise(resolve => setTimeout(resolve, 50));
      fault = unseen(element);
    }
    return {faults: fault ? [`${fault}: ${name(element)}`] : []};
  };
  window.notVisited = () => controls.filter(element => !visited.has(element))
    .map(element => `is not reached by Tab: ${name(element)}`);
  return controls.length;
}"""
TO_THE_TOP = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  scrollTo(0, 0);
}"""
CLOSED = """() => [...document.querySelectorAll('main summary, main button.toggle-button')].filter(toggle =>
  toggle.checkVisibility({visibilityProperty: true})
  && !(toggle.matches('summary') ? toggle.parentElement.open : toggle.ariaExpanded === 'true'))"""


def open_by_keyboard(page: Page) -> list[str]:
    """Open every dropdown of a page with Enter, those inside others too; return those that stay closed."""
    stuck: list[str] = []
    while True:
        closed = page.evaluate_handle(f"({CLOSED})()[{len(stuck)}]").as_element()
        if closed is None:
            return stuck
        closed.focus()
        page.keyboard.press("Enter")
        if page.evaluate(f"toggle => ({CLOSED})().includes(toggle)", closed):
            stuck.append(f"is not opened by Enter: {closed.evaluate('e => e.outerHTML.slice(0, 140)')}")


def walk(page: Page) -> list[str]:
    """Press Tab from the top of a page until it leaves the page, and return what is wrong on the way."""
    page.evaluate(TO_THE_TOP)
    found: list[str] = []
    for _ in range(2 * page.evaluate(PREPARE) + 20):
        page.keyboard.press("Tab")
        stop = page.evaluate("atStop()")
        if "out" in stop:
            return found + page.evaluate("notVisited()")
        if "again" in stop:
            return [*found, f"keyboard trap, Tab does not get beyond: {stop['again']}"]
        found += stop["faults"]
    return [*found, "keyboard trap: Tab never leaves the page"]


SKIP = """() => {
  const link = document.activeElement, box = link.getBoundingClientRect();
  return link.matches('a[href^="#"]') && box.width > 0 && box.top >= 0 && box.bottom <= innerHeight
    ? null : `the first stop is no visible link to the content: ${link.outerHTML.slice(0, 140)}`;
}"""
SKIPPED = """() => document.activeElement.closest('main') ? null
  : `the skip link does not lead into the content, but to: ${document.activeElement.outerHTML.slice(0, 140)}`"""


def skip(page: Page) -> list[str]:
    """Follow the skip link, the first stop of a page, and return what is wrong with it."""
    page.evaluate(TO_THE_TOP)
    page.keyboard.press("Tab")
    for _ in range(PATIENCE):  # it moves into view, late where the machine is busy
        page.wait_for_timeout(100)
        if not (fault := page.evaluate(SKIP)):
            break
    else:
        return [fault]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    fault = page.evaluate(SKIPPED)
    return [fault] if fault else []
