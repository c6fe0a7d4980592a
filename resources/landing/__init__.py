"""The landing folder: which files there are, and the versions in force of what they say (SPEC 10).

What belongs here: finding landed files, their formats, and choosing among versions of an id. What does not: what a
field's text means (`revrec.parsing`), where rejected rows are written down (`resources.quarantine`), and when to look
(the sensors).
"""

from resources.landing.files import LandedObjects, landed_keys, landed_months, landed_objects, misplaced_objects
from resources.landing.formats import MAX_LANDED_FILE_BYTES
from resources.landing.reading import LandedData, LandedFile, read_landed

__all__ = [
    "MAX_LANDED_FILE_BYTES",
    "LandedData",
    "LandedFile",
    "LandedObjects",
    "landed_keys",
    "landed_months",
    "landed_objects",
    "misplaced_objects",
    "read_landed",
]
