"""A close pack with hostile names in it, made once."""

import pytest

from revrec.close_pack import ClosePack
from revrec.close_pack.html import html_pack
from revrec.close_pack.workbook import workbook
from tests.revrec.close_pack.contracts import contracts_of, make_pack, manual_journal

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "</title></style><script>window.hacked = 1</script>",
    '"><b>bold</b>',
    "' onmouseover='window.hacked = 2",
    '=HYPERLINK("http://example.invalid/","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "http://example.invalid/",
    "شركة النور \u202eevil\u202c",
    "Zażółć 🚀 GmbH",
)
NAMES = (*HOSTILE, *(f"Customer {number:02}" for number in range(9)))


@pytest.fixture(scope="session")
def hostile_names() -> tuple[str, ...]:
    return HOSTILE


@pytest.fixture(scope="session")
def pack() -> ClosePack:
    contracts = contracts_of(NAMES, ["Platform", "Support <i>plus</i>", "Analytics"], 23)
    return make_pack(contracts, manual_journals=tuple(map(manual_journal, HOSTILE)), status=HOSTILE[0])


@pytest.fixture(scope="session")
def page(pack: ClosePack) -> bytes:
    return html_pack(pack)


@pytest.fixture(scope="session")
def book(pack: ClosePack) -> bytes:
    return workbook(pack)
