"""Chance is the same for the same words."""

import pytest
from kapfhir.cohorts.chance import Chance


def test_the_same_words_give_the_same_numbers():
    assert [Chance("a").between(1, 6) for _ in range(3)] == [Chance("a").between(1, 6)] * 3
    one, other = Chance("a"), Chance("b")
    assert [one.between(0, 99) for _ in range(8)] != [other.between(0, 99) for _ in range(8)]


@pytest.mark.parametrize("total", [0, 1, 26, 27, 60])
def test_a_total_is_spread_over_the_answers(total):
    for count, most in ((9, 3), (10, 6), (23, 4)):
        if total <= count * most:
            answers = Chance(f"spread {total}").spread(total, count, most)
            assert sum(answers) == total
            assert all(0 <= a <= most for a in answers)
