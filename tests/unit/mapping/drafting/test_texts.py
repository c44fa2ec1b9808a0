"""What local texts mean."""

import csv

import pytest

from kapfhir.fhir.identity import kebab
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.drafting.texts import SYNONYMS, Meanings
from kapfhir.mapping.folder import MapFolder
from kapfhir.model import values as v

CODES = Codes(MapFolder.over())


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (v.Route, "IV", "iv"),
        (v.Route, "Intravenous route", "iv"),
        (v.Route, "troche", "sublingual"),
        (v.Disorder, "F33.2", "mdd-recurrent-severe"),
        (v.Gender, "F", "female"),
        (v.SessionStatus, "No-show", "not-done"),
        (v.DoseStatus, "No-show", "not-done"),
        (v.Choice, "More than half the days", "more-than-half"),
        (v.Event, "Nausea", "nausea"),
        (v.Route, "by owl", ""),
    ],
)
def test_texts_mean_codes(kind, text, code):
    assert Meanings(CODES).of(kind, text) == code


def test_texts_that_are_our_own_codes_need_no_table():
    assert Meanings(CODES).says_own(v.Route, {"IV": 3, "im": 2})
    assert not Meanings(CODES).says_own(v.Route, {"IV": 3, "troche": 2})
    assert not Meanings(CODES).says_own(v.Route, {})


def test_every_synonym_is_for_a_code_of_ours():
    kinds = {kebab(k.__name__): k for k in vars(v).values() if isinstance(k, type) and issubclass(k, v.Code)}
    with SYNONYMS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r for r in rows if r["code"] not in CODES.own(kinds[r["list"]])] == []
    assert len({(r["list"], r["local"]) for r in rows}) == len(rows) > 150
