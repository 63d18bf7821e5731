"""Reads the LaTeX that schedules are written as, and computes it: a second reading of that text."""

from __future__ import annotations

import math
import re
from fractions import Fraction

_TOKEN = re.compile(
    r"""\s*(
      \\(?:begin|end|text|operatorname)\{\w+\}
    | \\left\\\{ | \\right\\\} | \\left\\l(?:ceil|floor) | \\right\\r(?:ceil|floor)
    | \\left[(|] | \\right[)|]
    | \\\\ | \\[a-z]+ | \d+(?:\.\d+)? | [A-Za-z] | .
    )""",
    re.VERBOSE | re.DOTALL,
)

_FUNCTIONS = {
    r"\sin": math.sin,
    r"\ln": math.log,
    r"\operatorname{log1p}": math.log1p,
    r"\operatorname{expm1}": math.expm1,
    r"\min": min,
    r"\max": max,
}
_COMPARE = {
    "<": lambda a, b: a < b,
    r"\leq": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    r"\geq": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}


def function_of(text):
    """The function of ``t`` that a LaTeX text states."""
    return _Reader(text).document()


def _ratio(a, b):
    """A quotient of whole numbers stays exact, so that a floor of it is right."""
    return Fraction(a, b) if type(a) is int and type(b) is int else a / b


class _Reader:
    """Turns text into functions of the names that are known: ``t``, and those that further lines define."""

    def __init__(self, text):
        self.tokens = _TOKEN.findall(text.strip())
        self.tokens.append("")
        self.at = 0

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, *wanted):
        for token in wanted:
            got = self.next()
            assert got == token, f"{got!r} where {token!r} should be, at {self.tokens[self.at - 5 : self.at + 5]}"

    def takes(self, token):
        if self.tokens[self.at] != token:
            return False
        self.at += 1
        return True

    def document(self):
        lines = {}
        if self.takes(r"\begin{aligned}"):
            self.take("s", "(", "t", ")")
            name = "s"
            while True:
                self.take("&", "=")
                lines[name] = self.sum()
                if not self.takes("\\\\"):
                    break
                name = self.name(self.next())
            self.take(r"\end{aligned}")
        else:
            lines["s"] = self.sum()
        self.take("")

        def value(t):
            known = {"t": t}

            class Names(dict):
                def __missing__(self, name):
                    self[name] = found = lines[name](self)
                    return found

            return float(lines["s"](Names(known)))

        return value

    def name(self, letter):
        if not self.takes("_"):
            return letter
        self.take("{")
        number = self.next()
        self.take("}")
        return letter + number

    def comparison(self):
        left, sign, right = self.sum(), _COMPARE[self.next()], None
        right = self.sum()
        return lambda names: sign(left(names), right(names))

    def sum(self):
        value = self.product()
        while self.tokens[self.at] in ("+", "-"):
            value = self._joined(value, self.next(), self.product())
        return value

    @staticmethod
    def _joined(a, sign, b):
        return (lambda names: a(names) + b(names)) if sign == "+" else (lambda names: a(names) - b(names))

    def product(self):
        if self.takes("-"):
            inner = self.product()
            return lambda names: -inner(names)
        value = self.power()
        while self.takes(r"\cdot"):
            value = self._times(value, self.power())
        return value

    @staticmethod
    def _times(a, b):
        return lambda names: a(names) * b(names)

    def power(self):
        base = self.atom()
        while self.takes("^"):
            if self.takes("2"):
                base = self._times(base, base)
                continue
            self.take("{")
            base = self._raised(base, self.sum())
            self.take("}")
        return base

    @staticmethod
    def _raised(base, exponent):
        def value(names):
            n = exponent(names)
            found = base if base is math.e else base(names)
            if found is math.e:
                return math.exp(n)
            return float(f"1e{n}") if found == 10 and type(n) is int and n < 0 else found**n

        return value

    def atom(self):
        token = self.next()
        if token[0].isdigit():
            number = int(token) if token.isdecimal() else float(token)
            return lambda names: number
        if token == "e":
            return math.e
        if token == "{":  # an entry of a table
            table = self.sum()
            self.take("}", "_", "{")
            index = self.sum()
            self.take("}")
            return lambda names: _entry(table(names), index(names))
        if token.isalpha():
            name = self.name(token)
            return lambda names: names[name]
        return self.command(token)

    def command(self, token):
        if token == r"\pi":
            return lambda names: math.pi
        if token == r"\frac":
            above, below = self.group(), self.group()
            return lambda names: _ratio(above(names), below(names))
        if token == r"\sqrt":
            inner = self.group()
            return lambda names: math.sqrt(inner(names))
        if token == r"\begin{cases}":
            return self.cases()
        if token == r"\left|" and self.takes(r"\left\{"):
            return self.count()
        if token in _FUNCTIONS:
            self.take(r"\left(")
            inside = self.items()
            return lambda names: _FUNCTIONS[token](*(item(names) for item in inside))
        if token == r"\left(":
            items = self.items()
            return items[0] if len(items) == 1 else lambda names: tuple(item(names) for item in items)
        inner = self.sum()
        closing, function = {
            r"\left|": (r"\right|", abs),
            r"\left\lceil": (r"\right\rceil", math.ceil),
            r"\left\lfloor": (r"\right\rfloor", math.floor),
        }[token]
        self.take(closing)
        return lambda names: function(inner(names))

    def group(self):
        self.take("{")
        inner = self.sum()
        self.take("}")
        return inner

    def items(self):
        if self.takes(r"\right)"):
            return []
        found = [self.sum()]
        while self.takes(","):
            found.append(self.sum())
        self.take(r"\right)")
        return found

    def count(self):
        self.take("b", r"\in")
        table = self.sum()
        self.take(":", "b", r"\leq")
        most = self.sum()
        self.take(r"\right\}", r"\right|")
        return lambda names: sum(b <= most(names) for b in _rows(table(names)))

    def cases(self):
        cases = []
        while True:
            value = self.sum()
            self.take("&")
            if self.takes(r"\text{otherwise}"):
                self.take(r"\end{cases}")
                break
            cases.append((self.comparison(), value))
            self.take("\\\\")
        return lambda names: next((found for holds, found in cases if holds(names)), value)(names)


def _rows(table):
    return table if type(table) is tuple else (table,)  # of one entry


def _entry(table, index):
    return _rows(table)[index]
