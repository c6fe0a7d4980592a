/* From a figure to its journals, from those to days, and to the documents and the rows they landed as. Built on demand
   from the embedded rows; everything is written as text. */
"use strict";
(() => {
  const MAX_JOURNALS = 200;
  const MAX_ENTRIES = 400;
  const { data, amountText, element } = Pack;
  const { texts, stretches, documents } = data.drilldown;
  const dialog = document.getElementById("drill");

  const text = (name, row) => texts[stretches[name][row]];
  const paper = (name, row) => texts[documents[name][row]];
  const papersOf = new Map();
  documents.obligation_id.forEach((id, row) => papersOf.set(texts[id], [...(papersOf.get(texts[id]) || []), row]));

  /** What a row of a journal must say, by the name of the condition; the rows of tables carry them as data-of-*. */
  const CONDITIONS = {
    journal: (row, value) => text("journal_number", row) === value,
    account: (row, value) => text("debit_account", row) === value || text("credit_account", row) === value,
    cause: (row, value) => text("cause", row) === value,
    customer: (row, value) => text("customer_id", row) === value,
    product: (row, value) => text("product_id", row) === value,
    obligation: (row, value) => text("obligation_id", row) === value,
    invoice: (row, value) => text("invoice_id", row) === value,
    method: (row, value) => text("recognition_method", row) === value,
    manual: (row, value) => text("manual_journal_id", row) === value,
    period: (row, value) => (papersOf.get(text("obligation_id", row)) || []).some((each) => period(each, " to ") === value),
  };

  const period = (each, between) =>
    paper("service_start", each) && `${paper("service_start", each)}${between}${paper("service_end", each)}`;

  for (const row of document.querySelectorAll(".table-block tbody tr")) {
    const conditions = conditionsOf(row);
    if (!conditions.length) continue;
    row.classList.add("drillable");
    const button = element("button", "drill");
    button.type = "button";
    button.title = "Show journals";
    button.setAttribute("aria-label", "Show journals");
    const first = row.cells[0];
    first.append(button);
    button.addEventListener("click", () => open(row, conditions));
  }

  function conditionsOf(row) {
    return Object.keys(CONDITIONS)
      .map((name) => [name, row.getAttribute(`data-of-${name}`)])
      .filter(([, value]) => value !== null);
  }

  function open(row, conditions) {
    const found = [];
    for (let place = 0; place < stretches.days.length; place += 1) {
      if (conditions.every(([name, value]) => CONDITIONS[name](place, value))) found.push(place);
    }
    const labels = [...row.cells].filter((each) => !each.classList.contains("n")).slice(0, 3);
    dialog.replaceChildren(head(labels.map((each) => each.textContent.trim()).filter(Boolean)), journals(found));
    dialog.showModal();
    dialog.scrollTop = 0;
  }

  function head(labels) {
    const made = element("header");
    const title = element("div");
    title.append(element("p", "kicker", "Journals behind"));
    const name = element("h2");
    name.append(...labels.flatMap((label, place) => [...(place ? [" · "] : []), element("bdi", "", label)]));
    title.append(name);
    const close = element("button", "close", "Close");
    close.type = "button";
    close.addEventListener("click", () => dialog.close());
    made.append(title, close);
    return made;
  }

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  function journals(found) {
    const made = element("div", "journals");
    const byJournal = groups(found, (row) => text("journal_number", row));
    const total = sum(found.map((row) => BigInt(stretches.amount_minor[row])));
    made.append(element("p", "intro", `${count(byJournal.size, "journal")} in ${data.month}, debits = credits = ${amountText(total)} ${data.currency}.`));
    const { journals: all, journals_embedded: here } = data.drilldown;
    if (here < all) {
      made.append(element("p", "cut", `This page holds the ${count(here, "journal")} with the largest amounts, of ${all.toLocaleString("en")}. For the others: revrec explain.`));
    }
    if (!found.length) made.append(element("p", "none", "Nothing was posted for this in the month."));
    const shown = [...byJournal].slice(0, MAX_JOURNALS);
    for (const [number, rows] of shown) made.append(journal(number, rows, byJournal.size === 1));
    if (shown.length < byJournal.size) made.append(element("p", "cut", `Shown: the first ${MAX_JOURNALS} of ${byJournal.size.toLocaleString("en")}.`));
    return made;
  }

  function journal(number, rows, isOpen) {
    const amount = amountText(sum(rows.map((row) => BigInt(stretches.amount_minor[row]))));
    const names = ["customer_name", "product_name"].map((name) => only(rows.map((row) => text(name, row))));
    const summary = element("summary");
    const told = element("span", "told");
    told.append(element("strong", "", number), ...names.flatMap((name) => [" · ", element("bdi", "", name)]));
    summary.append(told, element("span", "n", amount));
    return lazy("journal", summary, isOpen, (into) => {
      const byObligation = groups(rows, (row) => text("obligation_id", row));
      for (const [id, own] of byObligation) into.append(obligation(id, own, byObligation.size === 1));
    });
  }

  function obligation(id, rows, isOpen) {
    const summary = element("summary");
    const told = element("span", "told");
    const what = text("manual_journal_id", rows[0]) ? "Manual journal" : "Obligation";
    told.append(`${what} `, element("code", "", id), " ", element("span", "muted", words(text("recognition_method", rows[0]))));
    summary.append(told);
    return lazy("obligation", summary, isOpen, (into) => {
      into.append(element("h4", "", "Daily entries"), entries(rows), element("h4", "", "Source documents"), sources(text("manual_journal_id", rows[0]) || id));
    });
  }

  /** Every day's two entries: a stretch has one amount a day, and another on its last day. */
  function entries(rows) {
    const found = [];
    for (const row of rows) {
      const days = stretches.days[row];
      for (let day = 0; day < days; day += 1) {
        const amount = BigInt(stretches[day === days - 1 ? "amount_last_day_minor" : "amount_a_day_minor"][row]);
        if (amount !== 0n) found.push({ row, amount, date: plusDays(text("first_day", row), day), of: plusDays(text("effective_first_day", row), day) });
      }
    }
    found.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.row - b.row));
    const table = tableOf(["Date", "Account", "Debit", "Credit", "Narrative"], [2, 3]);
    for (const { row, amount, date, of } of found.slice(0, MAX_ENTRIES)) {
      const narrative = text("narrative", row) + (of === date ? "" : ` (of ${of})`);
      addRow(table, [date, words(text("debit_account", row)), amountText(amount), "", narrative], [2, 3]);
      addRow(table, [date, words(text("credit_account", row)), "", amountText(amount), narrative], [2, 3]);
    }
    const total = amountText(sum(found.map((each) => each.amount)));
    addRow(table, ["Total", "", total, total, ""], [2, 3]).className = "total";
    const made = element("div", "scroll");
    made.append(table);
    if (found.length > MAX_ENTRIES) made.append(element("p", "cut", `Shown: the first ${MAX_ENTRIES} movements of ${found.length.toLocaleString("en")}.`));
    return made;
  }

  function sources(id) {
    const papers = papersOf.get(id) || [];
    if (!papers.length) return element("p", "none", "Its documents are not in this page. Use revrec explain.");
    const table = tableOf(["Document", "Number", "Service period", "Amount", "Landed file", "Row"], [3, 5]);
    for (const each of papers) {
      const landed = documents.landed_row[each];
      addRow(
        table,
        [
          words(paper("document", each)),
          paper("document_number", each) || paper("document_id", each),
          period(each, " – "),
          amountText(BigInt(documents.contracted_minor[each])),
          paper("landed_file", each) || "entered by hand",
          landed === null ? "" : String(landed),
        ],
        [3, 5],
      );
    }
    const made = element("div", "scroll sources");
    made.append(table);
    return made;
  }

  function tableOf(headings, numbers) {
    const table = element("table", "plain");
    const row = element("tr");
    headings.forEach((heading, place) => row.append(element("th", numbers.includes(place) ? "n" : "", heading)));
    const head_ = element("thead");
    head_.append(row);
    table.append(head_, element("tbody"));
    return table;
  }

  function addRow(table, cells, numbers) {
    const row = element("tr");
    cells.forEach((each, place) => {
      const made = element("td", numbers.includes(place) ? "n" : "");
      made.append(element("bdi", "", each));
      row.append(made);
    });
    table.tBodies[0].append(row);
    return row;
  }

  /** A <details> whose content is made when it is first opened. */
  function lazy(classes, summary, isOpen, fill) {
    const made = element("details", classes);
    made.append(summary);
    let filled = false;
    const fillOnce = () => {
      if (!filled) fill(made);
      filled = true;
    };
    made.addEventListener("toggle", () => made.open && fillOnce());
    if (isOpen) {
      made.open = true;
      fillOnce();
    }
    return made;
  }

  function groups(rows, nameOf) {
    const found = new Map();
    for (const row of rows) {
      const name = nameOf(row);
      if (!found.has(name)) found.set(name, []);
      found.get(name).push(row);
    }
    return found;
  }

  const sum = (amounts) => amounts.reduce((so_far, each) => so_far + each, 0n);
  const only = (values) => (new Set(values).size === 1 ? values[0] : `(${new Set(values).size} different)`);
  const count = (number, what) => `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
  const words = (label) => label.charAt(0).toUpperCase() + label.slice(1).toLowerCase().replaceAll("_", " ");

  function plusDays(date, days) {
    const moved = new Date(`${date}T00:00:00Z`);
    moved.setUTCDate(moved.getUTCDate() + days);
    return moved.toISOString().slice(0, 10);
  }
})();
