"""Chance from one seed. Only `random()` is used: Python promises its sequence, not that of the other methods."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Numbers and picks that are the same on every machine, for the same words."""

    __slots__ = ("next",)

    def __init__(self, words: str) -> None:
        self.next = Random(words).random  # noqa: S311  not for secrets

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.next() * (high - low + 1))

    def pick(self, things: Sequence[T]) -> T:
        return things[int(self.next() * len(things))]

    def happens(self, per_mille: int) -> bool:
        return self.next() * 1000 < per_mille

    def spread(self, total: int, count: int, most: int) -> list[int]:
        """`count` numbers of at most `most` that add up to `total`."""
        each, rest = divmod(total, count)
        out = [each] * count
        start = self.between(0, count - 1)
        for n in range(rest):
            out[start - n] += 1
        for n in range(0, count - 1, 2):  # no two answers need be alike
            if self.next() < 0.5 and out[n] < most and out[n + 1] > 0:
                out[n] += 1
                out[n + 1] -= 1
        return out
