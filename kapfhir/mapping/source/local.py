"""A source's words for our codes, and for the keys of its records: `sources/<source>/codes/<name>.csv`, `local,code`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kapfhir.errors import Problem
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.located import Problems, Text, near
from kapfhir.model.shipped import SCALES
from kapfhir.model.values import Code

from .grammar import TODO

REMARK = "#"  # starts a row of one cell that is there for people


@dataclass(frozen=True, slots=True)
class LocalTable:
    """Folded local text -> our code, or the key of a record."""

    name: str
    codes: Mapping[str, str]
    blocked: bool  # it has TODO lines, or faults


def is_number(text: str) -> bool:
    """A whole number, perhaps with a sign: `+1`, `-5`."""
    return text.lstrip("+-").isdecimal() and len(text) <= 9 and text.isascii()


def shift_of(table: Mapping[str, str]) -> int:
    """By how much the numbers of an export are above the scores that they stand for; 0 where they are not, or not all alike."""
    scores = {str(c): n for scale in SCALES.values() for i in scale.items if i.scored for c, n in i.choices.items()}
    pairs = [
        (int(local), int(scores.get(code, code)))
        for local, code in table.items()
        if is_number(local) and (code in scores or is_number(code))
    ]
    shifts = {local - score for local, score in pairs}
    return shifts.pop() if len(shifts) == 1 and len(pairs) > 1 else 0


def fold(text: str) -> str:
    """A cell's text as code tables compare it: blanks and case do not count."""
    return " ".join(text.split()).casefold()


class LocalTables:
    """The code tables of one source, each read when a map first names it; their faults are in `problems`."""

    def __init__(self, folder: MapFolder, source: str, codes: Codes) -> None:
        self.under = f"sources/{source}/codes"
        self.files = folder.files(self.under, ".csv")
        self.codes = codes
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []  # no faults: what is good to know
        self._seen: dict[tuple[str, type | None], LocalTable] = {}

    def table(self, name: Text, kind: type, problems: Problems, *, numbers: bool = False) -> LocalTable | None:
        """The table of this name for a list of codes, or for keys; None, with a problem at the name, if there is none.

        `numbers`: a local text may stand for a number, too, as the answers of scales do.
        """
        path = self.files.get(f"{self.under}/{name}.csv")
        if path is None:
            known = [p.stem for p in self.files.values()]
            problems.say(name, "no-code-table", f"there is no code table {self.under}/{name}.csv", near(name, known))
            return None
        of = (str(name), kind if issubclass(kind, Code) else None)
        if of not in self._seen:
            self._seen[of] = self._load(str(name), path, self.codes.own(kind) if of[1] else None, numbers=numbers)
            if numbers and (shift := shift_of(self._seen[of].codes)):
                text = f"its numbers are the scores of the scale plus {shift}: answers are scored by what they say"
                self.notes.append(Problem(self._seen[of].name, 0, "", "shifted-coding", text, severity="information"))
        return self._seen[of]

    def _load(self, name: str, path: Path, own: tuple[str, ...] | None, *, numbers: bool) -> LocalTable:
        file = f"{self.under}/{name}.csv"
        before, out = len(self.problems), dict[str, str]()

        def say(line: int, column: int, code: str, text: str, hint: str = "") -> None:
            problem = Problem(file, line, str(column), code, text, hint)
            if problem not in self.problems:
                self.problems.append(problem)

        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                rows = csv.reader(stream, strict=True)
                if next(rows, None) != ["local", "code"]:
                    say(1, 1, "bad-table", "the first line is `local,code`")
                for row in rows if len(self.problems) == before else ():
                    if not row or (len(row) == 1 and row[0].startswith(REMARK)):
                        continue
                    if len(row) != 2:
                        say(rows.line_num, 1, "bad-table", f"the row has {len(row)} cells, the header 2")
                        continue
                    local, code = row[0], row[1].strip()
                    at = len(local) + 2
                    if code.startswith(TODO):
                        say(rows.line_num, at, "todo", "this code is still to do: tables that use it are left out until then")
                    elif not code:
                        say(rows.line_num, at, "bad-table", "a row has a code")
                    elif own is not None and code not in own and not (numbers and is_number(code)):
                        say(rows.line_num, at, "wrong-code", f"'{code}' is not one of our codes", near(code, own))
                    if fold(local) in out:
                        say(rows.line_num, 1, "duplicate-key", f"'{local}' stands twice")
                    out[fold(local)] = code
        except (OSError, UnicodeDecodeError, csv.Error):
            say(1, 1, "bad-table", "the file can't be read as a UTF-8 CSV")
        return LocalTable(file, out, len(self.problems) > before)
