"""What is kept has a bound, and who keeps something has it."""

from kapfhir.mapping.kept import Kept


def test_what_is_kept_is_found_again():
    kept, made = Kept(), object()
    assert kept.keep("a", made) is made
    assert kept["a"] is made


def test_the_others_go_where_there_are_too_many():
    kept = Kept(2)
    for number in range(3):
        kept.keep(number, str(number))
    assert kept == {2: "2"}
