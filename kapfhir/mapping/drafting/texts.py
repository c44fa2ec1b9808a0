"""What local texts mean: our codes, the standard codes and names for them, and the words that clinics use."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from kapfhir.fhir.identity import kebab
from kapfhir.mapping.codes import Codes
from kapfhir.model.values import DoseStatus, SessionStatus

SYNONYMS = Path(__file__).parent / "synonyms.csv"  # list,local,code: words that clinics use
ALIKE = {kebab(DoseStatus.__name__): kebab(SessionStatus.__name__)}  # lists that share their synonyms
SAME = {"not-at-all": "0", "several-days": "1", "more-than-half": "2", "nearly-every-day": "3"}


def fold(text: str) -> str:
    """Words only, in lower case."""
    return " ".join(re.findall(r"[a-z0-9.]+", text.casefold().replace("ä", "a").replace("ü", "u")))


class Meanings:
    """Finds the code of ours that a local text means."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._known: dict[type, dict[str, str]] = {}

    def of(self, kind: type, text: str) -> str:
        """Our code; empty where the text is not known."""
        return self._words(kind).get(fold(text), "")

    def says_own(self, kind: type, texts: dict[str, int]) -> bool:
        """True if every text is a code of ours already: no table is needed."""
        own = {code.casefold() for code in self._codes.own(kind)}
        return bool(texts) and all(" ".join(text.split()).casefold() in own for text in texts)

    def fits(self, kind: type, texts: dict[str, int] | None) -> float:
        """The share of the texts that are known."""
        return sum(bool(self.of(kind, text)) for text in texts) / len(texts) if texts else 0.0

    def _words(self, kind: type) -> dict[str, str]:
        if kind not in self._known:
            words: dict[str, str] = {}
            for row in self._codes.table(kind):
                for text in (row.display, row.standard, row.code):
                    if text:
                        words.setdefault(fold(text), row.code)
            own, name = set(self._codes.own(kind)), kebab(kind.__name__)
            words |= {fold(text): code for text, code in _synonyms(ALIKE.get(name, name)) if code in own}
            words |= {fold(code): code for code in own}
            self._known[kind] = words
        return self._known[kind]


@cache
def _synonyms(name: str) -> tuple[tuple[str, str], ...]:
    with SYNONYMS.open(encoding="utf-8", newline="") as file:
        return tuple((row["local"], row["code"]) for row in csv.DictReader(file) if row["list"] == name)
