"""Which sources an export could come from: those whose tables and columns it has."""

from __future__ import annotations

from kapfhir.mapping.folder import MapFolder
from kapfhir.sources.export import Export
from kapfhir.sources.table import TableError

from .check import may_lack, parse_maps
from .columns import dialect_of
from .grammar import Map


def candidates(folder: MapFolder, export: Export) -> list[str]:
    """The sources of which every map finds its table and columns in this export, but for tables that it may lack. Maps that can't
    be parsed fit nothing.
    """
    return [source for source in folder.sources() if _fits(folder, source, export)]


def nearest(folder: MapFolder, export: Export) -> tuple[str, list[str]] | None:
    """The source that fits most of its tables, and the tables of it that don't fit; None if no table of any source does."""
    found = []
    for source in folder.sources():
        maps = [parsed for parsed, _ in parse_maps(folder, source) if parsed is not None]
        lacking = sorted({str(parsed.table) for parsed in maps if not _finds(parsed, export)})
        if len(lacking) < len({parsed.table for parsed in maps}):
            found.append((len(lacking), source, lacking))
    return min(found)[1:] if found else None


def _fits(folder: MapFolder, source: str, export: Export) -> bool:
    maps = [parsed for parsed, _ in parse_maps(folder, source)]
    there = [parsed for parsed in maps if parsed is None or not may_lack(parsed, export)]
    return bool(there) and all(parsed is not None and _finds(parsed, export) for parsed in there)


def _finds(parsed: Map, export: Export) -> bool:
    table = export.tables.get(parsed.table)
    if table is None:
        return not parsed.table  # a table that is still to do
    named = {str(c) for line in parsed.lines for c in (*line.columns, *(c for c, _ in line.where))}
    named |= {str(c) for c, _ in parsed.where}
    try:
        header = table.header(dialect_of(parsed))
    except TableError:
        return False
    return named <= set(header) or not header
