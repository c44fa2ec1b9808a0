"""kapfhir: the record of a ketamine-assisted psychotherapy clinic as FHIR R4, and FHIR servers kept in step with it.

    read(export)            rows -> records, and what is wrong with the rows       a stream
    map(export)             rows -> checked FHIR resources, a unit per record      a stream
    plan(export, server)    what it takes to bring a server in step                a Plan
    apply(plan)             sends it                                               a Report
    findings(export)        what a person should look at, by published rules       a stream
    validate(resource)      the R4 problems of a resource                          a list
    deidentify(in, out, key)  resources without what identifies a patient       a Deidentified
    typed(resource)         its fhir.resources R4B model
    example(name)           the folder of a shipped example
    cohort(folder, n)       writes a synthetic export of n patients

An export is a folder, a CSV, an XLSX, a zip of these, or `example:clinic`. Errors and problems: `kapfhir.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cohorts.make import make_cohort as cohort
    from .data import example_folder as example
    from .deidentification.folder import deidentify
    from .fhir.typed import typed
    from .fhir.validate import check as validate
    from .pipeline import apply, map, plan, read  # noqa: A004 the library's own verb
    from .review import findings

__version__ = "0.1.0"
__all__ = ["apply", "cohort", "deidentify", "example", "findings", "map", "plan", "read", "typed", "validate"]

_HOMES = {  # imported when first asked for: `import kapfhir` and `kapfhir --help` stay light
    "apply": ("pipeline", "apply"),
    "cohort": ("cohorts.make", "make_cohort"),
    "deidentify": ("deidentification.folder", "deidentify"),
    "example": ("data", "example_folder"),
    "findings": ("review", "findings"),
    "map": ("pipeline", "map"),
    "plan": ("pipeline", "plan"),
    "read": ("pipeline", "read"),
    "typed": ("fhir.typed", "typed"),
    "validate": ("fhir.validate", "check"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'kapfhir' has no attribute '{name}'")
    from importlib import import_module  # noqa: PLC0415

    home, inner = _HOMES[name]
    return getattr(import_module(f".{home}", __name__), inner)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
