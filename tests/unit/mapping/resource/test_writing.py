"""What the writer writes: every value once, constants never alone; and no text of a map ever becomes code."""

import re
from types import CodeType, SimpleNamespace

import pytest

from kapfhir.data import mappings_folder
from kapfhir.errors import MappingError
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.forms import typed
from kapfhir.mapping.resource.library import load_library
from kapfhir.mapping.resource.writing import Value, Writer
from kapfhir.model.before import Treatment
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import fields_of, is_item
from kapfhir.model.history import TreatmentHistory
from kapfhir.model.values import Amount, Key, Period, Rate, Ref

ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap")
TREATMENT = (mappings_folder() / "fhir" / "treatment_history.yaml").read_text(encoding="utf-8")


def field(w, name, *, optional=False):
    return w.derive(w.argument, f"v.{name}", optional=optional)


def test_a_value_is_computed_once_however_often_it_is_asked_for():
    w = Writer()
    first, again = field(w, "a"), field(w, "a")
    w.line(f"out = [{first}, {again}]")
    assert w.source("out").count("v.a") == 1
    assert w.function("out")(SimpleNamespace(a=1)) == [1, 1]


def test_what_follows_from_an_item_stands_before_the_lines_that_need_it():
    w = Writer()
    out = w.name("[]")
    with w.each(field(w, "items")) as item:
        w.line(f"{out}.append(({item}, {field(w, 'late')}))")
    assert w.function(out)(SimpleNamespace(items=[1, 2], late=3)) == [(1, 3), (2, 3)]


@pytest.mark.parametrize(
    ("a", "b", "made"),
    [
        (1, 2, {"c": 0, "a": 1, "b": 2}),
        (None, 2, {"c": 0, "b": 2}),
        (1, None, {"c": 0, "a": 1}),
        (None, None, None),
    ],
)
def test_constants_never_stand_alone(a, b, made):
    w = Writer()
    node = w.node({"c": 0}, [("a", field(w, "a", optional=True)), ("b", field(w, "b", optional=True))])
    assert w.function(f"{node} if {node.test} else None")(SimpleNamespace(a=a, b=b)) == made


def test_elements_keep_their_order_whatever_is_missing():
    w = Writer()
    node = w.node({"c": 0}, [("a", field(w, "a")), ("b", field(w, "b", optional=True)), ("d", field(w, "d"))])
    assert node.test == ""
    build = w.function(node.source)
    assert list(build(SimpleNamespace(a=1, b=2, d=3))) == ["c", "a", "b", "d"]
    assert list(build(SimpleNamespace(a=1, b=None, d=3))) == ["c", "a", "d"]


def test_an_array_leaves_out_what_is_missing():
    w = Writer()
    several = w.derive(w.argument, "v.several or None", optional=True)
    array = w.array([(field(w, "one", optional=True), False), (several, True)])
    build = w.function(f"{array} if {array.test} else None")
    assert build(SimpleNamespace(one=1, several=[2, 3])) == [1, 2, 3]
    assert build(SimpleNamespace(one=None, several=[2])) == [2]
    assert build(SimpleNamespace(one=None, several=[])) is None


def test_a_value_of_a_type_that_its_field_does_not_take_is_refused():
    w = Writer()
    either = typed((int, str), [lambda _, v: f"{v} + 1", lambda _, v: f"{v} + 'x'"])(w, field(w, "a"))
    build = w.function(either)
    assert (build(SimpleNamespace(a=1)), build(SimpleNamespace(a="1"))) == (2, "1x")
    with pytest.raises(KeyError):
        build(SimpleNamespace(a=1.5))


def test_a_value_without_a_name_is_computed_where_it_stands():
    w = Writer()
    end = w.derive(Value("one"), "one.end", optional=True)
    build = w.function(f"[{end} for one in v if {end.test}]")
    assert build([SimpleNamespace(end=1), SimpleNamespace(end=None)]) == [1]


def recalling(of_owner):
    """What is made of each item: with the owner's field, or of the item alone."""
    w = Writer()
    out, owner = w.name("[]"), field(w, "owner")
    with w.each(field(w, "items")) as item:
        with w.recalled(item) as (kept, one):
            made = w.derive(one, f"{one}.said")
            w.line(f"{kept} = [{made}, {owner}]" if of_owner else f"{kept} = [{made}]")
        w.line(f"{out}.append({kept})")
    return w.function(out)


def test_an_item_that_recurs_is_made_once():
    item, other = SimpleNamespace(said=1), SimpleNamespace(said=1)
    build = recalling(of_owner=False)
    first, again, else_ = build(SimpleNamespace(items=[item, item, other], owner="a"))
    assert first is again is build(SimpleNamespace(items=[item], owner="b"))[0]
    assert else_ == first
    assert else_ is not first


def test_an_item_that_speaks_of_its_owner_is_made_each_time():
    item, build = SimpleNamespace(said=1), recalling(of_owner=True)
    assert build(SimpleNamespace(items=[item], owner="a")) == [[1, "a"]]
    assert build(SimpleNamespace(items=[item], owner="b")) == [[1, "b"]]


