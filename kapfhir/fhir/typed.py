"""A resource as a model of fhir.resources, for who wants attributes and autocompletion.

The library has no R4 4.0.1 models any more; those of R4B (4.3.0) differ from it in few places, and these are guarded here:
resource types that only R4B has, and CodeableReference and RatioRange as types of a value. The other way round, R4 lets an
extension hold a Meta, which no R4B model can: that is refused with these words. Changing a model, or dumping it, is not exact:
decimals lose zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from kapfhir.errors import ResourceError

from .facts import load_facts

ONLY_R4B = ("CodeableReference", "RatioRange")
STEMS = ("value", "defaultValue", "fixed", "pattern")


def typed(resource: dict[str, Any]) -> Any:
    """The fhir.resources R4B model of a resource. Raises ResourceError where it is not R4, or where the models refuse it."""
    name = resource.get("resourceType")
    if not isinstance(name, str) or name not in load_facts().resources:
        raise ResourceError("the resource has no resource type of R4 4.0.1")
    for path, text in _differences(resource, name):
        raise ResourceError(f"{path} {text}")
    from pydantic import ValidationError  # noqa: PLC0415 - heavy, and needed here only

    try:
        return _model(name).model_validate(resource)
    except ValidationError as error:
        # its own text would repeat the values, which may be a patient's
        places = sorted({".".join(map(str, e["loc"])) or name for e in error.errors(include_input=False, include_url=False)})
        raise ResourceError(f"{name} is not what fhir.resources takes, at {', '.join(places)}", "see kapfhir validate") from None


@cache
def _model(name: str) -> Any:
    try:
        return getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name)
    except ModuleNotFoundError:
        raise ResourceError(f"{name} is R4, but fhir.resources has no model of it") from None


def _differences(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """What the R4B models take and R4 does not have, or the other way round."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _differences(item, f"{path}[{number}]")
    elif isinstance(node, dict):
        inner = node.get("resourceType")
        if (
            isinstance(inner, str)
            and "." in path
            and inner not in load_facts().resources
            and not path.startswith("ExampleScenario.")
        ):
            yield path, "has no resource type of R4 4.0.1"
        for key, value in node.items():
            if any(key == stem + kind for stem in STEMS for kind in ONLY_R4B):
                yield f"{path}.{key}", "is a choice that R4 4.0.1 does not have"
            elif any(key == f"{stem}Meta" for stem in STEMS):
                yield f"{path}.{key}", "is R4, but no model of R4B can hold it"
            elif isinstance(value, (dict, list)):
                yield from _differences(value, f"{path}.{key}")
