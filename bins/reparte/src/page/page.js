"use strict";
// The page: shows a run.json, which is in the document itself or comes from its server.

const byId = (id) => document.getElementById(id);
const timeline = new Timeline();
const chart = new Chart(timeline, {
  scroller: byId("lanes"), canvas: byId("canvas"), rest: byId("rest"), tip: byId("tip"), told: byId("told"),
});
const failures = new Failures({
  section: byId("failures"), filter: byId("failures-filter"), shown: byId("failures-shown"),
  rows: byId("failures-rows"), save: byId("failures-save"), saveInputs: byId("failures-inputs"),
});
// The time between two requests, in milliseconds.
const POLL_INTERVAL = 1000;
let latest = null; // The newest run.json.
let unanswered = 0; // How many requests in a row have failed.

// Sets an element's text. Screen readers announce changes, so equal text is left alone.
function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

// A table cell. Its content is text, never HTML.
function cell(content, className, isHeader) {
  const cell = document.createElement(isHeader ? "th" : "td");
  if (isHeader) cell.scope = "row";
  if (className) cell.className = className;
  cell.append(content);
  return cell;
}

// Fills a table's body. Each cell has the name of its column, which it shows on narrow screens.
function setRows(body, rows) {
  const names = [...body.closest("table").tHead.rows[0].cells].map((head) => head.textContent);
  body.replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    cells.forEach((cell, column) => { cell.dataset.label = names[column]; });
    row.append(...cells);
    return row;
  }));
}

function show(data) {
  const { account } = data;
  showProgress(data);
  showFigures(data);
  showDetails(data.details);
  showState(data);
  const states = new Map(account.servers.map((server) => [server.name, server.state]));
  chart.update(data.now, !data.over && !unanswered, states);
  byId("none").hidden = !timeline.isEmpty() || Boolean(timeline.past);
  byId("older").hidden = !timeline.past;
  byId("missed").hidden = !data.missed;
  setText("missed", `${formatCount(data.missed)} events came too fast to be drawn: some calls are missing here, or their ends were not seen. The figures are whole.`);
  showServers(account.servers, data.meanings);
  showErrors(data.errors);
  showAccount(account, Boolean(data.details));
  showNewest();
  setText("foot", `Began ${new Date(data.began * 1000).toLocaleString()}. Times are counted from there.`);
}

function showProgress(data) {
  const { account: { done, failed, tasks }, expected } = data;
  const ended = done + failed;
  // More tasks may have been sent than the input was estimated to hold.
  const all = expected ? Math.max(expected.tasks, tasks) : 0;
  // Of a run with details, the part of the work that is done may be known, and the tasks may not.
  const permille = data.details ? data.details.permille : null;
  const isKnown = Boolean(expected) || permille !== null;
  const share = permille !== null ? permille / 1000 : all ? ended / all : data.over && expected ? 1 : 0;
  const percent = Math.floor(share * 100);
  const about = expected && !expected.sure ? "about " : "";

  document.title = `${isKnown ? percent + " % " : ""}${data.function} \u2013 reparte run`;
  setText("function", data.function);
  setText("command", data.command);
  setText("percent", isKnown ? `${percent} %` : formatCount(ended));
  setText("percent-is", permille !== null ? "of the sieving of a number" : expected
    ? `${formatCount(ended)} of ${about}${formatCount(all)} tasks`
    : `tasks, of an input ${data.over ? "that was not read to its end" : "whose end is not known"}`);
  setText("left", timeLeft(data, all - ended, about));
  const bar = byId("bar");
  bar.classList.toggle("indeterminate", !isKnown);
  bar.setAttribute("aria-valuetext", `${byId("percent").textContent} ${byId("percent-is").textContent}`);
  if (isKnown) bar.setAttribute("aria-valuenow", percent);
  else bar.removeAttribute("aria-valuenow");
  const doneShare = permille !== null ? share : all ? done / all : 0;
  byId("bar-done").style.width = `${doneShare * 100}%`;
  byId("bar-failed").style.width = all && failed ? `max(4px, ${(failed / all) * 100}%)` : "0";
}