def test_no_more_is_kept_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr("kapfhir.mapping.resource.writing.MOST", 2)
    build = recalling(of_owner=False)
    items = [SimpleNamespace(said=n) for n in range(5)]
    assert (
        build(SimpleNamespace(items=items, owner="")) == build(SimpleNamespace(items=items, owner="")) == [[n] for n in range(5)]
    )


def test_what_one_block_alone_needs_is_computed_there():
    w = Writer()
    there = field(w, "there", optional=True)
    one, both = w.derive(there, f"{there}.one"), w.derive(there, f"{there}.both")
    out = w.name("[]")
    with w.only(there.test):
        w.line(f"{out}.extend([{one}, {both}])")
    w.line(f"{out}.append({both})")
    source = w.source(out).splitlines()
    assert [line for line in source if ".one" in line] == [f"  {one} = {there}.one"]
    assert [line for line in source if ".both" in line] == [f" {both} = {there}.both if {there} is not None else None"]
    build = w.function(out)
    assert build(SimpleNamespace(there=SimpleNamespace(one=1, both=2))) == [1, 2, 2]
    assert build(SimpleNamespace(there=None)) == [None]


# ------------------------------------------------------------------------------------------------ hostile maps


def load(own):
    folder = MapFolder.over(own)
    return load_library(folder, Codes(folder), load_facts(), ORIGIN)


def own_map(tmp_path, text):
    (tmp_path / "fhir").mkdir()
    (tmp_path / "fhir" / "treatment_history.yaml").write_text(text, encoding="utf-8")
    return tmp_path


EVIL = """') or __import__("os").abort() # {v} {{v}} \\"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("outcome: outcome", "outcome: outcome if v else exit()"),
        ("outcome: outcome", "outcome: __class__"),
        ("outcome: outcome", "outcome: __import__('os').abort()"),
        ("outcome: outcome", "outcome: outcome.__class__"),
        ("outcome: outcome", "outcome: ^^__class__"),
        ("outcome: outcome", "outcome'] = exit() #: outcome"),
        ("outcome: outcome", "__class__: outcome"),
        ("    elements:", "    each: __class__\n    elements:"),
        ("    elements:", "    when: v or exit()\n    elements:"),
    ],
)
def test_names_that_are_none_are_refused(tmp_path, before, after):
    assert before in TREATMENT
    with pytest.raises(MappingError):
        load(own_map(tmp_path, TREATMENT.replace(before, after, 1)))


def test_hostile_text_stays_text(tmp_path):
    """Titles, names of slots, constants and keys may say anything: it comes out as it went in."""
    quoted = "'" + EVIL.replace("'", "''") + "'"
    text = re.sub(r"title: .*", lambda _: f"title: {quoted}", TREATMENT)
    text = re.sub(r"^  [\w-]+:$", lambda _: f"  {quoted}:", text, flags=re.MULTILINE)
    text = text.replace("      outcome: outcome", f"      outcome: outcome\n      followUp.text: '= {quoted[1:]}", 1)
    library = load(own_map(tmp_path, text))
    made = library.build(TreatmentHistory(Key(EVIL), Ref("P-1"), Treatment("ect")))[0]
    assert made["text"]["div"].startswith('<div xmlns="http://www.w3.org/1999/xhtml">' + EVIL)
    assert made["identifier"][0] == {"system": f"https://clinic.example/kap/treatment-history/{EVIL}", "value": EVIL}
    assert made["followUp"] == [{"text": EVIL}]


def test_the_code_holds_no_text_of_maps_or_tables():
    """Only names made here, names of fields, labels made of these, and names of elements."""
    kinds = [*CONCEPTS.values(), Amount, Rate, Period]
    for kind in kinds:
        kinds += [k for f in fields_of(kind).values() for k in f.types if is_item(k) and k not in kinds]
    fields = {name for kind in kinds for name in fields_of(kind)}
    labels = {f"; {name.replace('_', ' ')}: " for name in fields}
    elements = {name for facts in [load_facts()] for kind in facts.resources for name in elements_of(facts, kind, set())}
    fixed = {
        "",
        "/",
        " ",
        " to ",
        " in ",
        " = ",
        " (written: ",
        "absent (",
        ")",
        ", ",
        "reference",
        "append",
        "keep",
        "of",
        "len",
        " characters",
        "join",
        "isoformat",
        "str",
        "type",
    }
    library = load(None)
    told = {word for kind in CONCEPTS.values() for word in words_of(library.writers[kind]().__code__)}
    foreign = {w for w in told - fields - labels - elements - fixed if not re.fullmatch(r"build|[cv]\d*|one|\.0|<listcomp>", w)}
    assert foreign == set()
    assert {"effectiveDateTime", "; taken: ", "taken"} <= told


def elements_of(facts, kind, seen):
    if kind not in seen:
        seen.add(kind)
        for name, element in facts.elements(kind).items():
            yield name
            for inner in element.types:
                yield from elements_of(facts, inner, seen)


def words_of(code):
    yield from (*code.co_names, *code.co_varnames, code.co_name)
    yield from strings_of(code.co_consts)


def strings_of(constants):
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple):
            yield from strings_of(constant)
        elif isinstance(constant, CodeType):
            yield from words_of(constant)
