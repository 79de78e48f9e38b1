"""Expressions of scheme files: min, max, +, - and * over named amounts, and nothing else.

Python's own parser reads them, and only what is listed here is let through; nothing is ever
compiled or called. The worst that a hostile file can do is to be refused.
"""

import ast
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

CHARACTERS_MAX = 200
# What Python takes for a number beside these (0x1F, 1e400, 1_0) no reader of a scheme expects.
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)

_FUNCTIONS: dict[str, Callable[..., Decimal]] = {"min": min, "max": max}
_OPERATORS: dict[type[ast.operator], tuple[str, Callable[[Decimal, Decimal], Decimal]]] = {
    ast.Add: ("+", lambda left, right: left + right),
    ast.Sub: ("−", lambda left, right: left - right),
    ast.Mult: ("×", lambda left, right: left * right),
}


class ExpressionWrongError(ValueError):
    """The text is not an expression of the few allowed parts; the message says which part."""


@dataclass(frozen=True)
class Expression:
    """One expression that was found safe. `text` is how the scheme's file writes it."""

    text: str
    tree: ast.expr = field(compare=False, repr=False)

    def value(self, inputs: Mapping[str, Decimal]) -> Decimal:
        """Return the exact result; nothing is rounded here."""
        return _value(self.tree, self.text, inputs)

    def shown(self, names: Mapping[str, str]) -> str:
        """Return the expression for people; `names` says how to write inputs, min and max."""
        return _shown(self.tree, self.text, names)


def read_expression(text: str, *, names: Collection[str]) -> Expression:
    """Return the expression that `text` writes over the inputs `names`.

    Raises ExpressionWrongError for anything but min, max, +, -, *, parentheses, plain numbers and
    those names.
    """
    if not text.isascii() or not text.isprintable() or len(text) > CHARACTERS_MAX:
        raise ExpressionWrongError(f"one line of at most {CHARACTERS_MAX} plain characters")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionWrongError("this is not an expression") from None
    _check(tree, text, names)
    return Expression(text, tree)


def _check(node: ast.expr, text: str, names: Collection[str]) -> None:
    match node:
        case ast.Constant():
            if _NUMBER.fullmatch(_source(node, text)) is None:
                raise ExpressionWrongError("a number has up to 12 digits and 6 decimals")
        case ast.Name(id=name):
            if name not in names:
                raise ExpressionWrongError(f"unknown input {name!r}")
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            _check(left, text, names)
            _check(right, text, names)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if (
            name in _FUNCTIONS and arguments
        ):
            for argument in arguments:
                _check(argument, text, names)
        case _:
            raise ExpressionWrongError("only min, max, +, - and * over inputs and plain numbers")


def _value(node: ast.expr, text: str, inputs: Mapping[str, Decimal]) -> Decimal:
    match node:
        case ast.Name(id=name):
            return inputs[name]
        case ast.BinOp(left=left, op=operator, right=right):
            _, compute = _OPERATORS[type(operator)]
            return compute(_value(left, text, inputs), _value(right, text, inputs))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            # One list, not *arguments: min() of a single value would look for its parts.
            return _FUNCTIONS[name]([_value(argument, text, inputs) for argument in arguments])
    return _number(node, text)


def _shown(node: ast.expr, text: str, names: Mapping[str, str]) -> str:
    match node:
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=operator, right=right):
            sign, _ = _OPERATORS[type(operator)]
            sides = [_shown(left, text, names), _shown(right, text, names)]
            if sign == "×":
                sides = [
                    f"({side})" if isinstance(child, ast.BinOp) and _is_sum(child) else side
                    for child, side in zip((left, right), sides, strict=True)
                ]
            elif isinstance(right, ast.BinOp) and _is_sum(right):
                sides[1] = f"({sides[1]})"
            return f" {sign} ".join(sides)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            inside = ", ".join(_shown(each, text, names) for each in arguments)
            return f"{names[name]}({inside})"
    return str(_number(node, text))


def _is_sum(node: ast.BinOp) -> bool:
    return not isinstance(node.op, ast.Mult)


def _number(node: ast.expr, text: str) -> Decimal:
    # From the text itself: 0.1 as a float is not a tenth.
    return Decimal(_source(node, text))


def _source(node: ast.expr, text: str) -> str:
    return text[node.col_offset : node.end_col_offset]
