"""How much ketamine one dose can be at most: beyond anaesthesia a number is a slip of a unit (domain D.3), and is withheld.

A clinic may set other limits in its configuration; they hold in this process from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from .values import Amount

BEYOND = "dose-beyond-anaesthesia"
TO_MG = {"mg": Decimal(1), "ug": Decimal("0.001"), "g": Decimal(1000)}
TO_KG = {"kg": Decimal(1), "g": Decimal("0.001"), "[lb_av]": Decimal("0.45359237")}
TO_MG_PER_KG = {"mg/kg": Decimal(1), "ug/kg": Decimal("0.001")}


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """Of one way of giving it: mg/kg, mg, or both. `name` is what a message calls such a dose."""

    name: str
    per_kg: Decimal | None = None
    mg: Decimal | None = None


LIGHTEST = Decimal(25)
HEAVIEST = Decimal(300)  # kg, that is believed of a weight: where no weight is known, the limit per kg holds for this one
IV = DoseLimit("an IV dose", Decimal("4.5"), Decimal(500))
LOZENGE = DoseLimit("a lozenge", mg=Decimal(1000))
SHIPPED: dict[str, DoseLimit] = {
    "iv": IV,
    "im": DoseLimit("an IM dose", Decimal(13)),
    "subcutaneous": DoseLimit("a subcutaneous dose", Decimal(5)),
    "sublingual": LOZENGE,
    "buccal": LOZENGE,
    "oral": DoseLimit("an oral dose", mg=Decimal(1000)),
    "intranasal": DoseLimit("an intranasal dose", mg=Decimal(400)),
}
LIMITS: dict[str, DoseLimit] = dict(SHIPPED)
DEVICE = Decimal(28)  # mg of esketamine in each nasal device, by its label


def use_limits(own: Mapping[str, DoseLimit]) -> None:
    """From now on, in this process: the shipped limits, with these in the place of those of their route."""
    LIMITS.update({**SHIPPED, **own})


def milligrams(dose: object) -> Decimal | None:
    """None for a dose that is absent."""
    return dose.value * TO_MG[dose.unit] if isinstance(dose, Amount) else None


def what_is_wrong(drug: str, route: str | None, mg: Decimal) -> tuple[str, str] | None:
    """Code and text of a dose that can't be: beyond anaesthesia for anybody, or nasal esketamine of no whole devices."""
    if drug == "esketamine":
        broken = route == "intranasal" and mg % DEVICE
        return ("not-whole-devices", f"nasal esketamine comes in devices of {DEVICE} mg") if broken else None
    limit = LIMITS.get(route or "") if drug == "ketamine" else None
    if limit is None:
        return None
    most = limit.per_kg * HEAVIEST if limit.mg is None and limit.per_kg is not None else limit.mg
    return (BEYOND, f"{limit.name} is at most {most:f} mg") if most is not None and mg > most else None


def beyond_per_kg(drug: str, route: str | None, per_kg: Amount | None) -> str:
    """What is wrong with a dose per kg that is beyond anaesthesia; empty where it is believed."""
    limit = LIMITS.get(route or "") if drug == "ketamine" and per_kg is not None else None
    if limit is None or limit.per_kg is None or per_kg is None:
        return ""
    high = per_kg.value * TO_MG_PER_KG.get(per_kg.unit, 0) > limit.per_kg
    return f"{limit.name} is at most {limit.per_kg:f} mg/kg" if high else ""


def fit_one_body(mg: Decimal, per_kg: Amount | None) -> bool:
    """Whether some body has this dose by this dose per kg: then the one tells the other."""
    by_kg = Decimal(0) if per_kg is None else per_kg.value * TO_MG_PER_KG.get(per_kg.unit, 0)
    return LIGHTEST * by_kg <= mg <= HEAVIEST * by_kg


def beyond_weight(drug: str, route: str | None, mg: Decimal | None, weight: Amount) -> str:
    """What is wrong with a dose that is beyond anaesthesia for a body of this weight; empty where it is believed."""
    limit = LIMITS.get(route or "") if drug == "ketamine" and mg is not None else None
    if limit is None or limit.per_kg is None or mg is None:
        return ""
    most = limit.per_kg * weight.value * TO_KG[weight.unit]
    return f"{limit.name} is at most {limit.per_kg:f} mg/kg" if mg > most else ""
