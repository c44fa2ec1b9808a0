"""A record as plain data: for golden files, for `explain`, for `--json`. Numbers stay Decimal, so nothing is lost."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any


def plain(value: Any) -> Any:
    """A record, part or value as dict, list, text, number or bool. Fields keep their order; empty ones are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((f.name, getattr(value, f.name)) for f in fields(value))
        return {name: plain(inner) for name, inner in pairs if inner is not None and inner != ()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value  # codes and keys are texts of their own classes
