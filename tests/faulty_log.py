"""The example of a clinic with faults in its log of injections: a dose lost, a session lost, two times the wrong way round."""

import csv
import shutil
from pathlib import Path

from kapfhir.data import example_folder

FAULTS = {  # session -> column -> what stands there now
    "S-0601": {"Out": "1:00 PM"},  # before it begins
    "S-0602": {"Time 2": "2:99 PM"},  # one dose of two is lost
    "S-0603": {"In": "25:00 PM"},  # so nothing says when it was
    "S-0605": {"BP before": "80/126", "BP peak": "94/143"},  # two readings of one session that tell the same
}


def make_faulty(folder: Path) -> Path:
    """The folder of the example in a new folder."""
    shutil.copytree(example_folder("clinic"), folder)
    path = folder / "input" / "im_log.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(FAULTS.get(row["Session"], {}))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def told(found, rule):
    """What a rule tells of the log."""
    return [(f.row, f.column, f.concept, f.key, f.patient) for f in found if f.rule == rule and f.table == "im_log"]
