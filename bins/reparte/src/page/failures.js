"use strict";
// The failed tasks: a table that can be filtered, and files of them.

// The most rows: a browser lays out each.
const MOST_ROWS = 200;

class Failures {
  constructor({ section, filter, shown, rows, save, saveInputs }) {
    Object.assign(this, { section, filter, shown, rows });
    this.tasks = [];
    this.next = 0; // The number of the first failed task that is not here yet.
    this.dropped = 0; // How many failed before those that are kept.
    this.header = null; // The first row of a table: its line, and the names of its columns.
    filter.addEventListener("input", () => this.show());
    save.addEventListener("click", () => this.save());
    saveInputs.addEventListener("click", () => this.saveInputs());
  }

  // Forgets all of them: the page has found another run.
  clear() {
    this.tasks = [];
    this.next = 0;
    this.dropped = 0;
  }

  // Adds those of a run.json.
  update({ header, failed: { first, next, tasks } }) {
    this.header = header;
    const known = this.next - (next - tasks.length);
    this.tasks.push(...tasks.slice(Math.max(0, known)));
    this.tasks.splice(0, Math.max(0, this.tasks.length - (next - first)));
    const isNew = next !== this.next;
    this.next = next;
    this.dropped = first;
    if (isNew || !this.tasks.length) this.show();
  }

  // Those with the text of the filter in their input, their error or their server.
  matching() {
    const text = this.filter.value.trim().toLowerCase();
    if (!text) return this.tasks;
    return this.tasks.filter(({ input, error, server }) =>
      [input, error.kind, error.message, server || ""].some((part) => part.toLowerCase().includes(text)));
  }

  show() {
    this.section.hidden = !this.tasks.length;
    const found = this.matching();
    const listed = found.slice(-MOST_ROWS).reverse();
    setRows(this.rows, listed.map((failure) => [
      cell(formatCount(failure.task), "number"),
      cell(shorten(failure.input, 400) + (failure.whole ? "" : " \u2026"), "text lines"),
      cell(failure.server || "\u2013", "name"),
      cell(formatCount(failure.attempts), "number"),
      cell(failure.error.message, "text lines wide"),
    ]));
    const all = `${formatCount(this.tasks.length)} failed${this.dropped ? `, the newest of ${formatCount(this.next)}` : ""}`;
    const those = found.length === this.tasks.length ? all : `${formatCount(found.length)} of ${all}`;
    const rest = found.length > listed.length ? `; the newest ${formatCount(listed.length)} are listed, and the files have all of them` : "";
    const cut = found.filter(({ whole }) => !whole).length;
    const left = cut ? `; ${formatCount(cut)} of them are kept in part, and their inputs can't be saved` : "";
    this.shown.textContent = those + rest + left;
  }

  // Those that are found, as `--output jsonl` has them.
  save() {
    download("failed.jsonl", this.matching().map((failure) => this.record(failure)));
  }

  // The inputs of those that are found, as `--tasks` reads them.
  saveInputs() {
    download("failed-inputs.txt", this.inputs());
  }

  // The line of a failed task in jsonl. Its columns have their names.
  record({ task, input, cells, error, server, seconds, attempts }) {
    const named = cells && this.header
      ? Object.fromEntries(cells.slice(0, this.header.names.length).map((cell, column) => [this.header.names[column], cell]))
      : input;
    return JSON.stringify({ task, input: named, error, server, seconds: seconds ?? undefined, attempts });
  }

  // The lines of those inputs that are whole. Those of a table stand below the names of its columns.
  inputs() {
    const lines = this.matching().filter(({ whole }) => whole).map(({ input }) => input);
    if (this.header) return [this.header.line, ...lines];
    // A mark at the beginning of a text is none of its first line, so such a line needs two.
    if (lines.length && lines[0].startsWith("\ufeff")) lines[0] = `\ufeff${lines[0]}`;
    // A return before a line's end would be a part of that.
    return lines.map((line) => (line.endsWith("\r") ? `${line}\r` : line));
  }
}

// Saves lines as a file.
function download(name, lines) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines.map((line) => `${line}\n`), { type: "text/plain" }));
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function shorten(text, length) {
  return text.length > length ? `${text.slice(0, length)} \u2026` : text;
}
