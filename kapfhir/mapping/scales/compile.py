"""The shipped scale files -> `model/scales.json` and code tables. Run when a scale changes.

python -m kapfhir.mapping.scales.compile            writes them
python -m kapfhir.mapping.scales.compile --check    writes nothing; ends with 1 when one is not what it would be
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

from kapfhir.data import mappings_folder
from kapfhir.mapping.folder import MapFolder
from kapfhir.model.shipped import FILE, pack

from .load import ScaleFile, load_scales
from .tables import Row, code_tables

HEAD = ("code", "system", "standard", "display")


def build_all() -> dict[Path, str]:
    """The text of every file that is made."""
    files = load_shipped()
    data = [pack(f.scale) for f in files]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in data)
    tables = code_tables(files)
    out = {mappings_folder() / "codes" / f"{name}.csv": _table(rows) for name, rows in tables.items()}
    return {FILE: f"[\n{lines}\n]\n", **out}


def load_shipped() -> list[ScaleFile]:
    """The shipped scale files; SystemExit with every fault."""
    folder = MapFolder.over()
    with (mappings_folder() / "codes" / "systems.csv").open(encoding="utf-8", newline="") as file:
        systems = [row["alias"] for row in csv.DictReader(file)]
    files, problems = load_scales(folder, systems)
    if problems:
        raise SystemExit("\n".join(f"{p.file}:{p.line}:{p.place}: {p.text}" for p in problems))
    return files


def _table(rows: list[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(rows)
    return out.getvalue()


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write(__doc__ or "")
        return 2
    stale = {p: text for p, text in build_all().items() if not p.exists() or p.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        if arguments:
            sys.stderr.write(f"{path.name} is not what the scale files say; run: python -m kapfhir.mapping.scales.compile\n")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"{path.name}\n")
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
