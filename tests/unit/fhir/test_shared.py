"""Shared parts can't be changed, and are what they are made of in every other way."""

import copy
import json
import pickle

import pytest

from kapfhir.fhir.exact import canonical, dumps
from kapfhir.fhir.shared import SharedList, SharedObject, share

PLAIN = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}], "text": "x"}
CHANGES = {
    "set": lambda d: d.__setitem__("text", "y"),
    "delete": lambda d: d.__delitem__("text"),
    "merge": lambda d: d.__ior__({"text": "y"}),
    "update": lambda d: d.update(text="y"),
    "default": lambda d: d.setdefault("id", "1"),
    "pop": lambda d: d.pop("text"),
    "popitem": lambda d: d.popitem(),
    "clear": lambda d: d.clear(),
}
LIST_CHANGES = {
    "set": lambda a: a.__setitem__(0, {}),
    "delete": lambda a: a.__delitem__(0),
    "add": lambda a: a.__iadd__([1]),
    "times": lambda a: a.__imul__(2),
    "append": lambda a: a.append(1),
    "extend": lambda a: a.extend([1]),
    "insert": lambda a: a.insert(0, 1),
    "pop": lambda a: a.pop(),
    "remove": lambda a: a.remove(a[0]),
    "reverse": lambda a: a.reverse(),
    "sort": lambda a: a.sort(key=str),
    "clear": lambda a: a.clear(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_shared_object_refuses_every_change(change):
    shared = share(PLAIN)
    with pytest.raises(TypeError, match="change a deep copy"):
        change(shared)
    assert shared == PLAIN


@pytest.mark.parametrize("change", LIST_CHANGES.values(), ids=LIST_CHANGES)
def test_a_shared_list_refuses_every_change(change):
    shared = share(PLAIN)["coding"]
    with pytest.raises(TypeError, match="change a deep copy"):
        change(shared)
    assert shared == PLAIN["coding"]


def test_no_change_of_a_dict_or_a_list_is_forgotten():
    """Whatever Python's own types have that is not of an immutable one, by name."""
    kept = {"__init__", "__new__", "__class_getitem__", "__reversed__", "__or__", "__ror__", "__getattribute__"}
    reading = set(dir(frozenset)) | set(dir(tuple)) | kept | {"copy", "fromkeys", "get", "items", "keys", "values"}
    assert {n for n in dir(dict) if n not in reading} <= vars(SharedObject).keys()
    assert {n for n in dir(list) if n not in reading} <= vars(SharedList).keys()


def test_it_shares_what_is_within():
    shared = share(PLAIN)
    assert type(shared) is SharedObject
    assert type(shared["coding"]) is SharedList
    assert type(shared["coding"][0]) is SharedObject
    assert share(shared) is shared


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))], ids=["deepcopy", "pickle"])
def test_a_copy_is_plain(copied):
    mine = copied(share(PLAIN))
    assert mine == PLAIN
    assert type(mine) is dict
    assert type(mine["coding"]) is list
    mine["coding"][0]["code"] = "other"
    assert share(PLAIN)["coding"][0]["code"] == "8867-4"


def test_a_shallow_copy_is_plain_at_the_top():
    assert type(copy.copy(share(PLAIN))) is dict
    assert type(copy.copy(share([1]))) is list


def test_it_is_written_as_any_other():
    shared = share(PLAIN)
    assert dumps(shared) == dumps(PLAIN)
    assert canonical(shared) == canonical(PLAIN)
    assert json.dumps(shared) == json.dumps(PLAIN)
    assert repr(shared) == repr(PLAIN)
