"""A clinic with maps of its own: its configuration."""

CONFIG = """
source = "own"
mappings = "mappings"

[clinic]
system = "https://own.example/kap"
namespace = "0a1b2c3d-0000-4000-8000-000000000000"
zone = "UTC"
"""
WHO = "concept: Patient\ntable: who\nfields:\n  key: Id\n  family: Last\n"
STAFF = (
    "concept: Practitioner\ntable: who\nfields:\n  key: = MD-1\n  family: = Doe\n  profession: = physician\n  clinic: = main\n"
)
DOSE = """  status: = completed
  clinician: = MD-1
  visit.start: Day
  session.start: Day
  doses[1].drug: = ketamine
  doses[1].status: = completed
  doses[1].given: Day
  doses[1].dose: {from: Dose, unit: mg}
  doses[1].route: = im
"""
