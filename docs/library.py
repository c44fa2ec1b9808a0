"""The parts of hand-written pages that come from the code: signatures, units, errors, quirks.

A page holds `<!-- made by docs/generate.py: NAME -->` and `<!-- end -->`; what stands between them is made here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import kapfhir
from kapfhir.errors import KapfhirError, Problem
from kapfhir.mapping.units import Found, Mapped, Place, Rejected, Same
from kapfhir.sandbox.quirks import QUIRKS
from kapfhir.sandbox.server import Sandbox

REFERENCE = Path(__file__).parent / "reference"
SECTION = re.compile(r"(<!-- made by docs/generate\.py: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
QUOTED = re.compile(r"(: |-> )'([^']*)'")  # an annotation, which is text here
WIDTH = 110


def python_page() -> str:
    """docs/reference/python.md, its sections made anew."""
    sections: dict[str, Callable[[], str]] = {name: partial(_function, name) for name in kapfhir.__all__}
    return _fill("python.md", sections | {"units": _units, "errors": _errors})


def sandbox_page() -> str:
    """docs/reference/sandbox.md, its sections made anew."""
    return _fill("sandbox.md", {"quirks": _quirks, "sandbox": _sandbox})


def _fill(page: str, sections: dict[str, Callable[[], str]]) -> str:
    text = (REFERENCE / page).read_text(encoding="utf-8")
    there = [m[2] for m in SECTION.finditer(text)]
    if sorted(there) != sorted(sections):
        raise LookupError(f"{page} has the sections {', '.join(there)}; there should be {', '.join(sections)}")
    return SECTION.sub(lambda m: f"{m[1]}\n{sections[m[2]]()}\n\n{m[3]}", text)


def _function(name: str) -> str:
    function = getattr(kapfhir, name)
    return f"{_code(f'kapfhir.{name}', function)}\n\n{_doc(function)}"


def _code(name: str, function: Callable[..., Any], *, skip_self: bool = False) -> str:
    """The signature, broken where it is long."""
    signature = inspect.signature(function)
    taken = [p for p in signature.parameters.values() if not (skip_self and p.name == "self")]
    line = QUOTED.sub(r"\1\2", str(signature.replace(parameters=taken)))
    if len(line) + len(name) > WIDTH:
        head, _, tail = line.rpartition(")")
        line = "(\n    " + ",\n    ".join(_split(head[1:])) + f",\n){tail}"
    return f"```python\n{name}{line}\n```"


def _split(text: str) -> list[str]:
    """At the commas that are within no brackets."""
    return re.split(r", (?![^\[(]*[\])])", text)


def _doc(thing: Any) -> str:
    """A docstring as Markdown: its paragraphs, each on one line."""
    return "\n\n".join(" ".join(part.split()) for part in (inspect.getdoc(thing) or "").split("\n\n"))


def _units() -> str:
    parts = []
    for kind in (Found, Same, Rejected, Mapped, Problem, Place):
        rows = [f"| `{name}` | `{_type(kept)}` |" for name, kept in inspect.get_annotations(kind).items()]
        parts += [f"### {kind.__name__}", _doc(kind), "\n".join(["| field | type |", "|---|---|", *rows])]
    return "\n\n".join(parts)


def _type(annotation: Any) -> str:
    return str(annotation).replace("|", "\\|")


def _errors() -> str:
    rows = ["| error | exit | means |", "|---|---|---|"]
    for depth, kind in _tree(KapfhirError, 0):
        code = "" if kind.exit is KapfhirError.exit else int(kind.exit)
        rows.append(f"| {'&nbsp;&nbsp;' * depth}`{kind.__name__}` | {code} | {_doc(kind)} |")
    return "\n".join(rows)


def _tree(kind: type[KapfhirError], depth: int) -> list[tuple[int, type[KapfhirError]]]:
    inner = [kind for kind in kind.__subclasses__() if kind.__module__ == "kapfhir.errors"]
    return [(depth, kind), *(found for one in inner for found in _tree(one, depth + 1))]


def _quirks() -> str:
    return "\n".join(["| name | does |", "|---|---|", *(f"| `{name}` | {text} |" for name, (text, _) in QUIRKS.items())])


def _sandbox() -> str:
    parts = [_code("kapfhir.sandbox.server.Sandbox", Sandbox), _doc(Sandbox) + " A context manager."]
    rows = ["| | does |", "|---|---|"]
    for name, member in vars(Sandbox).items():
        if not name.startswith("_"):
            what = f".{name}" if isinstance(member, property) else f".{name}{_short(member)}"
            about = _doc(member.fget if isinstance(member, property) else member).replace("\n\n", " ")
            rows.append(f"| `{what}` | {about} |")
    return "\n\n".join([*parts, "\n".join(rows)])


def _short(method: Callable[..., Any]) -> str:
    """The signature without types."""
    taken = [p.replace(annotation=p.empty) for p in inspect.signature(method).parameters.values() if p.name != "self"]
    return str(inspect.Signature(taken))
