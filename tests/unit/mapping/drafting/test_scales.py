"""Rating scales are found by numbers, by words, and by totals."""

import io

import pytest

from kapfhir.mapping.drafting.profile import load_profile
from kapfhir.mapping.drafting.scales import find_scales
from kapfhir.sources.csvfile import CsvTable

WORDS = (
    "Little interest or pleasure,Feeling down,Trouble sleeping,Feeling tired,Poor appetite,Feeling bad about yourself,"
    "Trouble concentrating,Moving slowly,Better off dead"
)


def found(header, cell="1", name="results"):
    text = f"{header}\n{','.join([cell] * (header.count(',') + 1))}\n"
    return [
        (f.scale.instrument, len(f.items), f.total.name if f.total else None, f.sure)
        for f in find_scales(load_profile(CsvTable(name, "x.csv", lambda: io.BytesIO(text.encode()))))
    ]


def numbered(prefix, count):
    return ",".join(f"{prefix}{n}" for n in range(1, count + 1))


@pytest.mark.parametrize(
    ("header", "name", "scales"),
    [
        (numbered("phq9_", 9), "x", [("phq-9", 9, None, True)]),
        (numbered("PHQ Q", 9) + ",Total Score", "PHQ results", [("phq-9", 9, "Total Score", True)]),
        (numbered("q", 7), "gad7", [("gad-7", 7, None, True)]),
        (numbered("M", 10) + ",Total", "madrs", [("madrs", 10, "Total", True)]),
        (numbered("phq9_", 9) + "," + numbered("gad7_", 7), "export", [("phq-9", 9, None, True), ("gad-7", 7, None, True)]),
        (numbered("item ", 9), "results", [("phq-9", 9, None, False)]),
        (WORDS + ",PHQ9Total", "results", [("phq-9", 9, "PHQ9Total", True)]),
        ("Client,PHQ-9 Score,GAD-7 Score", "outcomes", [("phq-9", 0, "PHQ-9 Score", True), ("gad-7", 0, "GAD-7 Score", True)]),
        (numbered("phq9_", 8), "x", []),
        ("Client,Down,Sleep", "x", []),
    ],
)
def test_scales_of_wide_tables(header, name, scales):
    assert found(header, name=name) == scales


def test_numbered_columns_beyond_the_range_of_a_scale_are_none():
    assert found(numbered("item ", 9), cell="7") == []