// The details of a run that its subcommand alone knows: a line, and a table whose first column
// names the rows.
function showDetails(details) {
  byId("details").hidden = !details;
  // Its tasks are parts of one piece of work, and those that it no longer needs are cancelled.
  for (const id of ["done", "failed"]) byId(id).parentElement.hidden = Boolean(details);
  if (!details) return;
  setText("details-is", details.title);
  setText("details-state", details.state);
  const className = (column) => (column ? "number" : "");
  byId("details-wide").hidden = !details.rows.length;
  byId("details-columns").replaceChildren(...details.columns.map((name, column) => {
    const head = cell(name, className(column), true);
    head.scope = "col";
    return head;
  }));
  setRows(byId("details-rows"), details.rows.map((row) =>
    row.map((text, column) => cell(text, className(column), !column))));
}

function timeLeft(data, open, about) {
  if (data.over || !data.expected || !data.rate) return "";
  if (open <= 0) return "waiting for the last calls";
  if (data.account.stopping) return "no more calls are made";
  return `${about}${formatDuration((open / data.rate) * 1e6)} left`;
}

function showFigures(data) {
  const { account } = data;
  setText("done", formatCount(account.done));
  setText("failed", formatCount(account.failed));
  byId("failed").classList.toggle("failure-text", account.failed > 0);
  setText("rate-is", data.over ? "Tasks a second, in all" : "Tasks a second");
  setText("rate", data.rate === null ? "\u2013" : formatRate(data.rate));
  setText("elapsed", formatDuration(data.now));
  const present = account.servers.filter((server) => server.state !== "left");
  const up = present.filter((server) => server.state === "up");
  setPart("up", up.length, present.length);
  // The calls of workers are also those of their host.
  setPart("busy", sum(present.filter((server) => !server.host), "running"), sum(up, "slots"));
}

function setPart(id, part, all) {
  const small = document.createElement("small");
  small.textContent = ` of ${formatCount(all)}`;
  byId(id).replaceChildren(formatCount(part), small);
}

function sum(servers, figure) {
  return servers.reduce((all, server) => all + server[figure], 0);
}

function showState(data) {
  const element = byId("state");
  let [className, text] = ["running", "Running"];
  const { waiting } = data.account;
  if (data.over) {
    [className, text] = [data.over.well ? "success" : "failure", data.over.text];
  } else if (waiting && unanswered <= 1) {
    const soFar = formatDuration(Math.max(0, data.now - waiting.since * 1e6));
    const left = waiting.until === null ? "" : `; ${waiting.ends} in ${formatDuration(Math.max(0, waiting.until * 1e6 - data.now))} if that lasts`;
    [className, text] = ["failure", `${waiting.text[0].toUpperCase()}${waiting.text.slice(1)}, ${soFar} so far: ${data.waits}${left}`];
  } else if (unanswered > 1) {
    [className, text] = ["", "No answer: the run has ended, or was ended. This is what was seen last."];
  }
  if (element.className !== `state ${className}`) element.className = `state ${className}`;
  setText("state", text);
}

const STATE_SIGNS = { up: "\u25cf", down: "\u2715", busy: "\u25d1", suspected: "?", failing: "?", quarantined: "!", out: "\u2715", left: "\u2013", reserve: "\u25cb", ending: "\u25d4", ended: "\u2013", alias: "\u2261" };

function showServers(servers, meanings) {
  setRows(byId("servers"), servers.map((server) => {
    const state = document.createElement("span");
    state.className = `server-state ${server.state}`;
    const sign = document.createElement("i");
    sign.textContent = STATE_SIGNS[server.state] || "";
    sign.setAttribute("aria-hidden", "true");
    state.append(sign, server.state);
    const failures = Object.entries(server.failures);
    const failed = failures.reduce((all, [, count]) => all + count, 0);
    const kinds = failures.map(([kind, count]) => `${count} ${kind}`).join(", ");
    const busy = document.createElement("span");
    const small = document.createElement("small");
    small.textContent = server.host ? "" : ` of ${server.slots}`;
    busy.append(String(server.running), small);
    return [
      cell(server.name, "", true),
      cell(state),
      cell(busy, "number"),
      cell(formatCount(server.tasks), "number"),
      cell(formatCount(server.executions), "number"),
      cell(countOrDash(failed), "number"),
      cell(countOrDash(deathsOf(server)), "number"),
      cell(countOrDash(server.silences), "number"),
      cell(server.downtime ? formatDuration(server.downtime * 1e6) : "\u2013", "number"),
      cell(server.host ? "\u2013" : `${Math.round(server.busy_share * 100)} %`, "number"),
      cell([meanings[server.state], kinds, server.last_error].filter(Boolean).join("; ") || "\u2013", "text wide"),
    ];
  }));
}

