"""Laws of a page's source: each takes its text and returns what breaks them, with the line."""

import ast
import re
import statistics
from dataclasses import dataclass, field

import yaml

FENCE = re.compile(r"^(?P<mark>`{3,}|:{3,})\{(?P<name>[^}]+)\}(?P<argument>.*)$")
CLOSING_HEADINGS = ["Quiz", "Summary", "Further reading"]
INLINE = re.compile(r"`+[^`]*`+|\{[a-z:]+\}`[^`]*`|\$[^$]+\$|\]\([^)]*\)|<[^>]*>|https?://\S+")
ABBREVIATIONS = re.compile(r"\b(?:e\.g|i\.e|cf|vs|Fig|Eq|et al|approx|resp|Dr|St)\.", re.I)
SENTENCE_END = re.compile(r"[.!?][)”’\"*_]*\s+(?=[A-Z“‘*_\[(])")
# SHAP's beeswarm draws from NumPy's global generator, so a page may seed that one
UNSEEDED = re.compile(
    r"\bnp\.random\.(?!default_rng|Generator|SeedSequence|seed)\w+|(?<!np\.)\brandom\.(?:random|shuffle|choice|seed)\(|default_rng\(\)"
    r"|\b(?:DecisionTree|RandomForest|ExtraTrees)\w+\((?![^)]*random_state)"  # ties are settled at random
)
TYPED_NUMBER = re.compile(r"(?<![\w.])[-−+]?\d+(?:,\d{3})*(?:\.\d+)?(?:\s?%)?")


@dataclass
class Cell:
    """A code cell: the line of its fence, its metadata and its source."""

    line: int
    metadata: dict
    source: str

    @property
    def tags(self) -> set[str]:
        return set(self.metadata.get("tags", []))

    @property
    def shown(self) -> bool:
        return not self.tags & {"remove-cell", "remove-input"}

    @property
    def length(self) -> int:
        return len([line for line in self.source.splitlines() if line.strip()])


@dataclass
class Page:
    """A page taken apart: its cells, its lines of prose and its headings, each with the line number."""

    text: str
    cells: list[Cell] = field(default_factory=list)
    prose: list[tuple[int, str]] = field(default_factory=list)
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    exercises: list[tuple[int, set[int]]] = field(default_factory=list)


def cell_of(line: int, body: list[str]) -> Cell:
    metadata: dict = {}
    if body and body[0].strip() == "---":
        end = body.index("---", 1)
        metadata, body = yaml.safe_load("\n".join(body[1:end])) or {}, body[end + 1 :]
    while body and re.match(r":[\w-]+:", body[0]):
        key, _, value = body[0][1:].partition(":")
        metadata[key] = yaml.safe_load(value)
        body = body[1:]
    return Cell(line, metadata, "\n".join(body))


def take_apart(text: str) -> Page:
    page = Page(text)
    lines = text.splitlines()
    number = lines.index("---", 1) + 1 if lines and lines[0] == "---" else 0
    while number < len(lines):
        line = lines[number]
        number += 1
        fence = FENCE.match(line)
        if (fence and fence["name"].strip() == "code-cell") or re.match(r"^`{3,}\w", line):
            mark = re.match(r"`+", line).group()
            end = next(i for i in range(number, len(lines)) if lines[i].rstrip() == mark)
            if fence:
                page.cells.append(cell_of(number, lines[number:end]))
            number = end + 1
        elif fence and fence["name"] in {"math", "bibliography", "quiz", "figure", "image"}:
            number = next(i for i in range(number, len(lines)) if lines[i].rstrip() == fence["mark"]) + 1
        elif fence and fence["name"] == "exercise-start":
            options = "\n".join(lines[number : number + 4])
            page.exercises.append((number, {int(n) for n in re.findall(r"objective-(\d+)", options)}))
        elif line == "$$":
            number = lines.index("$$", number) + 1
        elif heading := re.match(r"(#+) (.+)", line):
            page.headings.append((number, len(heading[1]), heading[2].strip()))
        elif line.strip() and not re.match(r"^(:::+|```+|:[\w-]+:|\([\w-]+\)=|\|)", line):
            page.prose.append((number, line))
    return page


def skeleton(page: Page) -> list[str]:
    problems = []
    titles = [title for _, level, title in page.headings if level == 2]
    if [level for _, level, _ in page.headings].count(1) != 1:
        problems.append("a page has one title")
    if ":class: objectives" not in page.text or not 3 <= len(objectives(page)) <= 5:
        problems.append(
            f"3 to 5 objectives are wanted in the admonition of class objectives, found {len(objectives(page))}"
        )
    if ":class: needs" not in page.text:
        problems.append("an admonition of class needs is wanted")
    if not re.search(r"\*\*Time:\*\* \d+ minutes? to read, (?:under )?\d+ seconds? to run\.", page.text):
        problems.append("`**Time:** … minutes to read, … seconds to run.` is wanted")
    if titles[-3:] != CLOSING_HEADINGS:
        problems.append(f"the last sections are {CLOSING_HEADINGS}, found {titles[-3:]}")
    summary = re.search(r"^## Summary\n+(.*?)\n+## ", page.text, re.M | re.S)
    if summary and len(summary[1].strip().splitlines()) > 5:
        problems.append("the summary has at most five lines")
    return problems


def objectives(page: Page) -> list[str]:
    box = re.search(r":class: objectives\n(.*?)\n:::", page.text, re.S)
    return re.findall(r"^\d+\. (.+)$", box[1], re.M) if box else []


