"""A maker gives what the class gives."""

import inspect
from dataclasses import MISSING, FrozenInstanceError, fields, is_dataclass, replace
from datetime import date

import pytest
from hypothesis import given, settings
from strategies import records

from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.dosing import DosingSession
from kapfhir.model.fields import fields_of
from kapfhir.model.making import changer_of, maker_of
from kapfhir.model.values import Amount, ImpossibleError, Period
from kapfhir.model.vitals import VitalSet


def classes(kind, found):
    """The class and those of its parts."""
    if is_dataclass(kind) and kind not in found:
        found.append(kind)
        for field in fields_of(kind).values():
            for inner in field.types:
                classes(inner, found)
    return found


EVERY = [kind for concept in CONCEPTS.values() for kind in classes(concept, [])]


@pytest.mark.parametrize("kind", dict.fromkeys(EVERY), ids=lambda kind: kind.__name__)
def test_it_takes_the_arguments_of_the_class(kind):
    made, own = (inspect.signature(f).parameters for f in (maker_of(kind), kind))
    assert [(p.name, p.default, p.kind) for p in made.values()] == [(p.name, p.default, p.kind) for p in own.values()]
    assert (maker_of(kind) is kind) == any(not f.init or f.default_factory is not MISSING for f in fields(kind))


def again(value):
    """The same, each object of it made by its maker."""
    if isinstance(value, tuple):
        return tuple(map(again, value))
    if not is_dataclass(value):
        return value
    return maker_of(type(value))(**{f.name: again(getattr(value, f.name)) for f in fields(value)})


@settings(max_examples=60, deadline=None)
@given(records())
def test_it_makes_what_the_class_makes(record):
    made = again(record)
    assert made == record
    assert type(made) is type(record)
    assert repr(made) == repr(record)
    assert hash(made) == hash(record)


def test_what_it_makes_is_frozen():
    amount = maker_of(Amount)(1, "kg")
    with pytest.raises(FrozenInstanceError):
        amount.value = 2
    assert isinstance(amount, Amount)


def test_it_refuses_what_the_class_refuses():
    with pytest.raises(ImpossibleError):
        maker_of(VitalSet)(key="a", taken=None)
    with pytest.raises(TypeError):
        maker_of(DosingSession)(key="a")


@settings(max_examples=60, deadline=None)
@given(records(), records())
def test_it_changes_as_replace_does(record, other):
    key = changer_of(type(record), "key")(record, other.key)
    assert key == replace(record, key=other.key)
    assert type(key) is type(record)
    assert record == replace(record)


def test_a_change_is_refused_as_by_the_class():
    change = changer_of(Period, "end")
    period = Period(date(2026, 1, 2))
    assert change(period, date(2026, 1, 3)) == Period(date(2026, 1, 2), date(2026, 1, 3))
    with pytest.raises(ImpossibleError):
        change(period, date(2026, 1, 1))
