"""Units that are of UCUM, and units that only look like it."""

import pytest

from kapfhir.fhir.rules.ucum import is_unit

GOOD = """
{score} mm[Hg] /min ug/kg/min 10*3/uL 10^3 10*-6 mg kg g ug % 1 m2 kg/m2 mg/dL mmol/L Cel [degF] [in_i] [lb_av] cm m[IU]/L [IU] U/L
{beats}/min /min{x} mL/min/{1.73_m2} mL/min/1.73.m2 h d wk mo a min s mg/h mL/h ng/mL [pH] m/s2 s-1 kg.m/s2 (mg/dL)/h mg{total} /[HPF]
dB B[SPL] B[10.nV] meq/L ueq L l [in_i'H2O] %[slope] [drp] g% /uL {} /(m.s) /{tbl}
""".split()
BAD = [
    *"mmHg mcg hr kgs Kg sec mins kg/ // mg//dL mg. kg!! mm[Hg [Hg] {a}{b} 5%% beats/min bpm (mg mg) {a mg} .mg kg{ }".split(),
    "",
    "mg dL",
    "µg",
    "m" * 300,
]


@pytest.mark.parametrize("code", GOOD)
def test_units(code):
    assert is_unit(code)


@pytest.mark.parametrize("code", BAD)
def test_what_is_no_unit(code):
    assert not is_unit(code)
