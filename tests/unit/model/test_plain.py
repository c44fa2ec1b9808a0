from datetime import UTC, date, datetime
from decimal import Decimal

from kapfhir.fhir import exact
from kapfhir.model.assessments import Answer
from kapfhir.model.people import Patient
from kapfhir.model.plain import plain
from kapfhir.model.values import Amount, Choice, Key, Period, Question


def test_a_record_keeps_the_order_of_its_fields_and_leaves_out_what_is_absent() -> None:
    patient = Patient(Key("P-1"), "Test", ("Ada", "B"), birth_date=date(1985, 4, 2))
    assert list(plain(patient).items()) == [
        ("key", "P-1"),
        ("family", "Test"),
        ("given", ["Ada", "B"]),
        ("birth_date", "1985-04-02"),
    ]


def test_a_number_is_written_as_it_was_read() -> None:
    assert exact.dumps(plain(Amount(Decimal("35.50"), "mg"))) == b'{"value":35.50,"unit":"mg"}'


def test_nought_and_false_are_values_and_stay() -> None:
    assert plain(Answer(Question("pcl5-1"), 0)) == {"question": "pcl5-1", "value": 0}
    assert plain((False, 0)) == [False, 0]


def test_moments_keep_their_zone() -> None:
    assert plain(Period(datetime(2026, 1, 5, 10, tzinfo=UTC))) == {"start": "2026-01-05T10:00:00+00:00"}


def test_texts_are_texts_of_no_class_of_ours() -> None:
    assert type(plain(Choice("yes"))) is str
