"""What clinics call things: synonyms for the fields of KAP, as patterns over the words of a header. The surest come first."""

from __future__ import annotations

import re
import unicodedata

PATIENT = (
    r"mrn|medical record (?:no|number|#)|chart (?:id|no|number|#)|chart",
    r"(?:patient|client|subject|participant|study|member|pat|pt|intake q) (?:id|no|number|nr|key|code|#)",
    r"intakeq id|patientid|clientid|subjid|ptid",
    r"patient|client|subject|participant|pt|patienten nr|nr|record id|record",
)
NAME_OF_PATIENT = (r"(?:patient|client|full|participant) name", r"name")
FAMILY = (r"last name|surname|family(?: name)?|lname|lastname|nachname|last", r"name")
GIVEN = (r"first name|given(?: names?)?|fname|firstname|forename|vorname|first",)
BIRTH = (r"dob|date of birth|birth ?date|birthday|geboren|geburtsdatum|birth",)
SEX = (r"sex|gender|geschlecht|sexe|sex at birth",)
PHONE = (r"phone|telephone|mobile|cell|tel",)
EMAIL = (r"e ?mail(?: address)?",)
STREET = (r"street|address(?: ?line ?1)?|address 1|addr",)
CITY = (r"city|town|ort",)
STATE = (r"state|province|region",)
ZIP = (r"zip(?: code)?|post(?:al)? ?code|plz",)
COUNTRY = (r"country",)
OFFICIAL = (  # numbers of the state: no key of a record, as ids are made of it and go out
    r"ssn\w*|social (?:security|insurance)|(?:national|tax|taxpayer|government|state) (?:id|identity|identification|insurance)\w*"
    r"|nhs|nino|passport|driver ?s? licen[sc]e|medicare|medicaid|health card|aadhaar|personnummer|fodselsnummer"
    r"|sozialversicherung\w*|krankenversicherung\w*|steuer ?id\w*|numero de securite sociale|codice fiscale"
    r"|ahv|avs|bsn|curp|cpf|dni"
)
OFFICIAL_ALONE = (
    r"(?:(?:patient|client|pt|member) )?(?:sin|itin|tin|mbi|nin|nir|cpr|pps|pesel|svnr|kvnr)(?: (?:no|number|nr|id|#))?"
)
PERSONAL = (
    r"name|first|last|\w*name|dob|birth\w*|geboren|geburtsdatum|age|sex|gender|phone|tel|mobile|cell|e ?mail|address|street|zip"
)
CHART = (r"chart(?: no| number| #)?|chart id",)

