"""What a look at a table finds."""

import io

import pytest

from kapfhir.mapping.drafting.profile import load_profile
from kapfhir.mapping.drafting.words import fits, point_of, words_of
from kapfhir.sources.csvfile import CsvTable


def profile(text):
    return load_profile(CsvTable("visits", "visits.csv", lambda: io.BytesIO(text.encode("cp1252" if "ö" in text else "utf-8"))))


def column(found, name):
    return next(c for c in found.columns if c.name == name)


def test_columns_are_counted_and_judged():
    found = profile("Id,Sex,Note,Dose,Sex\n1,F,x y,35.5,\n2,M,,40,\n3,F,,,\n4,F,,,\n")
    assert (found.rows, found.unread) == (4, 0)
    assert [c.filled for c in found.columns] == [4, 4, 1, 2, 0]
    assert [c.alone for c in found.columns] == [True, False, True, True, False]
    assert (column(found, "Id").once, column(found, "Sex").once, column(found, "Sex").coded) == (True, False, True)
    assert column(found, "Note").spaced
    assert (column(found, "Id").low, column(found, "Id").high, column(found, "Dose").whole) == (1, 4, False)


def test_the_dialect_is_found():
    found = profile("Größe;Gewicht\n1,75;71,5\n")
    assert (found.dialect.encoding, found.dialect.delimiter, found.decimal) == ("cp1252", ";", ",")


def test_rows_that_cannot_be_read_are_counted_apart():
    assert profile("a,b\n1,\0\n2,x\n").unread == 1


def test_too_many_or_too_long_texts_are_not_kept():
    many = profile("a,b\n" + "".join(f"text {n},{'z' * 60}\n" for n in range(40)))
    assert [c.texts for c in many.columns] == [None, None]
    assert not any(c.coded for c in many.columns)


def test_a_shared_column_is_found_by_its_texts():
    first, second = profile("id\nP-1\nP-2\np-3\n").columns[0], profile("client\nP-3\nP-1\nP-9\n").columns[0]
    assert second.overlap(first) == pytest.approx(2 / 3)


def test_the_whole_name_wins_over_a_part_of_it():
    found = profile("RESPONSE_DATE,RESPONSE\n2026-01-05,3\n")
    assert found.find("response").name == "RESPONSE"
    assert found.find(r"response \w+", "response").name == "RESPONSE_DATE"
    assert found.find("response", kinds=("date",)).name == "RESPONSE_DATE"
    assert found.find("response", unlike="response") is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PatientID", "patient id"),
        ("BP_sys (pre)", "bp sys pre"),
        ("PHQ9Total", "phq9 total"),
        ("SpO2 40min", "spo2 40min"),
        ("O2 Sat", "spo2"),
        ("Séance", "seance"),
        ("Session #", "session #"),
        ("mg/kg", "mg kg"),
    ],
)
def test_names_become_words(name, words):
    assert words_of(name) == words


def test_patterns_are_whole_words():
    assert fits("hr|pulse", "pre hr")
    assert not fits("hr", "chronic")


@pytest.mark.parametrize(
    ("words", "point"),
    [
        ("bp pre", ("pre", "pre-dose")),
        ("hr 40min", ("min40", "min-40")),
        ("hr 20", ("min20", "during")),
        ("bp nach", ("post", "post-dose")),
        ("bp at discharge", ("discharge", "discharge")),
        ("bp", ("", "")),
    ],
)
def test_headers_speak_of_a_moment(words, point):
    assert point_of(words) == point
