"""Export files for general ledgers (SPEC 9), one module per format.

What belongs here: the formats and the machinery they share. What does not: where files are kept (`resources`),
journals and entries (`revrec.entries`). A new format is one module that describes its files as `FileLayout`, and one
line below.
"""

from collections.abc import Mapping
from types import MappingProxyType

from revrec.exports.generic import GENERIC
from revrec.exports.layout import ExportFormat
from revrec.exports.netsuite import NETSUITE
from revrec.exports.quickbooks import QUICKBOOKS
from revrec.exports.xero import XERO

EXPORT_FORMATS: Mapping[str, ExportFormat] = MappingProxyType(
    {export.name: export for export in (GENERIC, XERO, QUICKBOOKS, NETSUITE)}
)
