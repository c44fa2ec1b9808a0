"""JSON as bytes: is it UTF-8, is it JSON to the letter, has an object a key twice, and on which line does an element stand?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from kapfhir.errors import Problem

from .scope import safe_name

BOM = b"\xef\xbb\xbf"
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)


class _TokenError(ValueError):
    """A token that JSON does not have: NaN, Infinity."""


def parse_text(text: bytes, file: str, line: int = 1) -> tuple[Any, list[Problem]]:
    """The value and what is wrong with the text; no value if it can't be read. The text begins on this line of its file."""
    problems: list[Problem] = []
    if text.startswith(BOM):
        problems.append(Problem(file, line, "1", "byte-order-mark", "the file begins with a byte order mark", severity="warning"))
        text = text[len(BOM) :]
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in text[:4]:
        return None, [Problem(file, line, "1", "not-utf8", "the file is UTF-16 or UTF-32; FHIR JSON is UTF-8")]
    try:
        string = text.decode()
    except UnicodeDecodeError as error:
        at = line + text.count(b"\n", 0, error.start)
        return None, [*problems, Problem(file, at, "", "not-utf8", f"byte {error.start} of the text is not UTF-8")]
    if not string.strip():
        return None, [*problems, Problem(file, line, "1", "not-json", "there is nothing but blanks")]
    doubled: list[bool] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) != len(pairs):
            doubled.append(True)
        return out

    try:
        value = json.loads(string, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=collect)
    except json.JSONDecodeError as error:
        said = re.sub(r"'[^']*'", "a character", error.msg)
        hint = "a file with one resource a line is named .ndjson" if error.msg == "Extra data" else ""
        problem = Problem(file, line + error.lineno - 1, str(error.colno), "not-json", f"the text is not JSON: {said}", hint)
        return None, [*problems, problem]
    except RecursionError:
        return None, [*problems, Problem(file, line, "", "too-deep", "the text is nested too deeply")]
    except (InvalidOperation, ValueError):
        return None, [*problems, Problem(file, line, "", "not-json", "the text has a number that JSON does not have")]
    if doubled:
        for path, at, column, twice in find_places(string):
            if twice:
                problems.append(
                    Problem(file, line + at - 1, str(column), "duplicate-key", f"{path} is there twice in one object")
                )
    return value, problems


def _refuse(_: str) -> Any:
    raise _TokenError


def find_places(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """(path below the root, line, column, there already) of each key of a JSON text."""
    stack: list[tuple[str, set[str], list[int]]] = []  # path; keys of an object; [index] of a list, nothing for an object
    path, line, last, held = "", 1, 0, ""
    for token in TOKEN.finditer(text):
        mark = token[0]
        line += text.count("\n", last, token.start())
        last = token.start()
        if mark[0] == '"':
            held = mark
        elif mark == ":" and stack and not stack[-1][2]:
            name = safe_name(json.loads(held))
            owner, keys, _ = stack[-1]
            path = f"{owner}.{name}" if owner else name
            start = text.rfind(held, 0, token.start())
            yield path, line - text.count("\n", start, token.start()), start - text.rfind("\n", 0, start), name in keys
            keys.add(name)
        elif mark == "{":
            stack.append((path, set(), []))
        elif mark == "[":
            stack.append((path, set(), [0]))
            path = f"{path}[0]"
        elif mark in "}]" and stack:
            path = stack.pop()[0]
        elif mark == "," and stack and stack[-1][2]:
            stack[-1][2][0] += 1
            path = f"{stack[-1][0]}[{stack[-1][2][0]}]"