CLINICIAN = (
    r"clinician|provider|prescriber|physician|doctor|psychiatrist|attending|arzt|md|administered by|given by",
    r"nurse|staff|anesthesiologist|practitioner|rn|np",
)
THERAPIST = (r"therapist|psychotherapist|counsell?or|facilitator|guide|author|psychologist", *CLINICIAN)
STAFF_ID = (r"(?:staff|provider|employee|practitioner|user|clinician|therapist) (?:id|no|number|key|code)", r"id|key|code|no")
ROLE = (r"role|profession|discipline|position|job(?: title)?|specialty|title|rolle|type",)
CREDENTIALS = (r"credentials?|license type|degree|suffix",)
NPI = (r"npi",)
SITE = (
    r"(?:clinic|site|facility|location|office|branch) (?:id|code|key|no)",
    r"site|clinic|facility|location|office|branch|standort",
)
COURSE = (r"course(?: id)?|episode(?: id)?|series(?: id)?|treatment plan(?: id)?",)
SESSION = (
    r"(?:session|infusion|treatment|visit|encounter|dosing|dose|appointment|enc|injection|ketamine) (?:id|key|code|ref)",
    r"session|sitzung|seance|treatment|infusion|visit|encounter|dosing session|dose id",
)
NUMBER = (
    r"(?:session|infusion|treatment|visit|dose) (?:no|number|#|num|nr|count)",
    r"no|number|#|nr|session|infusion|treatment|visit",
)
NO_NUMBER = (  # what is measured, or names something else, counts no sessions
    r"dose|mgs?|mcg|ug|g|ml|kgs?|lbs?|bp|hr|hrs?|hours?|h|\w*min|mins|\w*minutes?|secs?|seconds?|days?|weeks?|wks?|duration|length"
    r"|time|start|end|stop|rate|speed|volume|vol|amount|age|weight|score|total|rating|level|cost|fee|price|charge|lot|vial|room"
    r"|pump|phone|%|planned|remaining|left|id|code|interval|since|between|gap|pain|suds"
)
BARE_NUMBER = r"(?:(?:ketamine|kap|dosing|iv|im|current|this) )*(?:no|number|#|nr|session|infusion|treatment|visit)"
DATE = (
    r"(?:usage|session|treatment|infusion|service|visit|dosing|dose|administration|injection|appointment) date",
    r"date of (?:\w+ )*(?:infusion|service|treatment|administration|visit|session|dose)|dos|date|day|datum|tag|fecha|on",
)
START = (
    (
        r"(?:infusion|session|treatment|dose|iv|prep|injection|administration|visit|appointment) start(?: time)?"
        r"|start(?:ed|s)?(?: time| at)?"
    ),
    r"time in|began|begin|beginn|given(?: at)?|administered(?: at)?|time given|time of \w+|dose time|from|in",
    r"(?:session|infusion|treatment|visit|appointment|date|check in) ?time|time|uhrzeit|heure|hora|datetime|date",
)
END = (
    (
        r"(?:infusion|session|treatment|dose|iv|prep|visit|appointment) (?:end|stop)(?: time)?"
        r"|end(?:ed|s)?(?: time| at)?|stop(?:ped)?(?: time)?|finish(?:ed)?|ende"
    ),
    r"time out|completed at|until|to|out",
)
END_OF_DOSE = r"(?:infusion|iv|dose|dosing|injection|administration|pump|drip) (?:end|stop)\w*"
ENTERED = (r"timestamp|submitted(?: \w+)?|created(?: \w+)?|entered(?: \w+)?|modified|updated",)
ARRIVED = (r"arriv\w*|check ?in(?: time)?|checked in",)
LEFT = (r"left(?: at)?|depart\w*|discharged?(?: time| at)?|check ?out(?: time)?",)
STATUS = (r"(?:session |treatment |infusion |visit |dose )?(?:status|outcome|result)|kept|attended|completed",)
REASON = (r"reason\w*|why|stop reason|cancell?ation reason",)
DRUG = (r"drug|medication(?: name)?|medicine|agent|substance|compound",)
ROUTE = r"route(?: of administration)?|roa|admin(?:istration)? route"
ROUTE_PERHAPS = r"form|modality|method|delivery|type"
BODY_SITE = r"(?:injection|iv|body|cannula|im) site|deltoid|vein|arm|muscle|nostril|site"
PER_KG = r"mg ?kg|per kg|mgkg|mg per kg|weight based|ug kg|mcg kg"
DOSE = r"dose|dosage|dosis|mg|amount|ketamine|total given|dosage administered|mcg|ug"
NO_DOSE = r"waste\w*|wasted|lot|number|no|id|key|remaining|pump|rate|vial|min|date|time|total mg week|session|planned|max"
RATE_AMOUNT = (r"(?:pump|rate|programmed|rate amount) (?:mg|dose|amount)",)
RATE_OVER = (r"(?:pump|rate|programmed|infusion|over) (?:min|mins|minutes|duration)|over min",)

DISORDER = (r"icd ?\d*(?: ?cm)?(?: code)?|dx(?: code)?|diagnos\w+(?: code)?|disorder|indication", r"condition|problem")
RECORDED = (
    r"record(?:ed)?(?: date| on| at)?|noted(?: on)?|diagnosed(?: on)?|date diagnosed|dx date|diagnosis date|entered",
    r"date",
)
ONSET = (r"onset(?: date)?|first noticed|since|start(?:ed)?(?: date| on)?|began", r"date(?: time)?|when|time")
ENDED = (r"end(?:ed)?(?: date| on)?|resolved(?: date| on| at)?|abated|over|resolution(?: date)?|stop(?:ped)?",)
STARTED = (r"start(?:ed)?(?: date| on)?|began|begin|first (?:session|infusion|treatment)(?: date)?", r"date")
PHASE = (r"phase(?: of care)?|stage",)
PROTOCOL = (r"protocol|regimen|plan|program",)
PLANNED = (r"planned(?: sessions?)?|sessions planned|number of sessions|ordered",)
NOTE_TYPE = (r"(?:note|visit|session|appointment|encounter|service|template) ?type|type|category|kind",)
MODALITY = (r"modalit(?:y|ies)|techniques?|approach(?:es)?|therap(?:y|ies) used|methods?|intervention\w*",)
DELIVERY = (r"delivery|place|format|mode|setting|telehealth|location(?: type)?|where|video",)
QUESTION = (r"question(?: id| no| number| code)?|item(?: id| no| number| code)?|question text|field name|frage",)
ANSWER = (r"answer(?: value| text| code)?|response(?: text| value| code)?|value|score|rating|antwort",)
INSTRUMENT = (r"instrument|scale|questionnaire|assessment(?: name| type)?|measure|form(?: name)?|survey|test",)
TIMEPOINT = (r"time ?point|timing|point|when|redcap event name|event name|visit(?: name)?|phase|stage|interval|event",)
ASSESSED = (
    (
        r"first opened|completed(?: at| on| date)?|submitted(?: at| on| date)?|assess(?:ed|ment)(?: at| on| date)?"
        r"|response date|taken(?: at| on)?"
    ),
    (
        r"(?:rated|asked|screened|administered|filled)(?: on| at)?|date(?: time)?(?: \w+)?|timestamp|when|day"
        r"|\w+ date|created(?: at)?"
    ),
)
RATER = (r"rater|assessor|rated by|administered by|interviewer", *CLINICIAN)
TOTAL = (r"total(?: score)?|sum(?: score)?|score|\w+ total(?: score)?|\w+ score|\w+ sum",)
AE_EVENT = (r"adverse event(?: term)?|ae(?: term| name)?|event(?: term)?|side effects?|symptom|reaction|term",)
SEVERITY = (r"severity|grade|intensity|ctcae(?: grade)?",)
SERIOUS = (r"serious(?:ness)?|sae",)
OUTCOME = (r"outcome|resolution",)
CAUSALITY = (r"causality|relat(?:ed|edness|ionship)(?: \w+)*|attribution",)
MEASURE = (r"measure(?:ment)?|vital(?: sign)?|parameter|mesure|observation|sign|name|type",)
VALUE = (r"value|result|reading|valeur|wert",)

