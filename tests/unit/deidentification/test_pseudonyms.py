import re
from uuid import UUID

from kapfhir.deidentification.pseudonyms import Pseudonyms

ONE, OTHER = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)


def test_the_same_key_gives_the_same_and_another_key_another():
    assert ONE.of("id", "P-1") == Pseudonyms(b"1" * 32).of("id", "P-1") == "98776222-362d-8bfa-a791-713755a0d57d"
    assert ONE.of("id", "P-1") != OTHER.of("id", "P-1")


def test_kinds_and_types_are_kept_apart():
    found = {ONE.of("a", "bc"), ONE.of("ab", "c"), ONE.of_resource("Patient", "1"), ONE.of_resource("Location", "1")}
    assert len(found) == 4


def test_it_is_a_uuid_and_an_id_of_r4():
    pseudonym = ONE.of("id", "\ud800 a name that is no UTF-8")
    assert UUID(pseudonym).version == 8
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", pseudonym)


def test_a_shift_is_constant_never_nothing_and_within_a_year():
    shifts = [ONE.shift(f"p{n}") for n in range(5000)]
    assert shifts == [ONE.shift(f"p{n}") for n in range(5000)]
    assert (min(shifts), max(shifts)) == (-365, 365)
    assert 0 not in shifts
    assert len(set(shifts)) == 730, "every shift occurs"
    assert shifts != [OTHER.shift(f"p{n}") for n in range(5000)]