def untested_objectives(page: Page, asked: set[int]) -> list[str]:
    """`asked` are the objectives that the page's quiz tests."""
    tested = asked.union(*(numbers for _, numbers in page.exercises))
    wanted = range(1, len(objectives(page)) + 1)
    problems = [f"objective {n} is tested by no exercise and no question" for n in wanted if n not in tested]
    return problems + [f"objective {n} is tested but not stated" for n in sorted(tested) if n not in wanted]


def undescribed_figures(page: Page) -> list[str]:
    problems = []
    for cell in page.cells:
        settings = cell.metadata.get("mystnb", {})
        caption = settings.get("figure", {}).get("caption", "")
        alt = settings.get("image", {}).get("alt", "")
        if ("figure" in settings) and not settings["figure"].get("name"):
            problems.append(f"line {cell.line}: a figure without a name")
        if alt and not caption:
            problems.append(f"line {cell.line}: a figure without a caption")
        if alt and (len(alt) < 30 or alt.strip(". ") in caption):
            problems.append(f"line {cell.line}: an alternative text must state the finding, not repeat the caption")
    return problems


def typed_numbers(page: Page, allowed: set[str]) -> list[str]:
    """Return the numbers in running text that are not glued; `allowed` holds those that no data decide."""
    problems = []
    for number, line in page.prose:
        if line.startswith("**Time:**"):
            continue
        plain = INLINE.sub(" ", re.sub(r"^\s*(?:\d+\.|[-*]|:)\s", "", line))
        for match in TYPED_NUMBER.finditer(plain):
            token = match.group().strip()
            if token not in allowed and not re.fullmatch(r"\d|1\d|(?:1[89]|20)\d\d", token):
                problems.append(f"line {number}: the number {token} is typed: {line.strip()[:80]}")
    return problems


def stated_minutes(page: Page) -> int:
    return int(re.search(r"\*\*Time:\*\* (\d+) minutes? to read", page.text)[1])


def dishonest_time(page: Page) -> list[str]:
    """Compare the stated reading time with 200 words a minute, four seconds a line of code, half a minute a figure."""
    words = sum(len(re.sub(r"[`{}$]", " ", line).split()) for _, line in page.prose)
    lines = sum(cell.length for cell in page.cells if cell.shown)
    figures = sum("figure" in cell.metadata.get("mystnb", {}) for cell in page.cells)
    minutes = words / 200 + lines * 4 / 60 + figures / 2
    if 0.9 * minutes <= stated_minutes(page) <= 1.4 * minutes:
        return []
    return [f"{stated_minutes(page)} minutes to read are stated, about {minutes:.0f} are needed"]


def long_cells(page: Page) -> list[str]:
    lengths = [cell.length for cell in page.cells if cell.shown]
    if not lengths:
        return []
    median, ninth = statistics.median(lengths), sorted(lengths)[int(0.9 * (len(lengths) - 1))]
    problems = [f"the median cell has {median} lines, 5 are allowed"] if median > 5 else []
    return problems + ([f"nine in ten cells have up to {ninth} lines, 20 are allowed"] if ninth > 20 else [])


def stored_and_loaded(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell binds, also inside its functions, and those that it uses."""
    lines = ["" if line.startswith(("%", "!")) else line for line in source.splitlines()]
    stored, loaded = set(), set()
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            stored.add(node.name)
        elif isinstance(node, ast.arg):
            stored.add(node.arg)
        elif isinstance(node, ast.alias):
            stored.add((node.asname or node.name).split(".")[0])
    return stored, loaded


def hidden_names(page: Page) -> list[str]:
    """Return the names that shown cells need and only removed ones define: a reader who copies the cells lacks them."""
    problems, seen, hidden = [], set(), set()
    for cell in page.cells:
        if "skip-execution" in cell.tags:
            continue
        stored, loaded = stored_and_loaded(cell.source)
        if cell.shown:
            lacking = sorted((loaded - stored - seen) & hidden)
            problems += [f"line {cell.line}: {name} is defined in a removed cell only" for name in lacking]
            seen |= stored
        else:
            hidden |= stored
    return problems


def unseeded(page: Page) -> list[str]:
    return [
        f"line {cell.line}: randomness outside the page's one generator: {match.group()}"
        for cell in page.cells
        for match in UNSEEDED.finditer(cell.source)
    ]


def crowded_lines(page: Page) -> list[str]:
    """Return the lines of prose that hold more than one sentence."""
    problems = []
    for number, line in page.prose:
        plain = ABBREVIATIONS.sub("x", INLINE.sub("X", re.sub(r"^\s*(?:\d+\.|[-*])\s", "", line)))
        if SENTENCE_END.search(plain):
            problems.append(f"line {number}: more than one sentence: {line.strip()[:80]}")
    return problems


def bibliography_faults(texts: list[str], entries: set[str]) -> list[str]:
    """Return the citations without an entry, and the entries that no text cites."""
    cited = set().union(*map(citations, texts))
    unknown = [f"{key} is cited, but has no entry" for key in sorted(cited - entries)]
    return unknown + [f"{key} has an entry, but is not cited" for key in sorted(entries - cited)]


def needless_reasons(pages: list[Page], reasons: set[str]) -> list[str]:
    """Return the numbers with a reason that stand typed in the running text of no page."""
    typed = " ".join(problem for page in pages for problem in typed_numbers(page, set()))
    return [f"no page needs a reason for {n}" for n in sorted(reasons) if f"the number {n} is typed" not in typed]


def citations(text: str) -> set[str]:
    roles = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)
    return {key.strip() for role in roles for key in role.split(",")}
