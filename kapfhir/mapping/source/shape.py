"""How a record is made of what rows said; one shape per class, whatever tables fill it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Protocol

from kapfhir.mapping.codes import Codes
from kapfhir.model.before import Sensitivity
from kapfhir.model.fields import fields_of
from kapfhir.model.making import maker_of
from kapfhir.model.values import Absent, Code, ImpossibleError, ImpossibleItemsError

from .fill import CONFLICT, ERROR, FROM, WITHHELD, Mark, Origins, Partial, first_field, has_fields, inner_references

Path = tuple[str, ...]


class Tell(Protocol):
    """Tells what is wrong with fields of the part at `path`, on these rows, and what is lost by it."""

    def __call__(self, code: str, text: str, origins: Origins, lost: str, path: Path, names: Sequence[str] = ()) -> None: ...


class ConflictError(Exception):
    """Rows of one key say different things."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(name)
        self.path = path
        self.name = name


class Shapes:
    """The shapes of all classes; our lists of codes give the order of items that are named by a code."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._shapes: dict[type, Shape] = {}

    def of(self, kind: type) -> Shape:
        if kind not in self._shapes:
            self._shapes[kind] = Shape(kind, self)
        return self._shapes[kind]

    def order(self, kind: type) -> Callable[[Any], Any]:
        first = fields_of(kind)[first_field(kind)].types[0]
        if issubclass(first, Code):
            rank = {code: n for n, code in enumerate(self._codes.own(first))}
            return lambda key: rank.get(key, len(rank))
        return str


class Shape:
    """Makes one class from a part."""

    def __init__(self, kind: type, shapes: Shapes) -> None:
        known = [f for f in fields_of(kind).values() if not f.derived]
        self.kind = kind
        self.maker: Callable[..., Any] = maker_of(kind)
        self.required = {f.name for f in known if not f.optional}
        self.defaulted = {f.name for f in known if (f.defaulted and not f.many) or Sensitivity in f.types}
        self.absents = {f.name for f in known if Absent in f.types}
        self.lists = {f.name for f in known if f.many}
        self.inside = {f.name: (shapes.of(k), f.many) for f in known for k in f.types if has_fields(k)}
        self.pointers = inner_references(kind)
        self.order = shapes.order(kind)
        self.complete: Callable[[Partial], None] | None = getattr(kind, "complete", None)
        self.lose: Callable[[Partial, set[str]], None] | None = getattr(kind, "lose", None)

    def make(self, partial: Partial, tell: Tell, origins: Origins, lost: str = "record", path: Path = ()) -> Any:
        """The record, part or item; None if it can't be made. What is wrong is told. ConflictError where its rows differ."""
        if (made := self.quick(partial)) is not None:
            return made
        given: Partial = {}
        held: set[str] = set()
        for name, value in partial.items():
            if value is None or name == FROM:
                continue
            if value is CONFLICT:
                raise ConflictError(path, name)
            inner = self.inside.get(name)
            if value is WITHHELD:
                if name in self.defaulted:  # told as such: its default would say what the row does not say
                    return None
                held.add(name)
            elif inner is None or not isinstance(value, dict):
                given[name] = value
            elif inner[1]:
                items = [
                    inner[0].item(value[key], tell, origins, (*path, name, key)) for key in sorted(value, key=inner[0].order)
                ]
                given[name] = tuple(item for item in items if item is not None)
                if None in items:
                    held.add(name)
            elif (
                made := inner[0].make(value, tell, origins, lost if name in self.required else "field", (*path, name))
            ) is not None:
                given[name] = made
            else:
                held.add(name)
        return self._make(partial, given, held, tell, origins, lost, path)

    def quick(self, partial: Partial) -> Any:
        """The same where nothing is wrong, as nearly always; None where something is, for `make` to find out what.

        Parts and items may be made already.
        """
        given = {name: value for name, value in partial.items() if value is not None and name != FROM}
        kinds = set(map(type, given.values()))
        if Mark in kinds:
            return None
        for name in self.inside if dict in kinds else ():
            if type(value := given.get(name)) is dict:
                shape, many = self.inside[name]
                keys = sorted(value, key=shape.order) if many and len(value) > 1 else value
                parts = [value[key] for key in keys] if many else [value]
                made = [shape.quick(part) if type(part) is dict else part for part in parts]
                if None in made or CONFLICT in made:
                    return None
                given[name] = tuple(made) if many else made[0]
        if any(self._loose(given, pointer) for pointer in self.pointers):  # before `complete`, which drops what is loose
            return None
        if self.complete is not None:
            self.complete(given)
        if not self.required <= given.keys():
            return None
        try:
            return self.maker(**given)
        except ImpossibleError:
            return None

    def item(self, partial: Partial, tell: Tell, origins: Origins, path: Path) -> Any:
        """The item of a list; None, told, if it can't be made."""
        origins = partial.get(FROM, origins)
        try:
            return self.make(partial, tell, origins, "item", path)
        except ConflictError as conflict:
            text = f"rows with one key differ; none of them is taken as {self.kind.__name__}"
            tell("conflicting-rows", text, origins, "item", conflict.path, (conflict.name,))
            return None

    def _make(self, partial: Partial, given: Partial, held: set[str], tell: Tell, origins: Origins, lost: str, path: Path) -> Any:
        if held and self.lose is not None:
            self.lose(given, held)
        gone, whole = set[str](), set[str]()  # withheld here; `whole`: not its bad items alone. Either is less each time
        for pointer in self.pointers:
            self._drop_loose(given, pointer, tell, origins, path)
        while True:
            if self.complete is not None:
                self.complete(given)
            if not self.required <= given.keys():
                for name in sorted(self.required - given.keys() - held - gone):
                    tell(
                        "missing-field", f"{self.kind.__name__}.{name} is required and has no value", origins, lost, path, (name,)
                    )
                return None
            try:
                return self.kind(**given)
            except ImpossibleItemsError as error:
                self._blank(partial, given, error, tell, origins, path)
            except ImpossibleError as error:
                kept = self.required | self.defaulted | whole
                drop = [n for n in error.fields if n in given and n not in kept]
                if not drop:
                    empty = error.code == "empty-part"
                    if not empty or not (held or gone):  # of an emptied part, its fields have been told
                        tell(
                            error.code,
                            f"{self.kind.__name__}: {error.text}",
                            origins,
                            "blank" if empty and lost == "item" else lost,
                            path,
                            error.fields,
                        )
                    return None
                gone.update(drop)
                if not self._withhold(partial, given, error, drop, tell, origins, path):
                    whole.update(drop)

    def _withhold(
        self,
        partial: Partial,
        given: Partial,
        error: ImpossibleError,
        drop: list[str],
        tell: Tell,
        origins: Origins,
        path: Path,
    ) -> bool:
        """Take out what can't stand: the bad items of a list, or whole fields. Tells whether it was items."""
        text = f"{self.kind.__name__}: {error.text}"
        if len(drop) == 1 and drop[0] in self.lists and (bad := self._bad_items(given, drop[0], error.code)):
            for item in bad:
                rows = partial[drop[0]][name_of(item)].get(FROM, origins)
                values = [f.name for f in fields(item)[1:]]  # the first one names the item: it is not what is wrong
                tell(error.code, text, rows, "item", (*path, drop[0], name_of(item)), values)
            given[drop[0]] = tuple(item for item in given[drop[0]] if item not in bad)
            return True
        absent = drop[0] in self.absents
        tell(error.code, text, origins, "absent" if absent else "field", path, error.fields)
        for name in drop:
            del given[name]
        if absent and self.complete is not None:
            self.complete(given)  # it may know a better reason than an error
        for name in drop:
            if name in self.absents and given.get(name) in (None, "unknown"):
                given[name] = ERROR
        return False

    def _blank(
        self, partial: Partial, given: Partial, error: ImpossibleItemsError, tell: Tell, origins: Origins, path: Path
    ) -> None:
        """The items stay; what can't stand in them is absent, as an error, or left out."""
        for item in given[error.owner]:
            if name_of(item) in error.instead:
                rows = partial[error.owner][name_of(item)].get(FROM, origins)
                tell(
                    error.code,
                    f"{type(item).__name__}: {error.text}",
                    rows,
                    "absent",
                    (*path, error.owner, name_of(item)),
                    error.fields,
                )
        given[error.owner] = tuple(error.instead.get(name_of(item), item) for item in given[error.owner])

    def _drop_loose(self, given: Partial, pointer: tuple[str, str, str], tell: Tell, origins: Origins, path: Path) -> None:
        """Take out references to items that this record does not have."""
        owners, name, targets = pointer
        loose = self._loose(given, pointer)
        for item in loose:
            text = f"{owners}.{name} points to no item of {targets}"
            tell("unknown-key", text, origins, "field", (*path, owners, name_of(item)), (name,))
        if loose:
            given[owners] = tuple(replace(i, **{name: None}) if i in loose else i for i in given[owners])

    def _loose(self, given: Partial, pointer: tuple[str, str, str]) -> list[Any]:
        """The items whose reference points to no item of this record."""
        owners, name, targets = pointer
        keys = {name_of(t) for t in given.get(targets, ())} | {None}
        return [item for item in given.get(owners, ()) if getattr(item, name) not in keys]

    def _bad_items(self, given: Partial, name: str, code: str) -> list[Any]:
        """The items that are impossible by themselves."""
        bad = []
        for item in given[name] if name in self.inside else ():
            try:
                self.kind(**{**given, name: (item,)})
            except ImpossibleError as error:
                if error.code == code:
                    bad.append(item)
        return bad


def name_of(item: Any) -> str:
    """The name of an item among those of its list."""
    kind: type = type(item)
    return str(getattr(item, first_field(kind)))
