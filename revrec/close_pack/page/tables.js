/* Sorting, filtering and opening rows of the tables. The rows are the server's; here they are moved and hidden only. */
"use strict";
const Pack = (() => {
  const data = JSON.parse(document.getElementById("pack-data").textContent);

  /** A minor amount (BigInt) as accountants write it, as `accounting_text` does in Python. */
  function amountText(minor) {
    if (minor === 0n) return "–";
    const digits = (minor < 0n ? -minor : minor).toString().padStart(data.exponent + 1, "0");
    const whole = digits.slice(0, digits.length - data.exponent).replace(/\B(?=(\d{3})+$)/g, ",");
    const text = data.exponent ? `${whole}.${digits.slice(-data.exponent)}` : whole;
    return minor < 0n ? `(${text})` : text;
  }

  /** An element with classes and a text, which stays text whatever is in it. */
  function element(tag, classes = "", text = "") {
    const made = document.createElement(tag);
    if (classes) made.className = classes;
    if (text !== "") made.textContent = text;
    return made;
  }

  return { data, amountText, element };
})();

(() => {
  const minorOf = (text) => (/^-?\d+$/.test(text) ? BigInt(text) : 0n);
  Tablesort.extend("minor", () => false, (a, b) => {
    const [x, y] = [minorOf(a), minorOf(b)];
    return x < y ? 1 : x > y ? -1 : 0;
  });

  for (const block of document.querySelectorAll(".table-block")) {
    const table = block.querySelector("table");
    if (table) setUp(block, table);
  }

  function setUp(block, table) {
    const body = table.tBodies[0];
    const input = block.querySelector("input");
    const facet = block.querySelector("select.facet");
    const children = new Map();
    for (const row of body.rows) {
      const parent = row.dataset.parent;
      if (parent !== undefined) children.set(parent, [...(children.get(parent) || []), row]);
    }
    const childrenOf = (row) => children.get(row.dataset.key) || [];
    for (const row of body.rows) if (childrenOf(row).length) addOpener(row);

    function addOpener(row) {
      const opener = Pack.element("button", "opener");
      opener.type = "button";
      opener.setAttribute("aria-expanded", "false");
      opener.setAttribute("aria-label", "Show products");
      opener.addEventListener("click", () => {
        opener.setAttribute("aria-expanded", String(opener.getAttribute("aria-expanded") !== "true"));
        show();
      });
      row.cells[0].prepend(opener);
    }

    const isOpen = (row) => row.querySelector(".opener")?.getAttribute("aria-expanded") === "true";
    const textOf = new Map();
    function matches(row, wanted) {
      if (!textOf.has(row)) textOf.set(row, row.textContent.toLowerCase());
      return wanted.every((word) => textOf.get(row).includes(word));
    }

    function show() {
      const wanted = (input?.value || "").toLowerCase().split(/\s+/).filter(Boolean);
      let visible = 0;
      let all = 0;
      const counted = [];
      for (const row of body.rows) {
        if (row.dataset.parent !== undefined) continue;
        const own = childrenOf(row);
        const hit = matches(row, wanted);
        const below = wanted.length ? own.filter((child) => matches(child, wanted)) : [];
        const inFacet = !facet || row.cells[0].textContent === facet.value;
        all += inFacet ? 1 : 0;
        row.hidden = !inFacet || !(hit || below.length);
        if (!row.hidden) counted.push(row);
        mark(row);
        for (const child of own) {
          child.hidden = row.hidden || !(below.includes(child) || isOpen(row));
          mark(child);
        }
      }
      function mark(row) {
        row.classList.toggle("beyond", !row.hidden && visible >= Pack.data.max_printed);
        if (!row.hidden) visible += 1;
      }
      const printed = block.querySelector(".printed");
      if (printed) printed.hidden = visible <= Pack.data.max_printed;
      const told = block.querySelector(".shown");
      if (told) told.textContent = counted.length === all ? `${all.toLocaleString("en")} rows` : `${counted.length.toLocaleString("en")} of ${all.toLocaleString("en")} rows`;
      showTotals(wanted.length ? counted : null);
    }

    /** Below the totals of everything, those of the rows that a filter leaves. */
    function showTotals(rows) {
      table.querySelector("tr.filtered")?.remove();
      if (!rows || !table.tFoot) return;
      const total = table.tFoot.rows[0].cloneNode(true);
      total.className = "filtered";
      for (const [place, cell] of [...total.cells].entries()) {
        if (place === 0) cell.textContent = "Filtered";
        else if (cell.classList.contains("n") && cell.dataset.sort) {
          const sum = rows.reduce((so_far, row) => so_far + minorOf(row.cells[place].dataset.sort || ""), 0n);
          cell.dataset.sort = String(sum);
          cell.textContent = Pack.amountText(sum);
          cell.classList.toggle("neg", sum < 0n);
        }
      }
      table.tFoot.append(total);
    }

    // children leave the table while it is sorted, and follow their parents again
    table.addEventListener("beforeSort", () => children.forEach((rows) => rows.forEach((row) => row.remove())));
    table.addEventListener("afterSort", () => {
      for (const row of [...body.rows]) row.after(...childrenOf(row));
      show();
    });
    new Tablesort(table);
    input?.addEventListener("input", show);
    facet?.addEventListener("change", show);
    show();
  }
})();