VITALS = {  # field of a vital set -> words; a pressure is one column of two numbers, or two columns
    "blood_pressure.systolic": r"systolic|sys|sbp|systolisch|systolique|bps|bp s",
    "blood_pressure.diastolic": r"diastolic|dia|dbp|diastolisch|diastolique|bpd|bp d",
    "heart_rate": r"hr|heart rate|heartrate|pulse|puls|bpm|heart|frequence cardiaque|fc",
    "oxygen_saturation": r"spo2|oxygen(?: saturation)?|o2|saturation|sat",
    "respiratory_rate": r"rr|resp\w*(?: rate)?|breathing(?: rate)?|frequence resp",
    "weight": r"weight|wt|gewicht|poids|kg|lbs?",
}
PRESSURE = r"bp|blood pressure|pressure|rr|ta"
UNITS = {"weight": ((r"kgs?|kilos?|kilograms?", "kg"), (r"lbs?|pounds?", "[lb_av]"))}
POINTS = (  # key of a vital set, its timepoint, and the words of a header that say so
    ("pre", "pre-dose", r"pre|before|vor|vorher|avant|antes|baseline|initial|start|arrival|base|t0|prior|0"),
    ("min40", "min-40", r"40 ?(?:m|min|mins|minutes)?|40min"),
    ("min90", "min-90", r"90 ?(?:m|min|mins|minutes)?|90min"),
    ("peak", "during", r"peak|mid|during|intra|middle|max"),
    ("discharge", "discharge", r"discharge|dc|leaving|departure"),
    ("post", "post-dose", r"post|after|nach|nachher|apres|despues|end|final|recovery|stop"),
)
MINUTES = re.compile(r"\b(\d{1,3}) ?(?:m|min|mins|minutes)?\b")
ROUTES_BY_NAME = (
    (r"im|intramuscular", "im"),
    (r"iv|infusions?|intravenous", "iv"),
    (r"lozenges?|troches?|sl|sublingual|rdt", "sublingual"),
    (r"spravato|nasal|intranasal|esketamine", "intranasal"),
)


def fits(pattern: str, words: str) -> bool:
    """True if the pattern stands as whole words among these."""
    return re.search(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", words) is not None


def is_official(words: str) -> bool:
    """True for what names a number that the state gave a person."""
    return fits(OFFICIAL, words) or re.fullmatch(OFFICIAL_ALONE, words) is not None


def point_of(words: str) -> tuple[str, str]:
    """The key of the vital set that a header speaks of, and its timepoint; both empty where it speaks of none."""
    for key, timepoint, pattern in POINTS:
        if fits(pattern, words):
            return key, timepoint
    found = MINUTES.search(words)
    return (f"min{found[1]}", "during") if found else ("", "")


def words_of(name: str) -> str:
    """A name as lower-case words: `PatientID` -> `patient id`, `BP_sys (pre)` -> `bp sys pre`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?i)spo2|sp02|sao2|o2 ?sat\w*", " spo2 ", plain)
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[0-9])(?=[A-Z][a-z])", " ", plain)
    return " ".join(re.findall(r"[a-z0-9#%]+", plain.lower()))