// The account counts a silence as a death, and a server that was never up.
function deathsOf(server) {
  return server.executions ? server.deaths - server.silences : 0;
}

function countOrDash(count) {
  return count ? formatCount(count) : "\u2013";
}

function showErrors(errors) {
  byId("no-errors").hidden = errors.length > 0;
  byId("errors-wide").hidden = !errors.length;
  setRows(byId("errors"), [...errors].reverse().map((error) => [
    cell(formatMoment(error.at, 3), "number"),
    cell(formatCount(error.task + 1), "number"),
    cell(error.server, "name"),
    cell(error.text, "text lines wide"),
  ]));
}

function showAccount(account, cancels) {
  // A rare figure is shown only if it is not 0.
  const figures = [
    ["Tasks sent", account.tasks],
    ["Done", account.done],
    ["From the journal", account.resumed, "rare"],
    [cancels ? "Failed or cancelled" : "Failed", account.failed],
    ["Waiting or running", account.pending],
    ["Not run", account.not_run, "rare"],
    ["Lost", account.lost],
    ["Executions", account.executions],
    ["Retries", account.retries],
    ["Hedges", account.hedges],
    ["Hedges that won", account.hedges_won],
  ];
  byId("account").replaceChildren(...figures
    .filter(([, figure, isRare]) => figure || !isRare)
    .map(([name, figure]) => {
      const [part, term, value] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
      term.textContent = name;
      value.textContent = formatCount(figure);
      part.append(term, value);
      return part;
    }));
}

function showNewest() {
  if (!byId("calls").open) return;
  // As many digits as tell one start from the next.
  const shortest = Math.min(...timeline.newest.map((call) => call.length));
  const digits = shortest < 2e3 ? 6 : 3;
  setRows(byId("newest"), [...timeline.newest].reverse().map((call) => {
    const lane = timeline.lanes[call.lane];
    return [
      cell(formatCount(call.task + 1), "number"),
      cell(timeline.names[lane.server]),
      cell(String(lane.slot), "number"),
      cell(formatMoment(call.start, digits), "number"),
      cell(formatDuration(call.length), "number"),
      cell(REASONS[call.reason]),
      cell(OUTCOMES[call.outcome]),
    ];
  }));
}

function update(data) {
  timeline.update(data);
  failures.update(data);
  latest = data;
  show(data);
}

// Asks for run.json, less what the page has already.
async function ask() {
  const response = await fetch(`run.json?since=${timeline.next}&failed=${failures.next}`, { cache: "no-store" });
  if (!response.ok) throw new Error(response.status);
  return response.json();
}

// Asks once a second until the run is over, and less often if nothing answers.
async function poll() {
  try {
    let data = await ask();
    if (latest && latest.id !== data.id) {
      // Another run has the address: the answer lacks what the page had of the one before.
      timeline.clear();
      failures.clear();
      data = await ask();
    }
    unanswered = 0;
    update(data);
  } catch {
    unanswered += 1;
    if (latest) show(latest);
  }
  if (!latest || !latest.over) setTimeout(poll, unanswered > 3 ? 5 * POLL_INTERVAL : POLL_INTERVAL);
}

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
const setStill = () => { chart.isStill = reducedMotion.matches; };
const loadColours = () => {
  chart.loadColours();
  drawLegend(byId("legend"));
};
reducedMotion.addEventListener("change", setStill);
darkScheme.addEventListener("change", loadColours);
setStill();
loadColours();
chart.onRangeChange = (isWhole) => { byId("whole").disabled = isWhole; };
byId("whole").disabled = true;
byId("in").addEventListener("click", () => chart.axis.zoom(0.25));
byId("out").addEventListener("click", () => chart.axis.zoom(4));
byId("whole").addEventListener("click", () => chart.axis.showAll());
byId("calls").addEventListener("toggle", showNewest);
byId("page").hidden = false;
const frozen = byId("data");
if (frozen) update(JSON.parse(frozen.textContent));
else poll();
