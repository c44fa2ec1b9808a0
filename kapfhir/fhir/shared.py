"""Parts that many resources share: constants of maps, coded concepts, references. Nobody can change them.

So what was found of such a part once, holds: the check keeps it with the part (`known`), and does not look at it again. A deep
copy is plain, and one's own to change.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NoReturn


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("resources share this part: change a deep copy")


class SharedObject(dict[str, Any]):
    """An object that can't be changed, of values that can't be changed."""

    __slots__ = ("known",)
    known: dict[Any, Any]  # what was found of it, by who asked

    def __init__(self, content: dict[str, Any]) -> None:
        dict.__init__(self, content)
        self.known = {}

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {key: deepcopy(value, memo) for key, value in self.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class SharedList(list[Any]):
    """A list that can't be changed, of values that can't be changed."""

    __slots__ = ("known",)
    known: dict[Any, Any]

    def __init__(self, content: list[Any]) -> None:
        list.__init__(self, content)
        self.known = {}

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return [deepcopy(value, memo) for value in self]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def share(value: Any) -> Any:
    """The same value, for many to use."""
    if value.__class__ is dict:
        return SharedObject({key: share(inner) for key, inner in value.items()})
    if value.__class__ is list:
        return SharedList([share(inner) for inner in value])
    return value
