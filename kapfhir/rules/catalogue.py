"""Every predicate by the id of its rule, whatever file it stands in."""

from __future__ import annotations

from collections.abc import Callable

from kapfhir.model.protocol import Protocol

from . import adverse_events, dosing, eligibility, integration, interactions, monitoring, outcomes, structure
from .day import BY_WEIGHT, LOZENGE, PARENTERAL, Day
from .story import Found, Story
from .table import Numbers

DAY: dict[str, Callable[[Day, Numbers], bool]] = {**structure.DAY, **dosing.DAY, **monitoring.DAY}
STORY: dict[str, Callable[[Story, Numbers], Found]] = {
    **structure.STORY,
    **eligibility.STORY,
    **dosing.STORY,
    **monitoring.STORY,
    **interactions.STORY,
    **outcomes.STORY,
    **integration.STORY,
    **adverse_events.STORY,
}
PROTOCOL: dict[str, Callable[[Protocol, Numbers], bool]] = adverse_events.PROTOCOL
WAYS: dict[str, tuple[str, ...]] = {  # a rule of one way of giving it need not look at a day without it
    **dict.fromkeys(("P01", "P01-total", "P08", "P08-bolus", "S11", "M06-interval"), ("iv",)),
    **dict.fromkeys(("P02", "P02-total"), ("im",)),
    **dict.fromkeys(("P03", "P03-total"), ("subcutaneous",)),
    **dict.fromkeys(("P04", "P04-total", "M10-lozenge"), LOZENGE),
    **dict.fromkeys(("P05", "P05-total"), ("oral",)),
    "P06-total": ("intranasal",),
    "P01-weight": BY_WEIGHT,
    **dict.fromkeys(("P06", "P07", "S25-usual", "S26", "M01-esketamine", "M04", "M04-end", "M04-length"), ("intranasal",)),
    **dict.fromkeys(("M06", "M10"), PARENTERAL),
}
PARTS: dict[str, str] = {  # nor one about a part of the day, or of its session, at a day without it
    **dict.fromkeys(("M11-state", "M11-escort", "M11-driving"), "discharge"),
    **dict.fromkeys(("M12", "M12-checks", "M12-vitals"), "remote"),
    **dict.fromkeys(("M03", "M03-rise", "M07", "M07-low", "M08", "M08-high", "M11", "M11-falling"), "vitals"),
    **dict.fromkeys(("S09", "S09-slip"), "kg"),
    **dict.fromkeys(("S10", "S10-strength", "S13-vial"), "drawn"),
    **dict.fromkeys(("M15", "P14"), "several"),
    "M05": "rems",
    "M09": "sedation",
    "M13": "pre_dose",
}
CHAPTERS: dict[str, tuple[str, ...]] = {  # nor one of a whole patient without any of these
    **dict.fromkeys((*eligibility.AGAINST, "E08", "E13"), ("checks", "illnesses")),
    **dict.fromkeys(("E01-unknown", "E14-unknown"), ("illnesses",)),
    **dict.fromkeys(("E15", "E15-late", "E15-old"), ("checks",)),
    "E05": ("intolerances", "checks", "illnesses"),
    "E16-trials": ("illnesses",),
    "E17-ended": ("forms",),
    **dict.fromkeys(("E18", "E18-enrolment", "E18-site", "P07-start", "P07-low", "P12", "I11"), ("nasal",)),
    **dict.fromkeys(("P01-earlier", "P02-earlier", "P03-earlier", "P05-earlier"), ("unweighed",)),
    **dict.fromkeys((f"I{number:02}" for number in range(1, 11)), ("medicines", "taken")),
    "I12": ("medicines",),
    "I13": ("medicines", "taken"),
    **dict.fromkeys(("O01", "O02", "O03", "O04", "O11", "S06-total", "S16", "S19", "S29"), ("scores",)),
    "O12": ("scores", "troubles"),
    **dict.fromkeys(("O07", "O07-notable"), ("changes",)),
    **dict.fromkeys(("S21", "T04", "T05", "T05-long"), ("talks",)),
    "G03": ("troubles",),
}
LOST = ("S01-dose", "S01-lost")  # what rows say of a dosing session that no record holds: told by who reads them
PATIENTS = ("S17", "S17-birth")  # look at all patients at once: see memory.py
HELD = {  # so too of a part of a session: told at the end, if any session of the export has one
    "M01": "VitalSet",
    "M06": "VitalSet",
    "M14": "InSessionTherapy",
    "P01-weight": "Weight",
}
NEEDS = {  # what a rule says of something missing means nothing where the export holds none of it at all
    "E15-missing": "Screening",
    "E16-trials": "MedicationHistory",
    "E17": "Consent",
    "I11": "MedicationHistory",
    "O09": "OutcomeAssessment",
    "O10": "OutcomeAssessment",
    "T02": "IntegrationSession",
    "T02-protocol": "IntegrationSession",
    "T06": "IntegrationSession",
}
WHOLE = {  # nor what it says of a first one, of the one before, or of none, where the export holds only what is new
    **{rule: (concept,) for rule, concept in NEEDS.items()},
    **dict.fromkeys(("S18", "P07-start", "P07-low", "P11", "P12", "P13", "P15"), ("DosingSession",)),
    **dict.fromkeys(("O09", "O09-old", "O10"), ("OutcomeAssessment", "DosingSession")),
    **dict.fromkeys(("T06",), ("IntegrationSession", "DosingSession")),
}
