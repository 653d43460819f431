"""The symbols in a page's formulas: what is left when numbers, operators, units and layout are taken out."""

import re

CODE = re.compile(
    r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?:---\n(?P<settings>.*?)^---\n)?.*?^(?P=fence)\s*$",
    re.MULTILINE | re.DOTALL,
)
VERBATIM = re.compile(r"(?<!`)`(?!`)[^`\n]*`(?!`)")
BLOCK = r"^(?P<math_fence>`{3,}|:{3,})\{math\}\n(?:^:\w+:[^\n]*\n)*(?P<directive>.*?)^(?P=math_fence)\s*$"
FORMULA = re.compile(rf"{BLOCK}|\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>[^$\n]+)\$", re.MULTILINE | re.DOTALL)
WORDS = re.compile(r"(?<=[_,])\\mathrm\{\w+\}|\\text\{[^{}]*\}|\\(?:begin|end|label)\{[^{}]*\}|\\\\\[\w+\]")
TRANSPOSED = re.compile(r"\^\\mathsf\s*\{?T\}?")
UNITS = re.compile(r"\\mathrm\{(?:m\\,s\^\{-[12]\}|mag|d)\}")
ACCENTED = r"\\(?:hat|bar|mathbf|boldsymbol|mathcal)\s*\{?\s*(?:\\[a-zA-Z]+|[a-zA-Z])\}?"
NAMED = r"\\(?:mathrm|operatorname\*?)\s*\{[^{}]+\}"
NAMES = (r"\mathrm", r"\operatorname")
TOKEN = re.compile(rf"(?:{ACCENTED}|{NAMED}|\\[a-zA-Z]+|[a-zA-Z])'*")
# LaTeX for operators that every reader knows, relations, brackets and spaces
KNOWN = re.compile(
    r"\\(?:sum|int|[dt]?frac|binom|sqrt|ln|log|exp|sin|max|min|partial|nabla|propto|approx|[lg]e|ne|to|pm|sim|cdot|times"
    r"|circ|pi|infty|dots|cup|setminus|subsetn?eq|in|ni|emptyset|mid|[lr][vV]ert|(?:Long)?[Rr]ightarrow|leftarrow|substack|left|right"
    r"|[Bb]ig[lr]?|q?quad|mathsf|mathrm\{diag\}|operatorname\{(?:median|Var|Cov)\}|operatorname\*\{arg\\,min\})"
)


def formulas(text: str) -> list[str]:
    """Return the LaTeX of every formula of a page, those in captions too."""
    prose = VERBATIM.sub(" ", CODE.sub(lambda cell: cell["settings"] or "", text))
    return [match[match.lastgroup] for match in FORMULA.finditer(prose)]


def ordered_symbols(latex: str) -> list[str]:
    """Return the symbols of a formula in their order: letters with accents and primes; an index is its own symbol."""
    plain = TRANSPOSED.sub(" ", UNITS.sub(" ", WORDS.sub(" ", latex)))
    tokens = [token if token.startswith(NAMES) else re.sub(r"[\s{}]", "", token) for token in TOKEN.findall(plain)]
    return [token for token in tokens if not KNOWN.fullmatch(token)]


def first_symbol(latex: str) -> str:
    return ordered_symbols(latex)[0]


def symbols_of_page(text: str) -> set[str]:
    return {symbol for latex in formulas(text) for symbol in ordered_symbols(latex)}
