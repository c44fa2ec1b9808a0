"""Is this a code of UCUM? The grammar of the Unified Code for Units of Measure over its atoms; nothing is converted.

The atoms are those of ucum-essence 1.9 (unitsofmeasure.org) and two turbidity units of later versions.
"""

from __future__ import annotations

import re
from functools import lru_cache

SYSTEM = "http://unitsofmeasure.org"
_PREFIXES = """
Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti
"""
_METRIC = """
m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV pc [c] [h] [k] [eps_0]
[mu_0] [e] [m_e] [m_p] [G] [g] [ly] gf Ky Gal dyn erg P Bi St Mx G Oe Gb sb Lmb ph Ci R RAD REM cal_[15] cal_[20] cal_m
cal_IT cal_th cal tex m[H2O] m[Hg] eq osm g% kat U [iU] [IU] Np B B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW] st mho bit
By Bd
"""
_PLAIN = """
10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] gon deg ' '' min h d a_t a_j a_g a wk mo_s mo_j mo_g mo AU atm [lbf_av] [in_i]
[ft_i] [yd_i] [mi_i] [fth_i] [nmi_i] [kn_i] [sin_i] [sft_i] [syd_i] [cin_i] [cft_i] [cyd_i] [bf_i] [cr_i] [mil_i]
[cml_i] [hd_i] [ft_us] [yd_us] [in_us] [rd_us] [ch_us] [lk_us] [rch_us] [rlk_us] [fth_us] [fur_us] [mi_us] [acr_us]
[srd_us] [smi_us] [sct] [twp] [mil_us] [in_br] [ft_br] [rd_br] [ch_br] [lk_br] [fth_br] [pc_br] [yd_br] [mi_br] [nmi_br]
[kn_br] [acr_br] [gal_us] [bbl_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us] [min_us] [crd_us] [bu_us] [gal_wi] [pk_us]
[dqt_us] [dpt_us] [tbs_us] [tsp_us] [cup_us] [foz_m] [cup_m] [tsp_m] [tbs_m] [gal_br] [pk_br] [bu_br] [qt_br] [pt_br]
[gil_br] [foz_br] [fdr_br] [min_br] [gr] [lb_av] [oz_av] [dr_av] [scwt_av] [lcwt_av] [ston_av] [lton_av] [stone_av]
[pwt_tr] [oz_tr] [lb_tr] [sc_ap] [dr_ap] [oz_ap] [lb_ap] [oz_m] [lne] [pnt] [pca] [pnt_pr] [pca_pr] [pied] [pouce]
[ligne] [didot] [cicero] [degF] [degR] [Cal] [Btu_39] [Btu_59] [Btu_60] [Btu_m] [Btu_IT] [Btu_th] [Btu] [HP] [den]
[in_i'H2O] [in_i'Hg] [PRU] [wood'U] [diop] [p'diop] %[slope] [mesh_i] [Ch] [drp] [hnsf'U] [MET] [hp'_X] [hp'_C] [hp'_M]
[hp'_Q] [hp_X] [hp_C] [hp_M] [hp_Q] [kp_X] [kp_C] [kp_M] [kp_Q] [pH] [S] [HPF] [LPF] [arb'U] [USP'U] [GPL'U] [MPL'U]
[APL'U] [beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U] [mclg'U] [tb'U] [CCID_50] [TCID_50]
[EID_50] [PFU] [FFU] [CFU] [BAU] [AU] [Amb'a'1'U] [PNU] [Lf] [D'ag'U] [FEU] [ELU] [EU] Ao b att [psi] circ sph [car_m]
[car_Au] [smoot] bit_s [NTU] [FNU]
"""
PREFIXES, METRIC, PLAIN = (frozenset(text.split()) for text in (_PREFIXES, _METRIC, _PLAIN))
FACTOR = re.compile(r"[0-9]+")
NOTE = re.compile(r"\{[\x21-\x7a|~]*\}")
EXPONENT = re.compile(r"(.*?)([+-]?[0-9]+)")


@lru_cache(maxsize=4096)
def is_unit(code: str) -> bool:
    """True for `mg`, `/min`, `mm[Hg]`, `10*3/uL`, `{score}`; false for `mmHg`, `mcg`, `hr`."""
    if not code or not code.isascii() or len(code) > 200:
        return False
    start = 1 if code[0] == "/" else 0
    return _term(code, start) == len(code)


def _term(code: str, at: int) -> int:
    """The place after a term (components joined by . and /), or -1."""
    at = _component(code, at)
    while at >= 0 and at < len(code) and code[at] in "./":
        at = _component(code, at + 1)
    return at


def _component(code: str, at: int) -> int:
    if at >= len(code):
        return -1
    if code[at] == "(":
        inner = at + 1
        if inner < len(code) and code[inner] == "/":
            inner += 1
        end = _term(code, inner)
        if end < 0 or end >= len(code) or code[end] != ")":
            return -1
        return _note(code, end + 1)
    if code[at] == "{":
        return _note(code, at, needed=True)
    end = _unit(code, at)
    return _note(code, end) if end >= 0 else -1


def _note(code: str, at: int, *, needed: bool = False) -> int:
    match = NOTE.match(code, at)
    if match:
        return match.end()
    return -1 if needed or code.startswith("{", at) else at


def _unit(code: str, at: int) -> int:
    """An atom with its prefix and exponent, or a whole number."""
    rest = _until_operator(code, at)
    if FACTOR.fullmatch(rest):
        return at + len(rest)
    match = EXPONENT.fullmatch(rest)
    if is_symbol(rest) or (match is not None and is_symbol(match[1])):
        return at + len(rest)
    return -1


def _until_operator(code: str, at: int) -> str:
    """The text up to the next operator that stands outside of square brackets."""
    inside = False
    for place in range(at, len(code)):
        char = code[place]
        if char == "[":
            inside = True
        elif char == "]":
            inside = False
        elif not inside and char in "./(){":
            return code[at:place]
    return code[at:]


def is_symbol(symbol: str) -> bool:
    """An atom, or a prefix and a metric atom."""
    if symbol in METRIC or symbol in PLAIN:
        return True
    return any(symbol[:size] in PREFIXES and symbol[size:] in METRIC for size in (1, 2))
