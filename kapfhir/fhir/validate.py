"""Is this resource R4? Every problem of it at once, by the definitions of 4.0.1; no problem repeats a value.

check(resource)     a resource as Python data
check_text(bytes)   a JSON text, with the faults that only a text can have: duplicate keys, comments, bytes that are not UTF-8
check_file(path)    JSON, a Bundle, or NDJSON line by line, with the file's line in each problem
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kapfhir.errors import Problem

from .rules.fast import is_right
from .rules.primitives import PATTERNS
from .rules.scope import Scope
from .rules.specials import walk_root
from .rules.text import find_places, parse_text
from .rules.walk import RESOURCES, walk_resource

LINES = frozenset([".ndjson", ".jsonl"])


def check(resource: Any) -> list[Problem]:
    """All problems of a resource as Python data (decimals as Decimal); empty if there are none."""
    if is_right(resource):
        return []
    return walk(resource, is_right)


def walk(resource: Any, quick: Callable[[Any], bool] | None = None) -> list[Problem]:
    """As `check`, but without a quick answer for the whole; `quick` may give one for the entries of a Bundle."""
    conditional = (
        isinstance(resource, dict) and resource.get("resourceType") == "Bundle" and resource.get("type") == "transaction"
    )
    scope = Scope(_name(resource), resource if isinstance(resource, dict) else {}, conditional=conditional, is_right=quick)
    walk_root(scope, resource, "", walk_resource)
    return scope.found


def check_text(text: bytes, file: str = "", line: int = 1) -> list[Problem]:
    """All problems of a JSON text that should be one resource; `line` is where it begins in its file."""
    value, problems = parse_text(text, file, line)
    if value is None and problems:
        return problems
    found = check(value)
    if not found:
        return problems
    lines = _lines(text) if text.count(b"\n") else {}
    for problem in found:
        at = line + _line_of(problem.column, lines) - 1
        problems.append(replace(problem, file=file or problem.file, line=at if file else 0))
    return problems


def check_file(path: Path) -> Iterator[Problem]:
    """The problems of a file: a JSON resource or Bundle, or NDJSON (.ndjson, .jsonl), read line by line."""
    try:
        if path.suffix.lower() in LINES:
            with path.open("rb") as lines:
                for number, text in enumerate(lines, 1):
                    if text.strip():
                        yield from check_text(text.rstrip(b"\r\n"), str(path), number)
        else:
            yield from check_text(path.read_bytes(), str(path))
    except OSError as error:
        yield Problem(str(path), 0, "", "unreadable-file", f"the file can't be read: {error.strerror}")


def _name(resource: Any) -> str:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or kind not in RESOURCES:
        return "?"
    name = resource.get("id")
    return f"{kind}/{name}" if isinstance(name, str) and PATTERNS["id"].fullmatch(name) else f"{kind}/?"


def _lines(text: bytes) -> dict[str, int]:
    return {path: line for path, line, _, _ in find_places(text.decode("utf-8-sig"))}


def _line_of(column: str, lines: dict[str, int]) -> int:
    """The line of an element, or of the nearest one above it that is there."""
    path = column.partition(".")[2]
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, 1)
