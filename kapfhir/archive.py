"""What `archive -o FOLDER` writes: all that stays with the clinic, for its own keeping. It is sent nowhere.

    withheld.ndjson     a line per record that must not leave, whole, and per field that stays while the rest may leave
    counts.csv          how many, by reason, concept and the type of text as the source calls it
    archive.json        by this file we know our own folders

Everything is written beside its place and moved there when it is whole. Folder 0700, files 0600. Same input, same bytes.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from .errors import ConfigError
from .fhir.exact import dumps
from .mapping.units import Found
from .model.plain import plain
from .model.privacy import kept_fields, withheld

WITHHELD, COUNTS, MARK = "withheld.ndjson", "counts.csv", "archive.json"
PARTIAL = ".kapfhir-partial"
COLUMNS = ("reason", "concept", "type", "count")


@dataclass(frozen=True, slots=True)
class Archived:
    """How many whole records and how many fields of others were written, and where."""

    records: int
    fields: int
    files: tuple[tuple[Path, int], ...]  # with their numbers of lines


def archive(units: Iterable[Any], folder: Path) -> Archived:
    """Write what stays with the clinic to a folder that is empty, not there, or of an earlier run. ConfigError if it is none of
    these, or can't be written; then it is as before.
    """
    _require_ours(folder)
    made = not folder.exists()
    partial = folder / PARTIAL
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        records, fields, groups = _write(units, partial)
        for name in (WITHHELD, COUNTS, MARK):
            (partial / name).replace(folder / name)
    except BrokenPipeError:
        raise  # who read our lines has gone; the folder is well
    except OSError as error:
        text = f"the folder {folder} can't be written: {error.strerror}"
        raise ConfigError(text, "make room, or name another one with -o") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if made and not (folder / MARK).exists():
            shutil.rmtree(folder, ignore_errors=True)
    return Archived(records, fields, ((folder / WITHHELD, records + fields), (folder / COUNTS, groups)))


def _write(units: Iterable[Any], partial: Path) -> tuple[int, int, int]:
    counts: Counter[tuple[str, str, str]] = Counter()
    records = fields = 0
    with _private(partial / WITHHELD) as out:
        for unit in units:
            if not isinstance(unit, Found):
                continue
            record, concept = unit.record, type(unit.record).__name__
            reason = withheld(record)
            line: dict[str, Any] = {"concept": concept, "key": str(record.key), "reason": reason}
            if reason:
                records += 1
                counts[reason, concept, getattr(record, "label", None) or ""] += 1
                out.write(dumps(line | {"record": plain(record)}).decode() + "\n")
                continue
            for kept in kept_fields(record):
                fields += 1
                counts["stays", f"{concept}.{kept.path}", ""] += 1
                told = {"field": kept.path, "reason": kept.reason, "value": plain(kept.value)}
                out.write(dumps(line | {"patient": getattr(record, "patient", None)} | told).decode() + "\n")
    with _private(partial / COUNTS) as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows((*group, count) for group, count in sorted(counts.items()))
    with _private(partial / MARK) as out:
        out.write(json.dumps({"kapfhir": "archive", "records": records, "fields": fields}) + "\n")
    return records, fields, len(counts)


def _private(path: Path) -> TextIOWrapper:
    """A new file that only its owner can read, from its first byte on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8", newline="")


def _require_ours(folder: Path) -> None:
    hint = "name an empty folder with -o, or one that `kapfhir archive` wrote"
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder", hint)
    there = {path.name for path in folder.iterdir()} - {PARTIAL}
    if there and MARK not in there:
        raise ConfigError(f"the folder {folder} holds files that kapfhir did not write", hint)
