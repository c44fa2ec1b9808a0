"""The code tables that scale files stand for: instruments, questions, choices, subscales, bands, definitions."""

from __future__ import annotations

from collections.abc import Iterable

from kapfhir.model.scales import Rule

from .load import ScaleFile

Row = tuple[str, str, str, str]  # code, system alias, standard code, display
QUESTIONNAIRE = "https://kapfhir.org/fhir/Questionnaire"
VERSION = "1.0.0"
LOCAL = "kap"


def code_tables(files: Iterable[ScaleFile]) -> dict[str, list[Row]]:
    """Rows by the name of their table, in the order of the files."""
    files = list(files)
    homes = _homes(files)
    out: dict[str, list[Row]] = {
        "instrument": [row for f in files for row in _instrument(f)],
        "question": [_question(homes[q], q) for q in dict.fromkeys(q for f in files for q in f.names)],
        "choice": list(dict.fromkeys(_coded(str(o.choice), o.code, o.label) for f in files for o in f.options)),
        "subscale": [
            (p.subscale, LOCAL, p.subscale, f"{f.short} {_words(p.subscale, f.scale.instrument, p.map)} ({p.map})")
            for f in files
            for p in f.scale.parts
        ],
        "severity-band": [
            (b.band, LOCAL, b.band, f"{_words(b.band, s.name)} ({f.short}, {s.source})")
            for f in files
            for s in f.scale.schemes
            for b in s.bands
        ],
        "definition": [
            (r.definition, LOCAL, r.definition, f"{f.short} {_says(r)} ({r.source})") for f in files for r in f.scale.rules
        ],
    }
    return out


def _homes(files: list[ScaleFile]) -> dict[str, ScaleFile]:
    """A question that several scales have belongs to the one that codes it, or else is named like it."""
    out: dict[str, ScaleFile] = {}
    for file in files:
        for question in file.names:
            named = question.rsplit("-", 1)[0] == file.scale.instrument
            if question not in out or question in file.codes or (named and question not in out[question].codes):
                out[question] = file
    return out


def _instrument(file: ScaleFile) -> list[Row]:
    name = str(file.scale.instrument)
    local = f"{name}-total" if file.scale.totals else name
    display = f"{file.short} total score" if file.scale.totals else file.short
    canonical = (name, "uri", f"{QUESTIONNAIRE}/{name}|{VERSION}", file.short)
    return [_coded(name, file.total, display, local), canonical]


def _question(file: ScaleFile, question: str) -> Row:
    return _coded(question, file.codes.get(question, ""), file.names[question])


def _coded(code: str, standard: str, display: str, local: str = "") -> Row:
    """With the standard code where there is one, without words; else with ours."""
    if standard:
        system, _, theirs = standard.partition("#")
        return code, system, theirs, ""
    return code, LOCAL, local or code, display


def _words(code: str, *heads: str) -> str:
    for head in heads:
        code = code.removeprefix(f"{head}-")
    return code.replace("-", " ")


def _says(rule: Rule) -> str:
    of = {"score": "score", "drop": "drop", "rise": "rise", "lost": "gain lost"}[rule.measure]
    row = f", {rule.in_a_row} in a row" if rule.in_a_row > 1 else ""
    return f"{rule.kind.replace('-', ' ')}: {of} {rule.cut}{' %' if rule.percent else ''}{row}"
