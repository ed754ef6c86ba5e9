// What a page does by itself: sort, filter and save tables, show intervals, change colours. It reads the page alone.
"use strict";
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Of a cell its difference, else its value, else its text.
const key = (cell) => {
  const [value, delta] = (cell.dataset.n ?? "").split(",");
  const number = delta || value || cell.textContent.trim();
  return number === "" || isNaN(number) ? cell.textContent.trim() : Number(number);
};
const before = (a, b) => {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return typeof a === "number" ? a - b : a.localeCompare(b);
};

const sort = (table, head) => {
  const column = head.cellIndex, body = table.tBodies[0];
  const numbers = typeof key(body.rows[0]?.cells[column] ?? head) === "number";
  const first = numbers ? "descending" : "ascending", second = numbers ? "ascending" : "descending";
  const order = head.ariaSort === first ? second : first;
  all("thead th", table).forEach((each) => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const compare = (a, b) => sign * before(key(a.cells[column]), key(b.cells[column]));
  body.append(...[...body.rows].sort(compare));
};

const filter = (table, words, said) => {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...table.tBodies[0].rows];
  rows.forEach((row) => {
    const text = row.textContent.toLowerCase();
    row.hidden = !wanted.every((word) => text.includes(word));
  });
  said.textContent = wanted.length ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : "";
};

// A text as a CSV field; nothing in it is a formula to a spreadsheet.
const field = (text) => {
  const safe = /^[=+\-@\t\r]/.test(text) && isNaN(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
};
const PARTS = ["", " difference", " low", " high"];
const csv = (table) => {
  const rows = [...table.tBodies, ...(table.tFoot ? [table.tFoot] : [])].flatMap((part) => [...part.rows]);
  const shown = rows.filter((row) => !row.hidden);
  const heads = [...table.tHead.rows[0].cells];
  const widths = heads.map((_, at) => (rows.some((row) => row.cells[at].dataset.n) ? PARTS.length : 1));
  const titles = heads.map((head) => head.textContent.replaceAll("\u00a0", " "));
  const names = titles.flatMap((title, at) => PARTS.slice(0, widths[at]).map((part) => title + part));
  const values = (cell, at) => {
    if (widths[at] === 1) return [cell.textContent.trim()];
    return (cell.dataset.n ?? `${cell.textContent.trim()},,,`).split(",");
  };
  return [names, ...shown.map((row) => [...row.cells].flatMap(values))]
    .map((line) => line.map(field).join(",") + "\r\n").join("");
};
const save = (table, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv(table)], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

all("section .tools").forEach((tools, number) => {
  const table = tools.parentElement.querySelector("table"), said = tools.querySelector("output");
  tools.hidden = false;
  tools.querySelector("input").addEventListener("input", (event) => filter(table, event.target.value, said));
  tools.querySelector("button").addEventListener("click", () => save(table, `xh-${number + 1}.csv`));
});
all("thead button").forEach((button) => {
  button.addEventListener("click", () => sort(button.closest("table"), button.parentElement));
});

const remember = (theme) => { try { localStorage.setItem("xh-theme", theme); } catch { /* a page may have no storage */ } };
const remembered = () => { try { return localStorage.getItem("xh-theme"); } catch { return null; } };
const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const theme = document.getElementById("theme"), intervals = document.getElementById("intervals");
const wear = (name) => { if (name) root.dataset.theme = name; theme.setAttribute("aria-pressed", isDark()); };
theme.addEventListener("click", () => { wear(isDark() ? "light" : "dark"); remember(root.dataset.theme); });
intervals.addEventListener("click", () => {
  intervals.setAttribute("aria-pressed", root.classList.toggle("intervals"));
});
wear(remembered());
theme.parentElement.hidden = false;
addEventListener("beforeprint", () => all("details:not(.by-hand)").forEach((each) => { each.open = true; }));
