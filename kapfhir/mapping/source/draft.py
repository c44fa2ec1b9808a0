"""Drafts for an export whose headers nobody has seen: a configuration, maps and code tables; what can't be known is a TODO line.

All of it is files of the clinic's own. Code tables hold the texts of columns that look like codes and, where the export has a
table of the staff, the names of staff that stand in both: no names of patients, no ids, dates or free text.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

from kapfhir.errors import ConfigError, Problem
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.drafting.drafts import Book, Draft, scalar
from kapfhir.mapping.drafting.kinds import draft_all
from kapfhir.mapping.drafting.profile import Column, Profile, load_profile
from kapfhir.mapping.drafting.texts import Meanings
from kapfhir.mapping.drafting.words import is_official
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import fields_of
from kapfhir.sources.export import Export
from kapfhir.sources.table import Row, TableError

CONFIG = "kapfhir.toml"
JOINED = ("since_dose",)  # reckoned, never mapped
KINDS = {
    "moment": "a date with time",
    "date": "a date",
    "time": "a time of day",
    "number": "a number",
    "pressure": "a blood pressure",
    "dose": "a dose in words",
    "text": "text",
    "empty": "empty",
}


def draft(export: Export, into: Path, codes: Codes) -> list[Path]:
    """Write the drafts for an export into a folder; gives the files written. ConfigError if one of them is there already."""
    name = source_name(export)
    profiles = []
    for table in export.tables.values():
        try:
            profiles.append(load_profile(table))
        except TableError:
            continue  # told among the export's problems
    book = Book(Meanings(codes), profiles, lambda profile: _rows(export, profile))
    drafts = draft_all(book)
    files: dict[Path, str] = {into / CONFIG: _config(name)}
    folder = into / "mappings" / "sources" / name
    stems: dict[str, int] = {}
    for one in drafts:
        stem = _slug(one.name)
        stems[stem] = stems.get(stem, 0) + 1
        files[folder / f"{stem if stems[stem] == 1 else f'{stem}-{stems[stem]}'}.yaml"] = _map(one)
    for code_table, rows in sorted(book.tables.items()):
        files[folder / "codes" / f"{code_table}.csv"] = _codes(rows)
    taken = [path for path in files if path.exists()]
    if taken:
        raise ConfigError(f"{taken[0]} is there already: drafts overwrite nothing", "name another folder with -o")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def _rows(export: Export, profile: Profile) -> Iterator[Row]:
    """The rows of a table that can be read."""
    return (row[1] for row in export.tables[profile.name].rows(profile.dialect) if not isinstance(row, Problem))


def source_name(export: Export) -> str:
    """The name of the new source: that of the export."""
    return _slug(export.path.stem if export.path.is_file() else export.path.resolve().name) or "clinic"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _config(name: str) -> str:
    return f"""# Written by `kapfhir init`. What is marked TODO must be filled in; `kapfhir check` lists what is left.
source = "{name}"
mappings = "mappings"

[clinic]
system = "TODO"  # the base address of the clinic's identifiers, such as "https://clinic.example/kap"; it never changes
namespace = "{uuid.uuid4()}"  # made once for this clinic: ids are made of it, never change it
zone = "TODO"  # of the times in the tables, such as "America/Los_Angeles"
synthetic = false  # true: no real patients; every resource is labelled so

# [profile.main]  # a server: kapfhir sync EXPORT --server main
# url = "https://fhir.example/r4"
# auth = "bearer"
# token_env = "KAPFHIR_TOKEN"
"""


def _map(one: Draft) -> str:
    profile = one.profile
    done = "nothing is to do" if not one.todos else f"TODO marks what must be filled in: {_count(one.todos)}"
    out = [f"# Drafted by `kapfhir init` from {_comment(profile.file)}, {profile.rows} rows; {done}."]
    out += [f"# {_comment(note)}" for note in one.notes]
    out += ["#", *_looks(profile), ""] if not one.derived else [""]
    out += [f"concept: {one.concept}", f"table: {scalar(profile.name)}"]
    if one.where:
        out.append(f"where: {one.where}")
    for word, value in (("encoding", profile.dialect.encoding), ("delimiter", profile.dialect.delimiter)):
        if value is not None:
            out.append(f"{word}: {scalar(value)}")
    if profile.decimal == ",":
        out.append('decimal: ","')
    if one.stand_in:
        out.append("stand_in: yes")
    out.append("fields:")
    group = ""
    for line in one.lines:
        first = line.path.split(".")[0]
        if "[" in first and first != group and not first.startswith("answers["):
            out.append("")
        group = first
        note = f"  # {_comment(line.note)}" if line.note else ""
        out.append(f"  {'' if line.sure else '# '}{line.path}: {line.rule}{note}")
    out += _rest(one) if not one.derived else []
    return "\n".join(out) + "\n"


def _count(todos: int) -> str:
    return "1 line" if todos == 1 else f"{todos} lines"


def _looks(profile: Profile) -> list[str]:
    """The columns, how full they are and what they look like; no cell."""
    width = min(max((len(c.name) for c in profile.columns), default=0), 50)
    out = []
    for column in profile.columns:
        share = f"{100 * column.filled // max(profile.rows, 1)} %"
        out.append(f"#   {_comment(column.name):<{width}}  {share:>5}  {_look(column)}")
    return out


def _look(column: Column) -> str:
    what = KINDS[column.kind]
    formats = [
        f.replace("{}", "DD/MM or MM/DD").replace("iso", "as in ISO 8601").replace("typed", "typed in the sheet")
        for f in column.shapes.formats()
    ]
    if formats and column.kind in ("date", "moment", "time"):
        what += f", {' or '.join(formats)}"
    if column.texts is not None and column.kind in ("text", "number") and column.filled:
        what += f", {len(column.texts)} different"
    if column.once and column.filled > 1:
        what += ", each once"
    if is_official(column.words):
        return f"{what}: a number of the state, so no line reads it"
    return what + ("" if column.alone else ": its name stands twice, so no line can read it")


def _rest(one: Draft) -> list[str]:
    """Columns that no line reads, and fields that no line fills: where to go on."""
    unused = [c.name for c in one.profile.columns if c.name not in one.used and c.name and c.filled]
    out = [""] if unused or one.concept in CONCEPTS else []
    if unused:
        out.append(f"# Columns that no line reads: {', '.join(map(_comment, unused))}")
    if one.concept in CONCEPTS:
        filled = {re.split(r"[.\[]", line.path)[0] for line in one.lines}
        fields = [f for f in fields_of(CONCEPTS[one.concept]).values() if not f.derived and f.name not in JOINED]
        more = [f.name for f in fields if f.name not in filled]
        if more and all(f.optional or f.name in filled for f in fields):
            out.append(f"# Fields of {one.concept} that no line fills: {', '.join(more)}")
    return out


def _comment(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in name)


def _codes(rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("local", "code"))
    writer.writerows(sorted(rows.items()))
    return out.getvalue()
