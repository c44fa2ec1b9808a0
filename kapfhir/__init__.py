"""kapfhir: the record of a ketamine-assisted psychotherapy clinic as FHIR R4."""

__version__ = "0.1.0"
