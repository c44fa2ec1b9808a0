"""`deidentify(IN, OUT, key)`: a folder of resources to a folder of the same shape, and a report of what was done.

    <Type>.ndjson | bundle-NNNN.json | file-NNNN.*    what may leave; the names say nothing of those of the input
    deidentification.csv                              path of the element, what was done, how often; no values
    manifest.json                                     in the shape of a Bulk Data manifest; its extension sums the report up

Everything is written beside its place and moved there when all of it is whole. Same input, key and day of ages: same bytes.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from kapfhir.errors import ConfigError
from kapfhir.fhir.exact import dumps
from kapfhir.outfolder import MANIFEST, Maker, filling
from kapfhir.sourcedate import source_date
from kapfhir.stamps import require_same, take_stamps

from .dates import Dates, Manner
from .files import Names, Source, list_left_out, list_sources, read_nodes
from .key import load_key
from .pseudonyms import Pseudonyms
from .resource import Deidentifier, count_entries
from .texts import check_texts
from .walk import WithheldError

REPORT = "deidentification.csv"
COLUMNS = ("path", "action", "count")
UNNAMED = ".unnamed"
MARK = "https://kapfhir.org/fhir/deidentified"
MAKER = Maker(MARK, "de-identify", "kapfhir deidentify")
FAULTS = frozenset(["not-r4", "unreadable"])  # else a resource stays by the table


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written; `type` is that of its resources, empty for the report."""

    name: str
    type: str
    count: int


@dataclass(frozen=True, slots=True)
class Deidentified:
    """What was done. `counts`: (path, action) -> how often; `withheld`: (type, code) -> how often.

    `unplaced`: so many resources do not say of which server they are.
    """

    files: tuple[Written, ...]
    resources: int
    withheld: Counter[tuple[str, str]]
    counts: Counter[tuple[str, str]]
    made_key: bool
    unplaced: int = 0

    @property
    def has_faults(self) -> bool:
        """Was a resource withheld because it, or what would be left of it, is no R4?"""
        return any(code in FAULTS for _, code in self.withheld)

    def rows(self) -> list[tuple[str, str, int]]:
        """The report: path, action, count; sorted."""
        withheld = {(kind or "(no resource)", f"withheld: {code}"): n for (kind, code), n in self.withheld.items()}
        return [(path, done, n) for (path, done), n in sorted({**self.counts, **withheld}.items())]


def deidentify(
    source: Path | str,
    folder: Path | str,
    key: Path | str,
    *,
    dates: Manner = "shift",
    as_of: date | None = None,
    keep_text: Collection[str] = (),
) -> Deidentified:
    """Write the resources of `source` to `folder` without the identifiers of 45 CFR 164.514(b)(2).

    `key`: the key file, made if it is missing. `dates`: shifted by a constant of each patient, or cut to the year. `as_of`: the
    day on which ages count, today by default; not in a year before that of the newest date in the data. `keep_text`: paths of
    text that may leave. ConfigError where a file, a folder, the key, a path or the day is not what it must be, where two
    resources have one id, and where the input was written meanwhile; then `folder` is as before.
    """
    source, folder, key = Path(source), Path(folder), Path(key)
    texts = check_texts(keep_text)
    _require_apart(source, folder, key)
    sources = list_sources(source)
    stamps = take_stamps(one.path for one in sources)
    with filling(folder, MAKER) as partial:
        secret, made_key = load_key(key)
        one = Deidentifier(Pseudonyms(secret), Dates(dates, as_of or today(), f"{datetime.now(UTC).date()}T24"), texts)
        done = _write(sources, list_left_out(source), partial, one, made_key=made_key)
        _require_later(one)
        require_same(str(source), stamps, take_stamps(found.path for found in list_sources(source)))
        _write_report(partial, done, one)
    return done


def today() -> date:
    """The day of SOURCE_DATE_EPOCH if it is set, else today."""
    return (source_date() or datetime.now(UTC)).date()


def _write(sources: list[Source], left_out: list[str], partial: Path, one: Deidentifier, *, made_key: bool) -> Deidentified:
    withheld: Counter[tuple[str, str]] = Counter()
    files: list[Written] = []
    names = Names()
    for name in left_out:
        one.counts[name, "not read"] += 1
    for source in sources:
        kinds: set[str] = set()
        with (partial / UNNAMED).open("wb", buffering=1 << 16) as file:
            count = sum(_write_node(node, file, one, kinds, withheld) for node in read_nodes(source))
        if kinds:
            name = names.next(kinds, source)
            (partial / UNNAMED).replace(partial / name)
            files.append(Written(name, kinds.pop() if len(kinds) == 1 else "", count))
        else:
            (partial / UNNAMED).unlink()
    resources = one.counts.pop(("", "resources"), 0)
    done = Deidentified(tuple(files), resources, withheld, one.counts, made_key, one.doubles.unplaced)
    return replace(done, files=(*files, Written(REPORT, "", len(done.rows()))))


def _write_node(node: Any, file: BinaryIO, one: Deidentifier, kinds: set[str], withheld: Counter[tuple[str, str]]) -> int:
    """How many lines were written of a JSON value: one, or none."""
    if not isinstance(node, dict):
        withheld["", "unreadable"] += 1
        return 0
    if node.get("resourceType") == "Bundle":
        new, kept = one.bundle(node)
        withheld.update(kept)
        count = count_entries(new)
    else:
        try:
            new, count = one.resource(node), 1
        except WithheldError as error:
            withheld[error.kind, str(error)] += 1
            return 0
    one.counts["", "resources"] += count
    kinds.add(new["resourceType"])
    file.write(dumps(new) + b"\n")
    return 1


def _write_report(partial: Path, done: Deidentified, one: Deidentifier) -> None:
    with (partial / REPORT).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(done.rows())
    actions: Counter[str] = Counter()
    for (_, action), count in done.counts.items():
        actions[action] += count
    summary = {
        "dates": one.dates.manner,
        "agesAsOf": one.dates.as_of.isoformat(),
        "keptTexts": sorted(one.texts),
        "resources": done.resources,
        "withheld": dict(sorted(_by_code(done.withheld).items())),
        "actions": dict(sorted(actions.items())),
        "files": [{"url": f.name, "count": f.count} for f in done.files if not f.type],
    }
    manifest = {
        "transactionTime": f"{one.dates.as_of.isoformat()}T00:00:00Z",
        "request": "kapfhir deidentify",
        "requiresAccessToken": False,
        "output": [{"type": f.type, "url": f.name, "count": f.count} for f in done.files if f.type],
        "error": [],
        "extension": {MARK: summary},
    }
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _by_code(withheld: Counter[tuple[str, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, code), count in withheld.items():
        found[code] += count
    return found


def _require_later(one: Deidentifier) -> None:
    """An age counted on a day before the data is too low: who is 90 by now would be told."""
    if one.walk.newest[:4] > f"{one.dates.as_of.year:04}":
        raise ConfigError(
            "the day of ages lies in a year before that of the newest date in the data: ages would be told too low",
            "give a later --as-of, or none, which is today",
        )


def _require_apart(source: Path, folder: Path, key: Path) -> None:
    inside, outside, secret = source.resolve(), folder.resolve(), key.resolve()
    if inside == outside or inside in outside.parents or outside in inside.parents:
        raise ConfigError("the output can't lie in the input, nor the input in the output", "name another folder with -o")
    if outside in secret.parents:
        raise ConfigError(
            "the key can't lie in the output: who gets the one must not get the other", "name another file with --key"
        )
