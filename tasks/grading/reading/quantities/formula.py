r"""Read tokens as one formula: sums, products, powers, roots, functions, letters. All tokens are consumed, or it is no formula.

Where authors differ (`1/2x`, `\log x`, `\sin x/2`) the reader follows the `habit` it is given; see `formula_in_both_habits`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from tasks.grading.reading.lexing.commands import GREEK
from tasks.grading.reading.lexing.cursor import NotFormula
from tasks.grading.reading.lexing.tokens import Token
from tasks.grading.reading.quantities.formula_words import FUNCTION_NAMES, Habit, split_words
from tasks.grading.reading.quantities.letters import MARKS, POINTS, WHOLE, LetterReader
from tasks.grading.reading.quantities.numerals import numeral, whole_fraction
from tasks.grading.values.expressions import (
    Applied,
    Constant,
    Expression,
    Function,
    Letter,
    Number,
    Power,
    Product,
    Sum,
    negative,
    quotient,
)  # fmt: skip

_MAX_DEPTH: Final = 60
_APPLIED: Final = frozenset("fghFGHPQ")
_VARIABLES: Final = frozenset("xtzsn")
_OPENERS: Final = {"(": ")", "[": "]", "{": "}"}
_PAIRS: Final = {r"\lfloor": (r"\rfloor", "floor"), r"\lceil": (r"\rceil", "ceil")}
_TIMES: Final = frozenset((r"\cdot", r"\times", "*", r"\div", "/"))
_ENDS_OF_ARGUMENT: Final = frozenset(("", "+", "-", ")", "]", "}", "|", ",", *_TIMES, r"\rfloor", r"\rceil", r"\pm", r"\mp"))
_HALF: Final = Number(Fraction(1, 2))
_DEGREE: Final = Product((Constant("pi"), Number(Fraction(1, 180))))


def formula(parts: Sequence[Token], habit: Habit) -> Expression:
    """Return the expression that the tokens spell. Raises NotFormula."""
    reader = _Reader(split_words(parts, habit), habit=habit)
    expression = reader.sum()
    if reader.next():
        raise NotFormula(reader.next())
    return expression


@dataclass(slots=True)
class _Reader(LetterReader):
    """Recursive descent over tokens. Mutable: the position moves."""

    habit: Habit = field(default_factory=Habit)
    depth: int = 0
    n_bars: int = 0

    def sum(self) -> Expression:
        """Read terms joined by + and -."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise NotFormula("too deep")
        terms = [self._signed_product()]
        while self.next() in ("+", "-"):
            terms.append(self._signed_product())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _signed_product(self) -> Expression:
        sign = 1
        while self.next() in ("+", "-"):
            sign *= 1 if self.take() == "+" else -1
        product = self._product()
        return negative(product) if sign < 0 else product

    def _product(self) -> Expression:
        factors = [self._power()]
        while True:
            operator = self.next()
            if operator in ("/", r"\div"):
                self.take()
                divisor = self._signed_power()
                while self.habit.tight_quotients and operator == "/" and self._starts_factor() and self.touches():
                    divisor = Product((divisor, self._power()))
                factors = [quotient(self._joined(factors), divisor)]
            elif operator in _TIMES:
                self.take()
                factors.append(self._signed_power())
            elif operator == r"\mod":
                self.take()
                factors = [Function("mod", (self._joined(factors), self._signed_power()))]
            elif self._starts_factor():
                if self.kind() == "number" and not self._may_multiply():
                    raise NotFormula("a number after a factor")
                factors.append(self._power())
            else:
                return self._joined(factors)

    def _may_multiply(self) -> bool:
        """Return whether a number after a factor multiplies it: n 2^{n-2}, (n-2)2^n, but neither x2 nor 1 2."""
        before = self.parts[self.position - 1]
        if before.kind == "number":
            return False
        return before.kind != "word" or self.next(1) == "^"

    @staticmethod
    def _joined(factors: list[Expression]) -> Expression:
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def _starts_factor(self) -> bool:
        kind, text = self.kind(), self.next()
        if kind in ("word", "number"):
            return True
        if kind == "command":
            return (
                text in _PAIRS or text in MARKS or text in POINTS or text in WHOLE or text in FUNCTION_NAMES
                or text[1:] in GREEK or text in (r"\frac", r"\sqrt", r"\binom", r"\pi", r"\infty", r"\degree", r"\partial")
            )  # fmt: skip
        return text in ("(", "{", "[") or (text == "|" and self.n_bars == 0)

    def _signed_power(self) -> Expression:
        if self.next() in ("-", "+"):
            is_negative = self.take() == "-"
            return negative(self._signed_power()) if is_negative else self._signed_power()
        return self._power()

    def _power(self) -> Expression:
        base = self._postfix()
        if self.next() == "^":
            base = self._raised(base)
            if self.next() == "!":
                base = self._marked(base)
        return base

    def _raised(self, base: Expression) -> Expression:
        self.take("^")
        if self.next() == "{" and self.next(1) == r"\degree" and self.next(2) == "}":
            self.position += 3
            return Product((base, _DEGREE))
        if self.next() == r"\degree":
            self.take()
            return Product((base, _DEGREE))
        exponent = self._exponent()
        if isinstance(base, Constant) and base.name == "e" and isinstance(exponent, Constant) and exponent.name == "oo":
            raise NotFormula("e^oo")
        return Power(base, exponent)

    def _exponent(self) -> Expression:
        if self.next() == "{":
            return self._group("{")
        if self.next() in ("-", "+"):
            is_negative = self.take() == "-"
            return negative(self._exponent()) if is_negative else self._exponent()
        base = self._postfix()
        return self._raised(base) if self.next() == "^" else base

    def _postfix(self) -> Expression:
        return self._marked(self._atom())

    def _marked(self, value: Expression) -> Expression:
        """Read what follows an atom: factorials and signs of degree."""
        while True:
            if self.next() == "!":
                self.take()
                is_double = self.next() == "!" and self.touches()
                if is_double:
                    self.take()
                value = Function("double_factorial" if is_double else "factorial", (value,))
            elif self.next() == r"\degree":
                self.take()
                value = Product((value, _DEGREE))
            elif self.next() == r"\%":
                self.take()
                value = Product((value, Number(Fraction(1, 100))))
            else:
                return value

    def _atom(self) -> Expression:
        kind, text = self.kind(), self.next()
        if kind == "number":
            return self._number()
        if text in _OPENERS:
            return self._group(text)
        if text == "|":
            return self._bars()
        if text == r"\frac":
            self.take()
            top = self._argument(single_digit=True)
            return quotient(top, self._argument(single_digit=True))
        if text == r"\binom":
            self.take()
            top = self._argument(single_digit=True)
            return Function("binomial", (top, self._argument(single_digit=True)))
        if text == r"\sqrt":
            return self._root()
        if text in _PAIRS:
            self.take()
            inner = self.sum()
            self.take(_PAIRS[text][0])
            return Function(_PAIRS[text][1], (inner,))
        if text in FUNCTION_NAMES:
            return self._function()
        if text in MARKS or text in POINTS or text in WHOLE:
            return self.opaque(text)
        if kind == "word" or text[1:] in GREEK or text in (r"\pi", r"\infty", r"\partial"):
            return self._letter()
        raise NotFormula(text)

    def _group(self, opener: str) -> Expression:
        self.take(opener)
        inner = self.sum()
        self.take(_OPENERS[opener])
        return inner

    def _bars(self) -> Expression:
        self.take("|")
        self.n_bars += 1
        inner = self.sum()
        self.n_bars -= 1
        self.take("|")
        return Function("abs", (inner,))

    def _argument(self, *, single_digit: bool = False) -> Expression:
        r"""Read the argument of a command: braced, or one token; of \frac12 one digit."""
        if self.next() == "{":
            return self._group("{")
        token = self.parts[self.position] if self.position < len(self.parts) else None
        if token is None:
            raise NotFormula("no argument")
        if token.kind == "number" and single_digit and len(token.text) > 1:
            if not token.text.isdigit():
                raise NotFormula(token.text)
            self.parts = [*self.parts[: self.position], Token("number", token.text[1:]), *self.parts[self.position + 1 :]]
            return Number(Fraction(int(token.text[0])))
        if token.kind == "number":
            self.take()
            return numeral(token.text)
        return self._atom()

    def _number(self) -> Expression:
        """Read a number and what may follow it: a repeating part, the fraction of a mixed number, j of a Python complex."""
        text = self.take()
        if self.next() == r"\overline" and "." in text:
            return self._repeating(text)
        value = numeral(text)
        if self.kind() == "number":
            return self._mixed_with_slash(text, value)
        if text.isdigit() and self.next() == r"\frac":
            fraction = self._atom()
            if self.next() in ("^", "!"):
                raise NotFormula("mixed number")
            top, bottom = whole_fraction(fraction)
            if 0 < top < bottom:
                return Number(value.value + Fraction(top, bottom))
            return Product((value, fraction))
        if self.habit.is_python and self.next() == "j" and self.touches():
            self.take()
            return Product((value, Constant("i")))
        return value

    def _mixed_with_slash(self, text: str, whole: Number) -> Number:
        """Read `7 1/3`; numbers in a row are nothing else."""
        top, slash, bottom = self.next(), self.next(1), self.next(2)
        if text.isdigit() and top.isdigit() and slash == "/" and bottom.isdigit() and 0 < int(top) < int(bottom):
            self.position += 3
            return Number(whole.value + Fraction(int(top), int(bottom)))
        raise NotFormula("numbers in a row")

    def _repeating(self, text: str) -> Number:
        self.take(r"\overline")
        self.take("{")
        digits = self.take()
        self.take("}")
        if not digits.isdigit():
            raise NotFormula(digits)
        whole, _, fixed = text.partition(".")
        scale = 10 ** len(fixed)
        return Number(Fraction(int(whole + fixed), scale) + Fraction(int(digits), scale * (10 ** len(digits) - 1)))

    def _root(self) -> Expression:
        self.take(r"\sqrt")
        if self.next() == "[":
            degree = self._group("[")
            return Function("root", (self._argument(), degree))
        return Power(self._argument() if self.next() != "(" else self._group("("), _HALF)

    def _function(self) -> Expression:
        """Read the base, the power and the argument of a function with a known meaning."""
        name = FUNCTION_NAMES[self.take()]
        base, power = self._base_and_power(name)
        if self.next() in ("(", "[", "{"):
            arguments = self._arguments()
        elif self.next() == "|":
            arguments = (self._bars(),)
        else:
            arguments = (self._bare_argument(),)
        value = self._called(name, arguments, base)
        return value if power is None else self._to_the(value, name, arguments, power)

    def _base_and_power(self, name: str) -> tuple[Expression | None, Expression | None]:
        base: Expression | None = None
        power: Expression | None = None
        while self.next() in ("_", "^"):
            if self.next() == "_" and name == "log" and base is None:
                self.take()
                base = self._argument()
            elif self.next() == "^" and power is None:
                self.take()
                power = self._argument(single_digit=True)
            else:
                raise NotFormula(self.next())
        return base, power

    def _arguments(self) -> tuple[Expression, ...]:
        opener = self.take()
        found = [self.sum()]
        while self.next() == ",":
            self.take()
            found.append(self.sum())
        self.take(_OPENERS[opener])
        return tuple(found)

    def _bare_argument(self) -> Expression:
        r"""Read `2\pi x` of `\sin 2\pi x`: factors up to an operator or the next function."""
        if self.next() in ("+", "-"):
            is_negative = self.take() == "-"
            return negative(self._bare_argument()) if is_negative else self._bare_argument()
        factors = [self._power()]
        while self.next() not in _ENDS_OF_ARGUMENT and self.next() not in FUNCTION_NAMES and self._starts_factor():
            if self.next() in ("(", "["):
                break
            factors.append(self._power())
        argument = self._joined(factors)
        if self.habit.tight_quotients and self.next() == "/":
            self.take()
            argument = quotient(argument, self._power())
        return argument

    def _called(self, name: str, arguments: tuple[Expression, ...], base: Expression | None) -> Expression:
        if name == "log":
            if base is None and len(arguments) == 2:
                base = arguments[1]
            if base is None and not self.habit.is_python and self.habit.decimal_logs:
                base = Number(Fraction(10))
            natural = Function("ln", arguments[:1])
            return natural if base is None else quotient(natural, Function("ln", (base,)))
        if name == "lg":
            return quotient(Function("ln", arguments), Function("ln", (Number(Fraction(10)),)))
        if name == "sqrt":
            return Power(arguments[0], _HALF)
        if name == "cbrt":
            return Function("root", (arguments[0], Number(Fraction(3))))
        if name == "exp":
            return Power(Constant("e"), arguments[0])
        if name in ("root", "binomial", "permutations", "mod") and len(arguments) != 2:
            raise NotFormula(name)
        if name not in ("root", "binomial", "permutations", "mod", "gcd", "lcm", "max", "min") and len(arguments) != 1:
            raise NotFormula(name)
        return Function(name, arguments)

    @staticmethod
    def _to_the(value: Expression, name: str, arguments: tuple[Expression, ...], power: Expression) -> Expression:
        is_inverse = isinstance(power, Product | Number) and power in (Number(Fraction(-1)), negative(Number(Fraction(1))))
        if is_inverse and name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh"):
            return Function(f"arc{name}", arguments)
        return Power(value, power)

    def _letter(self) -> Expression:
        text = self.take()
        if text == r"\infty":
            return Constant("oo")
        if text == r"\pi":
            return Constant("pi")
        primes = ""
        name = text.removeprefix("\\")
        if self.next() == "_":
            name += self.subscript()
        elif text in self.habit.constants and self.next() != "'":
            return Constant(self.habit.constants[text])
        while self.next() == "'" or (self.next() == "^" and self.prime_length()):
            primes += "'" * self.take_prime()
        name += primes
        is_inverse = (
            self.next() == "^" and [self.next(ahead) for ahead in range(1, 5)] == ["{", "-", "1", "}"] and self.next(5) == "("
        )
        if is_inverse and text in _APPLIED:
            self.position += 5
            name += "^-1"
        if self.next() == "(" and (self.touches() or text in _APPLIED) and (is_inverse or self._is_applied(text, primes)):
            return Applied(name, self._arguments())
        return Letter(name)

    def _is_applied(self, text: str, primes: str) -> bool:
        """Return whether a letter before a parenthesis is a function: f(x), p(0), y'(t); but x(x+1) is a product."""
        if text in _APPLIED or primes:
            return True
        end = self.next(2)
        argument = self.next(1)
        return end == ")" and (argument.isdigit() or (argument in _VARIABLES and argument != text and text not in _VARIABLES))
