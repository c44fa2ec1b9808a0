"""The page of concepts: every field of every record, what it means by its type, and the FHIR elements that it fills."""

from __future__ import annotations

from functools import cache

from kapfhir.data import mappings_folder
from kapfhir.mapping.located import Problems, load_yaml
from kapfhir.mapping.resource.grammar import Copy, Either, Line, Map, Repeat, parse_map
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import Field, fields_of, is_item

HEAD = """# Concepts

A record is a frozen dataclass of `kapfhir.model`. The type of a field says what its value means, and so how a cell is read and
what it becomes in FHIR. `Key` names a record; `Ref[X]` is the key of another record; a code is one of ours, listed in
`mappings/codes/<list>.csv`; an amount has a UCUM unit; a moment carries its zone. *derived*: computed, written to FHIR, never
read back. This page is made by `python docs/generate.py`.
"""


def concepts_page() -> str:
    """All concepts in the order in which they are read."""
    parts = [HEAD]
    for name, concept in CONCEPTS.items():
        source = map_of(name)
        slots = ", ".join(f"{slot.resource} (`{slot.name}`)" for slot in source.slots.values())
        parts.append(f"## {name}\n\n{_doc(concept)}\n\nResources: {slots}\n")
        parts += [_table(kind, source, title) for kind, title in _kinds(concept)]
    return "\n".join(parts) + "\n\nThe rating scales have a page of their own: [scales](scales.md).\n"


@cache
def map_of(concept: str) -> Map:
    """All files of a concept, their slots together."""
    whole: Map | None = None
    for path in sorted((mappings_folder() / "fhir").glob("*.yaml")):
        problems = Problems(path.name)
        tree = load_yaml(path, problems)
        found = parse_map(tree, problems) if tree is not None else None
        if found is not None and found.concept == concept:
            whole = whole or found
            whole.slots |= found.slots
    if whole is None:
        raise LookupError(concept)
    return whole


def _doc(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def _kinds(concept: type) -> list[tuple[type, str]]:
    """The concept and the items and parts in it, in the order in which they are met."""
    out: list[tuple[type, str]] = [(concept, "")]
    for kind, _ in out:
        for f in fields_of(kind).values():
            inner = [k for k in f.types if is_item(k) and not f.derived]
            out += [(k, f"### {k.__name__}\n\n{_doc(k)}\n") for k in inner if all(k is not other for other, _ in out)]
    return out


def _table(kind: type, source: Map, title: str) -> str:
    rows = [
        f"| `{f.name}` | {_type(f)} | {_need(f)} | {elements(kind, f, source)} |" for f in fields_of(kind).values() if _told(f)
    ]
    return "\n".join([title, "| field | type | | FHIR |", "|---|---|---|---|", *rows, ""]).lstrip("\n")


def _told(f: Field) -> bool:
    return not (f.derived and any(is_item(k) for k in f.types))  # a scale is a fact of the instrument, no value of the record


def _type(f: Field) -> str:
    names = [f"Ref[{f.refers.__name__}]" if f.refers else k.__name__ for k in f.types]
    text = " or ".join(names) + (f" in {', '.join(f'`{u}`' for u in f.units)}" if f.units else "")
    return f"list of {text}" if f.many else text


def _need(f: Field) -> str:
    return "derived" if f.derived else "" if f.optional else "required"


def elements(kind: type, f: Field, source: Map) -> str:
    """The FHIR elements of a field, or why it has none, as a cell of a table."""
    if f.name == "key":
        return "`identifier`, `id`"
    if f.stays:
        return f"stays in the record: {f.stays}"
    out: list[str] = []
    for slot in source.slots.values():
        levels: list[type] = [CONCEPTS[source.concept]]
        for step in slot.each:
            levels.insert(0, fields_of(levels[0])[step].types[0])
        if slot.each and f.name == slot.each[-1] and kind is levels[1]:
            out.append(f"{slot.resource} (`{slot.name}`), one each")
        out += [f"{slot.resource}.{path}" for path in _paths(slot.lines, levels, kind, f.name, "")]
    return "<br>".join(dict.fromkeys(out))


def _paths(lines: tuple[Line, ...], levels: list[type], kind: type, name: str, prefix: str) -> list[str]:
    out: list[str] = []
    for line in lines:
        path = prefix + str(line.at)
        rule = line.rule.other if isinstance(line.rule, Either) else line.rule
        if isinstance(rule, Copy) and rule.field == name and rule.up < len(levels) and levels[rule.up] is kind:
            out.append(path)
        elif isinstance(rule, Repeat):
            f = fields_of(levels[0])[rule.each]
            if levels[0] is kind and f.name == name:
                out.append(path)
            if is_item(f.types[0]):
                out += _paths(rule.lines, [f.types[0], *levels], kind, name, f"{path}.")
    return out
