"""Reads a page with Python's HTML parser: elements, attributes, text. Knows nothing of the template."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

# Elements that have no end tag (HTML, 13.1.2).
_VOID = frozenset({"meta", "input", "br", "img", "link", "hr"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: "list[Element]" = field(default_factory=list)
    own_text: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text below it, in no particular order among siblings."""
        return "".join([*self.own_text, *(child.text for child in self.children)])

    def all(self, tag: str | None = None, **attributes: str) -> "list[Element]":
        found = [self] if tag in (None, self.tag) and attributes.items() <= self.attributes.items() else []
        return found + [each for child in self.children for each in child.all(tag, **attributes)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].own_text.append(data)


def read_page(page: bytes) -> Element:
    reader = _Reader()
    reader.feed(page.decode())
    reader.close()
    assert reader.open == [reader.root], "elements are left open"
    return reader.root


def rows_of(page: Element, table: str) -> list[list[str]]:
    """Texts of the body of a table."""
    block = page.all("table", id=f"table-{table}")[0]
    return [[cell.text for cell in row.all("td")] for row in block.all("tbody")[0].all("tr")]


def shape(page: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes, in order: what no text may change."""
    return [(each.tag, tuple(sorted(each.attributes))) for each in page.all()]
