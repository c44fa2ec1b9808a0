"""What a walk over one resource knows and collects: the problems, the contained resources, the references seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kapfhir.errors import Problem

from .primitives import Fault

NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_]{0,63}(\[x\])?")


@dataclass(slots=True)
class Scope:
    """One resource and what it contains."""

    file: str
    root: dict[str, Any]
    found: list[Problem] = field(default_factory=list)
    contained: dict[str, str] = field(default_factory=dict)  # id -> path
    pointed: set[str] = field(default_factory=set)  # ids that a `#id` names
    uplinks: set[str] = field(default_factory=set)  # paths of contained resources that point to `#`
    ids: dict[str, str] = field(default_factory=dict)  # id of an element -> path
    conditional: bool = False  # inside of a transaction, references may be queries
    is_right: Callable[[Any], bool] | None = None  # the quick answer, for entries of a Bundle

    def say(self, path: str, code: str, text: str, hint: str = "", severity: str = "error") -> None:
        self.found.append(Problem(self.file, 0, path, code, f"{path} {text}", hint, severity))

    def fault(self, path: str, fault: Fault) -> None:
        self.say(path, fault.code, fault.text, fault.hint, fault.severity)


def safe_name(key: Any) -> str:
    """A JSON key as a message may show it: only what has the form of an element's name."""
    return key if isinstance(key, str) and NAME.fullmatch(key) else "?"
