"""What a problem of a cell says: the fact, never a value. What to do about it stands in `kapfhir.advice`."""

from __future__ import annotations

from kapfhir.sources.table import LONGEST_CELL

REASONS = {
    "ambiguous-local-time": "this local time is there twice: the clocks are set back",
    "another-unit": "the cell is in another unit than its line says",
    "depends-on-rejected": "the record that it points to was rejected",
    "dose-range": "a range is no dose",
    "dose-said-twice": "two doses of one unit stand in the cell",
    "error-cell": "the cell holds an error of its formula",
    "formula-without-value": "the workbook was saved without the value of this formula",
    "giant-cell": f"the cell has more than {LONGEST_CELL:,} characters",
    "half-empty": "only some of the cells that belong together are filled",
    "impossible-date": "there is no such date or time",
    "missing-key": "the row has no key",
    "negative-number": "a negative number can't be",
    "no-factor": "what the amount is taken times, such as its concentration, is not stated",
    "no-such-local-time": "there is no such local time: the clocks are set forward",
    "no-time-of-day": "a date without a time of day is no moment",
    "no-zone": "a local time without a zone",
    "not-a-blood-pressure": "this is no blood pressure like 128/82",
    "not-a-checkbox": "a checkbox is 1, x, yes, true, checked, or 0, no, false, unchecked, or empty",
    "not-a-dose": "this is no dose in mg or mg/kg",
    "not-a-number": "this is no number",
    "not-in-this-format": "no format of the map reads this date or time",
    "not-yes-or-no": "this is neither yes nor no",
    "too-many-digits": "more than 15 digits before the point, or more than 20 behind it: they would not be kept exactly",
    "unconfirmed-person": "this name waits for a key in people.csv",
    "unknown-key": "nothing has this key, in this export or before",
    "unmapped-code": "the code table does not have this text",
    "volume-without-concentration": "a volume is no dose without its concentration",
}
EFFECTS = {
    "absent": "value absent",
    "field": "field withheld",
    "item": "item withheld",
    "record": "record rejected",
    "row": "row left out",
    "once": "row counted once",
    "blank": "row says nothing",
    "none": "",
}
