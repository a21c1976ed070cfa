"use strict";
// What the page says, and where it has that from: the document itself, or its server.

const at = (id) => document.getElementById(id);
const calls = new Calls();
const chart = new Chart(calls, {
  scroller: at("lanes"), canvas: at("canvas"), rest: at("rest"), tip: at("tip"), told: at("told"),
});
const EVERY = 1000;
let last = null;
let unanswered = 0;

function put(id, text) {
  const place = at(id);
  if (place.textContent !== text) place.textContent = text;
}

// A table's cell; whatever it says is text.
function cell(content, kind, isHead) {
  const cell = document.createElement(isHead ? "th" : "td");
  if (isHead) cell.scope = "row";
  if (kind) cell.className = kind;
  cell.append(content);
  return cell;
}

function rows(id, rows) {
  at(id).replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells);
    return row;
  }));
}

function show(data) {
  const { account } = data;
  const [done, failed] = [account.done, account.failed];
  const sent = account.tasks;
  const { expected } = data;
  const all = expected ? Math.max(expected.tasks, sent) : 0;
  const share = all ? (done + failed) / all : data.over && expected ? 1 : 0;
  const percent = Math.floor(share * 100);

  document.title = `${expected ? percent + " % " : ""}${data.function} \u2013 reparte run`;
  put("function", data.function);
  put("command", data.command);
  const about = expected && !expected.sure ? "about " : "";
  put("percent", expected ? `${percent} %` : count(done + failed));
  put("percent-is", expected
    ? `${count(done + failed)} of ${about}${count(all)} tasks`
    : `tasks, of an input ${data.over ? "that was not read to its end" : "whose end is not known"}`);
  put("left", left(data, all - done - failed, about));
  const bar = at("bar");
  bar.classList.toggle("vague", !expected);
  bar.setAttribute("aria-valuetext", `${at("percent").textContent} ${at("percent-is").textContent}`);
  if (expected) bar.setAttribute("aria-valuenow", percent);
  else bar.removeAttribute("aria-valuenow");
  at("bar-done").style.width = all ? `${(done / all) * 100}%` : "0";
  at("bar-failed").style.width = all && failed ? `max(4px, ${(failed / all) * 100}%)` : "0";

  put("done", count(done));
  put("failed", count(failed));
  at("failed").classList.toggle("ill-text", failed > 0);
  put("rate-is", data.over ? "Tasks a second, in all" : "Tasks a second");
  put("rate", data.rate === null ? "\u2013" : perSecond(data.rate));
  put("elapsed", span(data.now));
  const servers = account.servers.filter((server) => server.state !== "left");
  const up = servers.filter((server) => server.state === "up");
  of("up", up.length, servers.length);
  of("busy", sum(servers, "running"), sum(up, "slots"));

  state(data);
  chart.states = new Map(account.servers.map((server) => [server.name, server.state]));
  chart.set(data.now, !data.over && !unanswered);
  at("none").hidden = !calls.isEmpty() || Boolean(calls.past);
  at("older").hidden = !calls.past;
  at("missed").hidden = !data.missed;
  put("missed", `${count(data.missed)} events came too fast to be drawn: some calls are missing here, or their ends were not seen. The figures are whole.`);
  table(account.servers);
  errors(data.errors);
  sums(account, data);
  newest();
  put("foot", `Began ${new Date(data.began * 1000).toLocaleString()}. Times are counted from there.`);
}

function of(id, part, all) {
  const small = document.createElement("small");
  small.textContent = ` of ${count(all)}`;
  at(id).replaceChildren(count(part), small);
}

function sum(servers, figure) {
  return servers.reduce((all, server) => all + server[figure], 0);
}

function perSecond(rate) {
  return rate >= 100 ? count(Math.round(rate)) : rate >= 10 ? rate.toFixed(1) : rate.toFixed(2);
}

function left(data, open, about) {
  if (data.over) return "";
  if (!data.expected || !data.rate) return "";
  if (open <= 0) return "waiting for the last calls";
  return `${about}${span((open / data.rate) * 1e6)} left`;
}

function state(data) {
  const place = at("state");
  let [kind, text] = ["on", "Running"];
  if (data.over) [kind, text] = [data.over.well ? "well" : "ill", data.over.text];
  else if (unanswered > 1) {
    [kind, text] = ["", "No answer: the run has ended, or was ended. This is what was seen last."];
  }
  if (place.className !== `state ${kind}`) place.className = `state ${kind}`;
  put("state", text);
}

