"""Faults that only a text or a file can have, and their lines."""

import pytest

from kapfhir.fhir import exact
from kapfhir.fhir.validate import check_file, check_text

OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
PATIENT = {"resourceType": "Patient", "id": "p1", "active": True}


def codes(text):
    return [p.code for p in check_text(text)]


def test_a_right_text_has_no_problem():
    assert check_text(exact.dumps(OBSERVATION)) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"  ",
        b"{",
        b'{"a": 1,}',
        b"{'a': 1}",
        b"// c\n{}",
        b'{"resourceType": "Patient", "multipleBirthInteger": NaN}',
        b"[1, Infinity]",
    ],
)
def test_what_is_no_json_is_one_problem(text):
    assert codes(text) == ["not-json"]


def test_a_fault_of_the_text_has_its_place():
    (problem,) = check_text(b'{\n  "resourceType": "Patient"\n  "id": "x"\n}', "p.json")
    assert (problem.file, problem.line, problem.column) == ("p.json", 3, "3")


def test_encodings():
    assert codes('{"resourceType":"Patient","active":true}'.encode("utf-16")) == ["not-utf8"]
    assert codes(b'{"resourceType":"Patient","language":"\xff"}') == ["not-utf8"]
    assert codes(b'\xef\xbb\xbf{"resourceType":"Patient","active":true}') == ["byte-order-mark"]


def test_doubled_keys_have_their_place():
    text = b'{"resourceType": "Patient",\n "name": [{"family": "a"},\n {"family": "b",\n  "family": "c"}]}'
    (problem,) = check_text(text, "p.json")
    assert (problem.code, problem.line, problem.column) == ("duplicate-key", 4, "3")


def test_text_nested_too_deeply():
    assert codes(b"[" * 100_000) in (["too-deep"], ["not-json"])


def test_a_json_file_gives_the_line_of_the_element(tmp_path):
    path = tmp_path / "o.json"
    path.write_bytes(b'{\n "resourceType": "Patient",\n "name": [\n  {"family": "x"},\n  {\n   "family": 5}]}')
    (problem,) = check_file(path)
    assert (problem.file, problem.line, problem.column) == (str(path), 6, "Patient.name[1].family")


def test_ndjson_is_read_line_by_line(tmp_path):
    path = tmp_path / "Patient.ndjson"
    lines = [exact.dumps(PATIENT), b"", b"{", exact.dumps({**PATIENT, "gender": "x"})]
    path.write_bytes(b"\r\n".join(lines) + b"\n")
    assert [(p.line, p.code) for p in check_file(path)] == [(3, "not-json"), (4, "wrong-code")]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    assert [p.code for p in check_file(tmp_path / "nothing.json")] == ["unreadable-file"]
    assert [p.code for p in check_file(tmp_path)] == ["unreadable-file"]
