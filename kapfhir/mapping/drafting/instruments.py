"""Which scales the words of a header name: by their codes and the abbreviations in their titles, whole or cut short.

`phq9`, `PHQ-9` and `phq_9` are the PHQ-9; `phq` may be the PHQ-2, PHQ-8 or PHQ-9. The names are made of the scales themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kapfhir.model.scales import Scale
from kapfhir.model.shipped import SCALES

SYNONYMS = {"hdrs": "hamd", "hrsd": "hamd", "hdrs17": "hamd17", "hrsd17": "hamd17", "columbia": "cssrs"}
WORDS = {"pulse", "who"}  # begin the name of a scale, and mean other things by themselves
LETTERS, RUN = 3, 5  # letters of a name that is cut short; words that together may be a name
BEHIND = re.compile(r"(?:items?|questions?|qu?|i|a|r|no|nr|total|score|sum|tot|date)$")  # what may follow a name without a blank
UNKNOWN = "unknown"  # the version of a scale that stands for those of one name


@dataclass(frozen=True, slots=True)
class Named:
    """The scales that words name. `whole`: by their whole name; `short`: by its beginning, or by one that several share."""

    whole: tuple[str, ...] = ()
    short: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.whole + tuple(name for name in self.short if name not in self.whole)

    @property
    def one(self) -> str:
        """The scale that is meant; empty where there is none, or it may be another."""
        meant = self.whole or self.short
        return meant[0] if len(meant) == 1 else ""


def spell(name: str) -> str:
    """A name without its blanks and marks."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_name(words: str) -> bool:
    """True for words that are the name of a scale and nothing else."""
    return spell(words) in _known()


def name_scales(words: str) -> Named:
    """The scales of which the words speak: of a longer name and a shorter one within it, the longer one."""
    known, keys = _known(), set[str]()
    tokens = words.split()
    for start in range(len(tokens)):
        for end in range(start + 1, min(len(tokens), start + RUN) + 1):
            run = "".join(tokens[start:end])
            bare = re.sub(r"\d{1,2}$", "", run)
            keys |= {key for key in (run, bare, BEHIND.sub("", bare)) if key in known}
    longest = [known[key] for key in sorted(keys) if not any(key != other and key in other for other in keys)]
    whole, short = [n for named in longest for n in named.whole], [n for named in longest for n in named.short]
    return Named(tuple(dict.fromkeys(whole)), tuple(dict.fromkeys(short)))


def _known() -> dict[str, Named]:
    return _spelt(tuple(SCALES))


@lru_cache(maxsize=1)
def _spelt(instruments: tuple[str, ...]) -> dict[str, Named]:
    """By spelling."""
    whole: dict[str, list[str]] = {}
    short: dict[str, list[str]] = {}
    for instrument in instruments:
        scale = SCALES[instrument]
        for name in _names(scale):
            if scale.version != UNKNOWN:
                whole.setdefault(spell(name), []).append(str(instrument))
            else:
                short.setdefault(spell(name), []).append(str(instrument))
            for beginning in _beginnings(name):
                short.setdefault(beginning, []).append(str(instrument))
    for key in [key for key, names in whole.items() if len(names) > 1]:  # C-SSRS
        short.setdefault(key, []).extend(whole.pop(key))
    known = {
        key: Named(tuple(whole.get(key, ())), tuple(dict.fromkeys(short.get(key, ())))) for key in whole.keys() | short.keys()
    }
    return known | {word: known[key] for word, key in SYNONYMS.items()}


def _names(scale: Scale) -> list[str]:
    """The code, and the abbreviations in brackets."""
    told = [name for found in re.findall(r"\(([^)]+)\)", scale.title) for name in found.split(", ")]
    shown = [name for name in told if " " not in name and not name.isdigit()]
    return list(dict.fromkeys(map(spell_parts, (str(scale.instrument), *shown))))


def spell_parts(name: str) -> str:
    """`HAM-D17` -> `ham d 17`"""
    return " ".join(re.findall(r"[a-z]+|\d+", name.lower()))


def _beginnings(name: str) -> set[str]:
    parts = name.split()
    cut = {"".join(parts[:n]) for n in range(1, len(parts))}
    return {text for text in cut if sum(map(str.isalpha, text)) >= LETTERS} - WORDS