const STATE_SIGN = { up: "\u25cf", down: "\u2715", busy: "\u25d1", quarantined: "!", out: "\u2715", left: "\u2013", reserve: "\u25cb" };

function table(servers) {
  rows("servers", servers.map((server) => {
    const state = document.createElement("span");
    state.className = `is ${server.state}`;
    const sign = document.createElement("i");
    sign.textContent = STATE_SIGN[server.state] || "";
    sign.setAttribute("aria-hidden", "true");
    state.append(sign, server.state);
    const failures = Object.entries(server.failures);
    const failed = failures.reduce((all, [, count]) => all + count, 0);
    const kinds = failures.map(([kind, count]) => `${count} ${kind}`).join(", ");
    const busy = document.createElement("span");
    const small = document.createElement("small");
    small.textContent = ` of ${server.slots}`;
    busy.append(String(server.running), small);
    return [
      cell(server.name, "", true),
      cell(state),
      cell(busy, "n"),
      cell(count(server.tasks), "n"),
      cell(count(server.executions), "n"),
      cell(failed ? count(failed) : "\u2013", "n"),
      cell(server.deaths ? count(server.deaths) : "\u2013", "n"),
      cell(server.downtime ? span(server.downtime * 1e6) : "\u2013", "n"),
      cell(`${Math.round(server.busy_share * 100)} %`, "n"),
      cell([kinds, server.last_error].filter(Boolean).join("; ") || "\u2013", "text"),
    ];
  }));
}

function errors(errors) {
  at("no-errors").hidden = errors.length > 0;
  at("errors-wide").hidden = !errors.length;
  rows("errors", [...errors].reverse().map((error) => [
    cell(span(error.at), "n"),
    cell(count(error.task + 1), "n"),
    cell(error.server),
    cell(error.text, "text"),
  ]));
}

function sums(account, data) {
  const figures = [
    ["Tasks sent", account.tasks],
    ["Done", account.done],
    ["From the journal", account.resumed, "resumed"],
    ["Failed", account.failed],
    ["Waiting or running", account.pending],
    ["Not run", account.not_run, "not run"],
    ["Lost", account.lost],
    ["Executions", account.executions],
    ["Retries", account.retries],
    ["Hedges", account.hedges],
    ["Hedges that won", account.hedges_won],
  ];
  at("account").replaceChildren(...figures
    .filter(([, figure, isRare]) => figure || !isRare)
    .map(([name, figure]) => {
      const [part, term, value] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
      term.textContent = name;
      value.textContent = count(figure);
      part.append(term, value);
      return part;
    }));
}

function newest() {
  if (!at("calls").open) return;
  rows("newest", [...calls.newest].reverse().map((bar) => {
    const lane = calls.lanes[bar.lane];
    return [
      cell(count(bar.task + 1), "n"),
      cell(calls.names[lane.server]),
      cell(String(lane.slot), "n"),
      cell(span(bar.start), "n"),
      cell(span(bar.length), "n"),
      cell(WHY[bar.why]),
      cell(OUTCOME[bar.outcome]),
    ];
  }));
}

function take(data) {
  calls.take(data);
  last = data;
  show(data);
}

async function follow() {
  try {
    const answer = await fetch(`run.json?since=${calls.next}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const data = await answer.json();
    unanswered = 0;
    take(data);
  } catch {
    unanswered += 1;
    if (last) show(last);
  }
  if (!last || !last.over) setTimeout(follow, unanswered > 3 ? 5 * EVERY : EVERY);
}

const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const setStill = () => { chart.still = still.matches; };
const recolour = () => {
  chart.recolour();
  drawLegend(at("legend"));
};
still.addEventListener("change", setStill);
dark.addEventListener("change", recolour);
setStill();
recolour();
chart.changed = (isWhole) => { at("whole").disabled = isWhole; };
at("whole").disabled = true;
at("in").addEventListener("click", () => chart.zoom(0.5));
at("out").addEventListener("click", () => chart.zoom(2));
at("whole").addEventListener("click", () => chart.whole());
at("calls").addEventListener("toggle", newest);
at("page").hidden = false;
const frozen = at("data");
if (frozen) take(JSON.parse(frozen.textContent));
else follow();
