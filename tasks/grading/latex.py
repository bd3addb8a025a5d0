r"""Read LaTeX as tokens and write it back in one spelling.

Data sets lose spaces (`x\lnx`, `\cdoti`, `-2\leqx<1`): a command that does not exist is split after the longest one that does.
"""

import re
from typing import Final

_TOKEN = re.compile(r"\\text\{[^{}]*\}|\\(?:begin|end)\{[a-zA-Z*]+\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\.\d+|[^\s]", re.DOTALL)
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_LETTERS = re.compile(r"[a-zA-Z]")

_GREEK: Final = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho "
    "sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_FUNCTIONS: Final = (
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth arcsinh arccosh arctanh log "
    "ln lg exp min max gcd lcm sup inf det dim ker deg arg Pr lim limsup liminf operatorname"
)
_STRUCTURE: Final = (
    "frac dfrac tfrac cfrac sqrt binom dbinom tbinom left right middle big Big bigg Bigg begin end text textbf textit "
    "textrm mathrm mathbf mathit mathbb mathcal mathfrak mathsf mathscr boldsymbol bf rm it overline underline bar hat "
    "tilde vec dot ddot overrightarrow overleftarrow overbrace underbrace overset underset boxed fbox mbox hbox phantom "
    "displaystyle textstyle limits quad qquad hline array"
)
_SYMBOLS: Final = (
    "cdot times div pm mp le leq leqslant ge geq geqslant lt gt ne neq approx sim simeq cong equiv propto in notin ni "
    "subset subseteq supset supseteq cup cap setminus emptyset varnothing infty forall exists partial nabla sum prod int "
    "iint iiint oint to rightarrow leftarrow Rightarrow Leftarrow leftrightarrow Leftrightarrow mapsto implies iff land "
    "lor neg lnot wedge vee oplus otimes circ degree bullet star ast ldots cdots dots vdots ddots angle triangle perp "
    "parallel mid vert lvert rvert Vert lVert rVert lfloor rfloor lceil rceil langle rangle lbrace rbrace lbrack rbrack "
    "prime hbar ell Re Im aleph imath jmath mod bmod pmod colon therefore because backslash dollar cents pounds euro yen "
    "percent square Box blacksquare"
)
KNOWN_COMMANDS: Final = frozenset(" ".join((_GREEK, _FUNCTIONS, _STRUCTURE, _SYMBOLS)).split())
_LONGEST: Final = max(map(len, KNOWN_COMMANDS))


def split_glued_command(command: str) -> list[str]:
    r"""Return a command apart from letters that were glued to it: `\lnx` as `\ln`, `x`; known and hopeless ones unchanged."""
    name = command[1:]
    if name in KNOWN_COMMANDS or not name.isalpha():
        return [command]
    for length in range(min(len(name) - 1, _LONGEST), 1, -1):
        if name[:length] in KNOWN_COMMANDS:
            return [f"\\{name[:length]}", *name[length:]]
    return [command]


def tokens(text: str) -> list[str]:
    r"""Return the tokens of LaTeX text: commands, numbers, single characters; white space is dropped."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        found.extend(split_glued_command(token) if token.startswith("\\") and token[1:].isalpha() else [token])
    return found


def join(parts: list[str]) -> str:
    r"""Return tokens as text in one spelling: a space only where a letter follows a command."""
    written: list[str] = []
    previous = ""
    for part in parts:
        after_command = previous.startswith("\\") and previous[-1].isalpha() and _LETTERS.match(part)
        if after_command or (previous and previous[-1].isdigit() and part[0].isdigit()):
            written.append(" ")
        written.append(part)
        previous = part
    return "".join(written)


def split_glued(text: str) -> str:
    r"""Return the text with every glued command split: `x\lnx` as `x\ln x`."""
    return _COMMAND.sub(lambda match: join(split_glued_command(match[0])), text)


def closing(text: str, start: int) -> int:
    r"""Return where the group that opens at `start` closes, -1 where it does not; `\{` and `\}` are not groups."""
    depth = 0
    position = start
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return position
        position += 1
    return -1


_ARGUMENTS: Final = {r"\frac": 2, r"\binom": 2, r"\sqrt": 1, r"\overline": 1, r"\text": 1, "^": 1, "_": 1}
_CLOSERS: Final = {"{": "}", "(": ")", "[": "]"}


def _group_end(parts: list[str], start: int) -> int:
    """Return the index after the group that opens at `start`, or the end of the tokens where it never closes."""
    opener, closer = parts[start], _CLOSERS[parts[start]]
    depth = 0
    for position in range(start, len(parts)):
        depth += (parts[position] == opener) - (parts[position] == closer)
        if depth == 0:
            return position + 1
    return len(parts)


def _argument(parts: list[str], start: int, *, single_digit: bool) -> tuple[list[str], int]:
    """Return the braced argument that starts at `start`, and where what follows it starts."""
    first = parts[start]
    if first in ("{", "("):
        end = _group_end(parts, start)
        is_closed = parts[end - 1] == _CLOSERS[first] and end - 1 > start
        return ["{", *braced(parts[start + 1 : end - 1 if is_closed else end]), "}"], end
    if single_digit and first.isdigit() and len(first) > 1:
        parts[start] = first[1:]
        return ["{", first[0], "}"], start
    if first in ("-", "+") and start + 1 < len(parts):
        return ["{", first, parts[start + 1], "}"], start + 2
    if first in _ARGUMENTS:
        inner, end = _command(parts, start)
        return ["{", *inner, "}"], end
    return ["{", first, "}"], start + 1


def _command(parts: list[str], start: int) -> tuple[list[str], int]:
    """Return a command with its arguments in braces, and where what follows it starts."""
    command = parts[start]
    written = [command]
    position = start + 1
    if command == r"\sqrt" and position < len(parts) and parts[position] == "[":
        end = _group_end(parts, position)
        written.extend(parts[position:end])
        position = end
    for _ in range(_ARGUMENTS[command]):
        if position >= len(parts):
            break
        argument, position = _argument(parts, position, single_digit=command in (r"\frac", r"\binom"))
        written.extend(argument)
    return written, position


def braced(parts: list[str]) -> list[str]:
    r"""Return the tokens with the arguments of `\frac`, `\sqrt`, `^` and `_` in braces: `\frac12` as `\frac{1}{2}`."""
    parts = list(parts)
    written: list[str] = []
    position = 0
    while position < len(parts):
        if parts[position] in _ARGUMENTS:
            inner, position = _command(parts, position)
            written.extend(inner)
        else:
            written.append(parts[position])
            position += 1
    return written
