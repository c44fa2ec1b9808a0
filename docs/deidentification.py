"""The page on what `kapfhir deidentify` does to each element, made of its tables."""

from __future__ import annotations

import csv

from kapfhir.deidentification.table import HERE, load_identifiers, load_rows, passes

ACTIONS = {
    "drop": "dropped",
    "text": "dropped as text; stays where `--keep-text` names it",
    "keep": "kept",
    "walk": "its elements, one by one",
    "period": "its ends, by the rule of dates",
    "date": "shifted, or cut to the year",
    "birth": "the year",
    "number": "kept, if short",
    "quantity": "kept, if short and with a unit of UCUM",
    "code": "kept, if R4 lists it",
    "coding": "kept, if public",
    "uri": "kept, if public; else a pseudonym",
    "link": "kept, if of a simple form; else a pseudonym",
    "pseudonym": "a pseudonym",
    "identifier": "a pseudonym",
    "reference": "a pseudonym",
    "address": "coarsened",
    "extension": "kept, if listed",
    "meta": "labels kept",
}


def deidentification_page() -> str:
    """docs/reference/deidentification.md."""
    rows = [row for row in load_rows().values() if row.action != "pass"]
    parts = [
        "# De-identification",
        "",
        "What `kapfhir deidentify` does. This page is made of `kapfhir/deidentification/*.csv` by `python docs/generate.py`;",
        "[the explanation](../explanation/deidentification.md) says why, and what is and is not Safe Harbor.",
        "",
        "## The eighteen identifiers",
        "",
        "45 CFR 164.514(b)(2)(i), of the patient and of relatives, employers and household members:",
        "",
        "| | identifier | what is done |",
        "|---|---|---|",
        *(f"| {row['class']} | {row['identifier']} | {row['treatment']} |" for row in load_identifiers()),
        "",
        "## Resource types",
        "",
        f"These may leave; a resource of any other type is withheld: {', '.join(sorted(passes()))}.",
        "",
        "## Datatypes and elements",
        "",
        "An element goes by its own row, else by that of its datatype. A datatype without a row is dropped, and so is what R4",
        "does not have. A required element that would be missing gets the extension `data-absent-reason` with the code",
        "`masked`; so does a date that must not be told.",
        "",
        "| datatype or element | action | identifiers | |",
        "|---|---|---|---|",
        *(f"| {row.element} | {_action(row.action)} | {row.classes.replace(' ', ', ')} | {row.why} |" for row in rows),
        "",
        "## Ages and birth dates",
        "",
        "An age over 89 is masked, or dropped where nothing must stand there: in an `Age`, in these elements in whatever form,",
        "and where a code or the words of a question say that the value is one. An age that a resource tells of an earlier",
        "year counts as what it has become since. A text in these elements can't be kept.",
        "",
        "| element | |",
        "|---|---|",
        *(f"| {row['element']} | {row['why']} |" for row in _rows("age_elements")),
        "",
        "These codes, in whatever system, say that a value is an age or a birth date, of which the year alone stays:",
        "",
        "| code | name | |",
        "|---|---|---|",
        *(f"| {row['code']} | {row['name']} | {row['tells']} |" for row in _rows("ages")),
        "",
        "## Public systems, extensions, ZIP codes",
        "",
        "A code stays if its system is one of these and it has the form, and the check digit, of that system:",
        "",
        "| system | name |",
        "|---|---|",
        *(f"| `{row['system']}` | {row['name']} |" for row in _rows("systems")),
        "",
        "An extension stays if it is one of these; what it holds is looked at as everything else:",
        "",
        "| extension | |",
        "|---|---|",
        *(f"| `{row['url']}` | {row['why']} |" for row in _rows("extensions")),
        "",
        "Of a patient's ZIP three digits stay, but 000 for these areas, in which 20,000 people or fewer live:",
        "",
        "| first three digits | source |",
        "|---|---|",
        *(f"| {row['zip3']} | {row['source']} |" for row in _rows("zips")),
    ]
    return "\n".join(parts) + "\n"


def _action(action: str) -> str:
    name, _, masked = action.partition(" ")
    return f"{ACTIONS[name]}; masked where it goes" if masked else ACTIONS[name]


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
