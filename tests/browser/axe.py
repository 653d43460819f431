"""The law of accessibility: what axe-core finds in an open page, in words that name the element and the reason."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# thousands of colours that fade into one another, however fast, take seconds
AT_ONCE = "*, ::before, ::after { transition: none !important }"
READ_FORMULAS = "document.querySelectorAll('math').forEach(formula => formula.replaceWith(formula.textContent))"
# The look of each piece of text: its colours, the ground under it, its size and weight.
NOTE_LOOKS = """() => {
  window.pieces ??= new Map();
  const opaque = colour => colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent';
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const piece = texts.currentNode, box = piece.parentElement;
    if (!piece.data.trim() || !box.checkVisibility({visibilityProperty: true}) || box.offsetWidth === 1) continue;
    const {color, fontSize, fontWeight} = getComputedStyle(box), look = [color, fontSize, fontWeight];
    for (let part = box; part; part = part.parentElement) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(part);
      if (opacity !== '1') look.push(opacity);
      if (backgroundImage !== 'none' || opaque(backgroundColor)) look.push(backgroundColor, backgroundImage);
      if (opaque(backgroundColor) && !backgroundColor.startsWith('rgba')) break;
    }
    pieces.set(piece, `${pieces.get(piece) ?? ''} ${look.join(', ')}`);
  }
}"""
KEEP_THREE_OF_A_LOOK = """() => {
  const seen = new Map(), kept = new Set();
  for (const [piece, look] of pieces) {
    seen.set(look, (seen.get(look) ?? 0) + 1);
    if (seen.get(look) > 3) continue;
    const link = piece.parentElement.closest('a');
    for (let part = link?.parentElement ?? piece; part && !kept.has(part); part = part.parentElement) kept.add(part);
    if (link) for (const part of link.parentElement.querySelectorAll('*')) kept.add(part);
  }
  for (const piece of pieces.keys()) if (!kept.has(piece) && !kept.has(piece.parentElement)) piece.remove();
  document.head.append(...document.body.querySelectorAll('style, link'));
  for (const part of document.body.querySelectorAll('*')) if (!kept.has(part)) part.remove();
}"""
PLAIN_CODE = """() => {
  window.code = [...document.querySelectorAll('pre')].map(block => [block, [...block.childNodes]]);
  for (const [block] of code) block.replaceChildren(block.textContent);
}"""
COLOURED_CODE = "() => { for (const [block, words] of code) block.replaceChildren(...words); }"
RUN = """async ([tags, only]) => {
  const rules = only ? {type: 'rule', values: only} : {type: 'tag', values: tags};
  const off = only ? {} : {'color-contrast': {enabled: false}, 'link-in-text-block': {enabled: false}};
  const found = await axe.run(document, {resultTypes: ['violations'], runOnly: rules, rules: off});
  return found.violations.flatMap(({id, nodes}) => nodes.map(node =>
    `${id}: ${node.target.join(' ')}, ${node.html.slice(0, 120)}: ${node.failureSummary}`));
}"""


def show(page: Page, scheme: str) -> None:
    """Show a page light or dark; the theme follows the system."""
    page.emulate_media(color_scheme=scheme)
    if page.locator("html[data-theme]").count():
        page.wait_for_selector(f"html[data-theme={scheme}]")
    page.wait_for_function("document.getAnimations().length === 0")


def judged(page: Page, scheme: str, only: list[str] | None = None) -> list[str]:
    """Return what one run of axe-core holds against a page, for all rules but those of colours, or for some only."""
    return [f"{scheme}, {' '.join(fault.split())}" for fault in page.evaluate(RUN, [TAGS, only])]


def faults(page: Page) -> list[str]:
    """Return what axe-core holds against a page, light and dark; the page is of no use afterwards.

    A formula counts as its text, for axe-core does not know MathML: it would find a heading of one formula empty.
    Colours are judged on three of all pieces of text that look the same, light and dark; all would take minutes.
    """
    page.add_style_tag(content=AT_ONCE)
    page.evaluate(READ_FORMULAS)
    page.evaluate(AXE_SCRIPT)
    found = []
    for scheme in ("light", "dark"):
        show(page, scheme)
        page.evaluate(NOTE_LOOKS)
        page.evaluate(PLAIN_CODE)
        found += judged(page, scheme)
        page.evaluate(COLOURED_CODE)
    page.evaluate(KEEP_THREE_OF_A_LOOK)
    for scheme in ("dark", "light"):
        show(page, scheme)
        found += judged(page, scheme, OF_COLOURS)
    return found
