"""How an explanation reads in a terminal and in a pipe.

What belongs here: its lines, as a tree with colours for people and as plain indented text otherwise. What does not:
what it holds (`assets.explain`), arguments (`revrec_dagster.explain_command`).
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from revrec_dagster.command_line import printable

if TYPE_CHECKING:
    from assets.explain import Explanation


class Line(NamedTuple):
    """A line, below the last one of a smaller depth."""

    depth: int
    text: str
    style: str = ""


def show(explanations: Iterable["Explanation"], console: Console | None = None) -> None:
    """Print explanations on stdout: a tree in a terminal, plain lines in a pipe."""
    target = console or Console()
    for number, explanation in enumerate(explanations):
        # names come from landed files
        lines = [Line(each.depth, printable(each.text), each.style) for each in lines_of(explanation)]
        if target.is_terminal:
            target.print(_tree(lines))
        else:
            sys.stdout.write("\n" * bool(number) + "".join(f"{'  ' * each.depth}{each.text}\n" for each in lines))


def _tree(lines: list[Line]) -> Tree:
    root = Tree(Text(lines[0].text, style="bold"), guide_style="dim")
    branches = [root]
    for line in lines[1:]:
        del branches[line.depth :]
        branches.append(branches[-1].add(Text(line.text, style=line.style)))
    return root


def lines_of(explanation: "Explanation") -> Iterator[Line]:
    """What is told, the subject at depth 0."""
    title = (
        f"{explanation.kind} {explanation.subject}",
        f"ledger {explanation.ledger}" if explanation.ledger else "",
        explanation.status,
    )
    yield Line(0, "; ".join(part for part in title if part))
    yield from (_figure(figure) for figure in explanation.figures)
    yield from _listed("parts", explanation, [_part(part) for part in explanation.parts])
    for journal in explanation.manual_journals:
        yield from _manual_journal(journal)
    yield from _listed("entries", explanation, [_entry(entry) for entry in explanation.entries])
    yield from _listed("lines", explanation, [_line(line) for line in explanation.lines])
    yield from _listed("quarantined", explanation, [_rejected(row) for row in explanation.quarantined])
    for correction in explanation.corrections:
        yield Line(1, _correction(correction), "yellow")
    for obligation in explanation.obligations:
        yield Line(1, _obligation(obligation), "bold")
        for document in obligation["documents"]:
            amount = f", {document['amount']} on {document['date'] or '-'}" if "amount" in document else ""
            yield Line(2, f"{document['document']}{amount}: {_landed(document)}")
    if explanation.in_all.get("obligations", 0) > len(explanation.obligations):
        yield _of_how_many("obligations", len(explanation.obligations), explanation)


def _listed(name: str, explanation: "Explanation", lines: list[Line]) -> Iterator[Line]:
    yield from lines
    if lines and explanation.in_all.get(name, 0) > len(lines):
        yield _of_how_many(name, len(lines), explanation)


def _of_how_many(name: str, shown: int, explanation: "Explanation") -> Line:
    what = f"{name} rows" if name == "quarantined" else name
    return Line(1, f"the largest {shown} of {explanation.in_all[name]:,} {what}: --most tells of more", "italic")


def _figure(told: Mapping[str, Any]) -> Line:
    before = told["brought_forward"]
    made_of = f"{told['parts']:,} {told['made_of']}" + (f" and {before} brought forward" if before else "")
    if told["agrees"]:
        return Line(1, f"{told['figure']} {told['amount']}: adds up from {made_of}", "green")
    text = (
        f"{told['figure']} {told['amount']}: {made_of} add up to {told['adds_up_to']}; something changed since the "
        "report was written: run the month again"
    )
    return Line(1, text, "bold red")


def _part(told: Mapping[str, Any]) -> Line:
    amounts = ", ".join(f"{name} {amount}" for name, amount in told["amounts"].items())
    names = (
        f"{told['document'].lower().replace('_', ' ')} {told['document_number']}".strip(),
        f"obligation {told['obligation_id']}" if told["obligation_id"] else "",
        f"customer {told['customer_id']}" if told["customer_id"] else "",
        f"product {told['product_id']}" if told["product_id"] else "",
    )
    landed = f"; {told['landed_file']} row {told['landed_row']}" if told["landed_file"] else ""
    return Line(1, f"{', '.join(name for name in names if name)}: {amounts}{landed}")


def _manual_journal(told: Mapping[str, Any]) -> Iterator[Line]:
    texts = [f"{name.replace('_', ' ')} {text}" for name, text in told.items() if text and isinstance(text, str)]
    yield Line(1, f"manual journal: {', '.join(texts)}", "bold")
    for entry in told["entries"]:
        yield Line(2, f"{entry['direction'].lower()} {entry['account']}  {entry['amount']}")


def _entry(told: Mapping[str, str]) -> Line:
    first, last = told["first_day"], told["last_day"]
    days = first if first == last else f"{first} to {last}"
    return Line(1, f"{days}  debit {told['debit']}, credit {told['credit']}  {told['amount']}  {told['narrative']}")


def _line(told: Mapping[str, Any]) -> Line:
    disposition = told["disposition"].lower().replace("_", " ")
    reason = f": {told['reason']}" if told["reason"] else ""
    obligation = f", obligation {told['obligation_id']}" if told["obligation_id"] else ""
    return Line(1, f"line {told['line']}, {told['amount']}, {disposition}{reason}{obligation}; {_landed(told)}")


def _rejected(told: Mapping[str, Any]) -> Line:
    field = f", {told['field']} {told['value']!r}" if told["field"] else ""
    where = f"{told['landed_file']} row {told['landed_row']}"
    return Line(1, f"in quarantine: {where}{field}: {told['reason']}; {told['action']}", "red")


def _correction(told: Mapping[str, str]) -> str:
    cause = (
        f"{told['cause'].lower()}: {told['dataset']} {told['document_id']} of invoice {told['invoice_number'] or '-'}"
    )
    others = "" if told["other_causes"] == "0" else f", and {told['other_causes']} more document(s)"
    period = f"{told['period_first_day']} to {told['period_last_day']}"
    return f"catch-up of {told['amount']} for {period}; {cause}, {_landed(told)}{others}"


def _obligation(told: Mapping[str, Any]) -> str:
    left = "" if told["amount_left"] == told["amount"] else f" ({told['amount_left']} left)"
    parts = (
        f"obligation {told['obligation_id']}: {told['amount']}{left}",
        told["method"] + ("" if told["service_period"] == "- to -" else f" over {told['service_period']}"),
        f"customer {told['customer_id']}",
        f"product {told['product_id']}",
        f"invoice {told['invoice'] or '-'} of {told['accounting_date']}",
        f"policy version of {told['policy_version']} ({told['allocation_strategy']})",
        *(["withdrawn since: as it was when days were last locked"] if told["withdrawn"] else []),
    )
    return ", ".join(parts)


def _landed(told: Mapping[str, Any]) -> str:
    return f"{told['landed_file'] or '-'} row {told['landed_row']}, landed {told['landed_at'] or '-'}"
