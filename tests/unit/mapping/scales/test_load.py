"""Scale files: every fault in one pass with its place, and a clinic's own laid over the shipped ones."""

from decimal import Decimal

import pytest

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.scales.compile import build_all, load_shipped
from kapfhir.mapping.scales.load import load_scales
from kapfhir.model.shipped import SCALES, SHIPPED, use_scales
from kapfhir.model.values import Choice, Definition, Instrument, Question

SYSTEMS = ("loinc", "kap")
GOOD = """instrument: mood
title: Mood today
short: Mood
version: "2"
rater: self
licence: {text: no, notice: Ours.}
items:
  mood-1..3: 0..4
totals:
  sum: {range: 0..12}
"""
BAD = """instrument: Mood
title: Mood today
short: Mood
versoin: "2"
rater: nobody
recall: two weeks
licence: {text: no, notice: Ours.}
codes: {total: loink#1-8}
items:
  mood-1..3: 0..4
  mood-4: 4..0
  mood-5: {answers: nope}
  mood-6: {range: 0..4, text: How is it?}
  mood-7: {text: ""}
totals:
  summ: {range: 0..12}
subscales:
  own:
    part: {items: [1, 9], range: 0..4}
bands:
  mood-bands:
    source: ours
    low: 0..4
    high: 6..12
safety: {items: [3], score: about 2, source: ours}
definitions:
  mood-response: {kind: answer, drop: ">= 50 %", score: "< 5"}
"""
FAULTS = [
    "1:1 missing-key",
    "1:13 bad-code",
    "4:1 unknown-key",
    "5:8 wrong-word",
    "6:9 bad-duration",
    "8:16 unknown-system",
    "11:11 wrong-range",
    "12:21 unknown-answers",
    "13:31 text-not-free",
    "14:3 missing-key",
    "16:3 wrong-word",
    "19:23 unknown-item",
    "18:3 missing-key",
    "25:29 wrong-cut",
    "27:3 missing-key",
    "27:3 wrong-word",
]


@pytest.fixture
def own(tmp_path):
    (tmp_path / "scales").mkdir()
    yield tmp_path
    use_scales(())


def write(own, text, name="mood"):
    (own / "scales" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return MapFolder.over(own)


def load(folder):
    return load_scales(folder, SYSTEMS)


def test_every_fault_in_one_pass(own):
    _, problems = load(write(own, BAD))
    assert {p.file for p in problems} == {"scales/mood.yaml"}
    found = {f"{p.line}:{p.column} {p.code}" for p in problems}
    assert set(FAULTS) - found == set()


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("0..12", "0..13", "10:3 wrong-range"),
        ("sum: {range", "mean: {range", "10:3 wrong-range"),
        ("  sum: {range: 0..12}\n", "  sum: {range: 0..12}\nbands:\n  b:\n    source: ours\n    low: 0..4\n    high: 6..12\n", "12:3 band-gap"),
        ("  sum: {range: 0..12}\n", "  sum: {range: 0..12}\nbands:\n  b:\n    source: ours\n    low: 0..6\n    high: 6..12\n", "12:3 band-gap"),
        ("  sum: {range: 0..12}\n", "  domains: {range: 0..8, groups: [[1, 2], [2, 3]]}\n", "10:3 wrong-groups"),
        ("  sum: {range: 0..12}\n", "  sum: {range: 0..12}\nsubscales:\n  m:\n    source: ours\n    p: {items: [1, 2], range: 0..9}\n", "12:3 wrong-range"),
        ("  sum: {range: 0..12}\n", '  sum: {range: 0..12}\ndefinitions:\n  mood-r: {kind: remission, score: "< 40", source: ours}\n', "12:3 wrong-cut"),
        ("  mood-1..3: 0..4\n", "  mood-1..3: &a 0..4\n  mood-4: *a\n", "8:14 alias"),
        ("instrument: mood", "instrument: phq-9", "1:13 duplicate-key"),
        ("items:\n", "items: [1]\nanswers:\n", "7:1 wrong-shape"),
    ],
)  # fmt: skip
def test_fault(own, before, after, fault):
    assert before in GOOD
    _, problems = load(write(own, GOOD.replace(before, after, 1)))
    assert fault in {f"{p.line}:{p.column} {p.code}" for p in problems}


def test_what_is_no_yaml_is_told(own):
    _, problems = load(write(own, "instrument: [\n"))
    assert [p.code for p in problems] == ["not-yaml"]


def test_the_shipped_files_have_no_fault_and_are_compiled():
    made = build_all()
    assert {path.name: path.read_text(encoding="utf-8") for path in made} == {path.name: text for path, text in made.items()}
    assert {f.scale.instrument: f.scale for f in load_shipped()} == SHIPPED


def test_wording_is_shipped_only_where_its_licence_allows_it():
    worded = {str(f.scale.instrument) for f in load_shipped() if f.texts}
    assert worded == {"phq-9", "gad-7", "pcl-5"}
    assert all(f.notice for f in load_shipped())


def test_a_scale_of_ones_own_comes_with_its_codes(own):
    codes = Codes(write(own, GOOD + 'definitions:\n  mood-response: {kind: response, drop: ">= 50 %", source: ours}\n'))
    assert codes.problems == []
    assert "mood" in codes.own(Instrument)
    assert {"mood-1", "mood-2", "mood-3", "phq9-1"} <= set(codes.own(Question))
    assert "mood-response" in codes.own(Definition)
    assert "not-at-all" in codes.own(Choice)
    made = SCALES["mood"]
    assert made.compute({q: 3 for q in made.questions}).value == Decimal(9)
    assert {r.display for r in codes.table(Instrument) if r.code == "mood"} == {"Mood total score", "Mood"}


def test_a_file_of_the_same_name_replaces_the_shipped_one(own):
    shipped = next(f for f in load_shipped() if f.scale.instrument == "madrs")
    text = GOOD.replace("instrument: mood", "instrument: madrs").replace("mood-", "madrs-")
    codes = Codes(write(own, text, "madrs"))
    assert len(SCALES["madrs"].items) == 3 != len(shipped.scale.items)
    assert codes.problems == []
    Codes(MapFolder.over())
    assert SCALES["madrs"] == shipped.scale


def test_faults_of_ones_own_scales_are_those_of_the_tables(own):
    codes = Codes(write(own, GOOD.replace("0..12", "0..13")))
    assert [(p.file, p.code) for p in codes.problems] == [("scales/mood.yaml", "wrong-range")]
