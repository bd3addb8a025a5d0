r"""The commands of LaTeX that answers use, in one spelling each.

Data sets lose spaces (`x\lnx`, `\cdoti`, `-2\leqx<1`): a command that does not exist is split after the longest one that does.
"""

from typing import Final

_GREEK: Final = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega Gamma "
    "Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar"
)
GREEK: Final = frozenset(_GREEK.split())
_FUNCTIONS: Final = (
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch arcsinh arccosh "
    "arctanh log ln lg exp min max gcd lcm det deg arg Re Im sgn"
)
FUNCTIONS: Final = frozenset(_FUNCTIONS.split())
_STRUCTURE: Final = (
    "frac sqrt binom left right middle overline bar hat tilde vec dot ddot overrightarrow overleftarrow overbrace underbrace "
    "overset underset boxed fbox array widehat lim limsup liminf sup inf dim ker Pr operatorname"
)
_SYMBOLS: Final = (
    "cdot times div pm mp le ge ne approx sim simeq cong equiv propto in notin subset subseteq supset supseteq cup cap "
    "setminus emptyset infty forall exists partial nabla sum prod int iint iiint oint to rightarrow leftarrow Rightarrow "
    "Leftarrow leftrightarrow Leftrightarrow mapsto implies iff land lor neg wedge vee oplus otimes degree bullet star "
    "ldots cdots vdots ddots angle triangle perp parallel mid lfloor rfloor lceil rceil langle rangle prime Vert imath "
    "jmath mod bmod pmod therefore because dollar cents pounds euro yen rupees percent square Box blacksquare qed pi range "
    "aleph"
)

ALIASES: Final = {
    f"\\{other}": f"\\{name}"
    for name, others in {
        "frac": "dfrac tfrac cfrac", "binom": "dbinom tbinom choose", "le": "leq leqslant leqq", "ge": "geq geqslant geqq",
        "ne": "neq",
        "emptyset": "varnothing oslash", "degree": "circ", "epsilon": "varepsilon", "phi": "varphi", "theta": "vartheta",
        "rho": "varrho",
        "sigma": "varsigma", "kappa": "varkappa", "cdot": "ast", "overline": "bar", "Vert": "lVert rVert",
        "to": "rightarrow longrightarrow", "implies": "Rightarrow Longrightarrow", "iff": "Leftrightarrow Longleftrightarrow",
        "setminus": "backslash smallsetminus", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh arsinh",
        "arccosh": "acosh", "arctanh": "atanh", "ldots": "dots cdots dotsc dotsb", "lor": "vee", "land": "wedge",
        "square": "Box blacksquare qed qedsymbol", "sgn": "sign", "lg": "lg", "mod": "bmod pmod",
    }.items()
    for other in others.split()
} | {
    r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lbrack": "[", r"\rbrack": "]", r"\lvert": "|", r"\rvert": "|", r"\vert": "|",
    r"\mid": "|",
    r"\colon": ":", r"\lt": "<", r"\gt": ">", r"\lparen": "(", r"\rparen": ")", r"\percent": r"\%", r"\#": "#", r"\_": "_",
    r"\|": r"\Vert",
    r"\$": r"\dollar", r"\/": r"\,", r"\'": "'",
}  # fmt: skip
GAPS: Final = {
    r"\ ": 1, r"\,": 1, r"\;": 1, r"\:": 1, r"\!": 0, r"\>": 1, "\\\n": 1, "\\\t": 1, r"\quad": 2, r"\qquad": 2, r"\hfill": 2,
    r"\newline": 2,
    r"\par": 2, r"\nobreak": 0, r"\thinspace": 1, r"\enspace": 1, r"\space": 1, r"\nonumber": 1,
}  # fmt: skip
_STYLES: Final = (
    "displaystyle textstyle scriptstyle limits nolimits bf rm it sf tt large Large normalsize left right middle big Big "
    "bigg Bigg bigl bigr Bigl Bigr underline mathstrut strut boldmath centering"
)
STYLES: Final = frozenset(f"\\{name}" for name in _STYLES.split())
_NAMED: Final = frozenset(f"\\{name}" for name in (*FUNCTIONS, "lim", "asin", "acos", "atan", "arsinh", "sign"))
_NAMED_AS_TEXT: Final = _NAMED - {r"\min", r"\max", r"\sec"}
"""In \\mathrm{min} these are minutes and seconds as often as not."""
_TEXTS: Final = (
    "text textbf textit textrm textsf texttt textnormal textup textsc mbox hbox mathrm mathbf mathit mathsf mathtt "
    "boldsymbol bm emph operatorname mathop mathcal mathfrak mathscr fbox boxed"
)
TEXT_COMMANDS: Final = {f"\\{name}": _NAMED if name == "operatorname" else _NAMED_AS_TEXT for name in _TEXTS.split()}
"""Commands whose argument is text, and which arguments are names of functions."""

KNOWN: Final = (
    GREEK | FUNCTIONS | frozenset(" ".join((_STRUCTURE, _SYMBOLS)).split())
    | {name[1:] for name in (*ALIASES, *GAPS, *STYLES, *TEXT_COMMANDS)} | {"mathbb"}
)  # fmt: skip
_LONGEST: Final = max(map(len, KNOWN))


def split_glued_command(command: str) -> list[str]:
    r"""Return a command apart from letters that were glued to it: `\lnx` as `\ln`, `x`; known and hopeless ones unchanged."""
    name = command[1:]
    if name in KNOWN:
        return [command]
    for length in range(min(len(name) - 1, _LONGEST), 1, -1):
        if name[:length] in KNOWN:
            return [f"\\{name[:length]}", name[length:]]
    return [command]
