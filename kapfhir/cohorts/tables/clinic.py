"""The tables of the clinic itself: sites, staff, devices, protocols. The same in every cohort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .columns import Row

Tables = Iterator[tuple[str, Row]]
PEOPLE = (  # Id, name, role, credentials, site
    *(
        (f"ST-{n:02}", f"{n:02}", *kind, site)
        for site, first in (("DT", 1), ("WS", 6))
        for n, kind in enumerate(
            (("Psychiatrist", "MD"), ("RN", "RN"), ("CRNA", "CRNA"), ("Therapist", "LMFT"), ("Psychologist", "PsyD")), first
        )
    ),
)
ROLES = {
    "Psychiatrist": "prescriber;monitoring-provider",
    "NP": "prescriber",
    "RN": "monitoring-provider",
    "CRNA": "anesthesia;monitoring-provider",
    "Therapist": "lead-therapist",
    "Psychologist": "lead-therapist;assessor",
    "Counselor": "co-therapist",
}
HOW = {  # route -> drug, route, rule, mg/kg: usual, low, high; most mg, sessions, most, days: from, best, to; minutes
    "IV": ("Ketamine", "iv", "Up to 0.6 mg/kg from the fifth infusion", "0.5", "0.5", "0.9", 100, 6, 8, 2, "3", 7, 40),
    "IM": ("Ketamine", "im", "From 0.5 to 0.75 mg/kg by effect", "0.75", "0.3", "1.0", 150, 5, 6, 6, 7, 14, ""),
    "SL": ("Ketamine", "sublingual", "Lozenges of 50 and 100 mg by effect", "", "", "", 400, 5, 6, 6, 7, 14, ""),
    "IN": ("Esketamine", "intranasal", "56 mg first, then 56 or 84 mg", "", "", "", 84, 6, 8, 3, "3.5", 7, ""),
}


def sites() -> Tables:
    """The two sites, and what stands there."""
    air = "oxygen;airway;aed;acls-staff;crash-cart"
    for site, name, npi, phone, city in (
        ("DT", "Example KAP Clinic Downtown", "1234567893", "555-555-0100", "Los Angeles"),
        ("WS", "Example KAP Clinic Westside", "1999999984", "555-555-0101", "Santa Monica"),
    ):
        street = f"{1 if site == 'DT' else 2} Fictional Plaza"
        yield "sites", (site, name, npi, phone, street, city, "CA", "90001" if site == "DT" else "90401", *site_more(site, air))
    yield from devices()


def site_more(site: str, air: str = "oxygen;airway;aed;acls-staff;crash-cart") -> Row:
    """What the table of sites says beside names and addresses."""
    if site == "DT":
        return ["clinic", "America/Los_Angeles", "AB1234563", "00-0000001", "certified", "REMS-0001", "2020-03-02", air]
    return ["therapist-office", "America/Los_Angeles", "", "00-0000002", "not-certified", "", "", "oxygen;aed"]


def devices() -> Tables:
    """Pumps, monitors, cuffs, sprays; a cuff that goes home with patients belongs to no site."""
    for site in ("DT", "WS"):
        yield "devices", (f"{site}-PUMP", "infusion-pump", site, "Example pump", "EP-1", f"EP-{site}-0001")
        yield "devices", (f"{site}-MON", "monitor", site, "Example monitor", "EM-2", f"EM-{site}-0001")
        yield "devices", (f"{site}-SPRAY", "nasal-spray", site, "Example spray", "", "")
    yield "devices", ("HOME-CUFF", "blood-pressure-cuff", "", "Example cuff", "EC-3", "")


def staff() -> Tables:
    """Those who work there; the members of a cohort are called Test-Birch."""
    for key, number, role, credentials, site in PEOPLE:
        mail = f"birch{number}@example.org"
        yield "staff", (key, "Test-Birch", number, role, credentials, site, mail, *staff_more(int(number), role))
        yield from papers(key, int(number), credentials)


def staff_more(number: int, role: str) -> Row:
    """What the table of staff says beside names: NPI, DEA, phone, roles."""
    nine = f"1800000{number:02}"  # an NPI is nine digits and the check digit of Luhn, counted with the prefix 80840
    digits = [int(d) * (2 if n % 2 else 1) for n, d in enumerate("80840" + nine)]
    check = -sum(d // 10 + d % 10 for d in digits) % 10
    return [f"{nine}{check}", "", f"555-555-02{number:02}", ROLES[role]]


def papers(key: str, number: int, credentials: str) -> Tables:
    """Licences and trainings of a member of the staff."""
    yield "licences", (key, "State of California", f"{credentials}-{number:05}", "2027-12-31")
    if credentials in ("MD", "LMFT", "PsyD", "LPC", "PMHNP-BC"):
        hours = 40 + number
        yield "trainings", (key, "Ketamine-assisted psychotherapy", "Example Training Institute", "2020-06-30", hours)


def protocols(routes: Sequence[str] = tuple(HOW)) -> Tables:
    """A protocol for each route, with its windows, scales and sources."""
    for route in routes:
        drug, way, rule, usual, low, high, most, few, many, days, best, far, minutes = HOW[route]
        key = f"PROT-{route}"
        sober = "Response is kept"
        yield (
            "protocols",
            (
                *(
                    key,
                    f"{drug} {route} with psychotherapy",
                    drug,
                    "2",
                    "active",
                    f"https://clinic.example/protocols/{route.lower()}",
                ),
                *(
                    "Single infusion level 1, repeated level 3 (CANMAT 2021)" if route == "IV" else "",
                    way,
                    rule,
                    usual,
                    low,
                    high,
                ),
                *(most, few, many, days, best, far, minutes, sober, 30),
            ),
        )
        yield "protocol_windows", (key, "Integration, 24 to 48 hours", "after-start", "muscat-24-48", 24, 48)
        yield "protocol_windows", (key, "Interview, within 48 hours", "after-end", "krystal-48", 0, 48)
        yield "protocol_scales", (key, "phq-9", "before-start", "baseline", 3)
        yield "protocol_scales", (key, "madrs", "after-end", "end-of-course", 3)
        yield "protocol_scales", (key, "gad-7", "after-end", "follow-up", 28)
        yield "protocol_sources", (key, "Muscat et al. 2022", "10.3390/psych4010012", "Psych 2022, 4", "")
