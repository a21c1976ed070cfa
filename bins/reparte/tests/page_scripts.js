"use strict";
// Runs scripts of the page without a browser. The arguments are the folder of the scripts, and the
// data of a run with failed tasks; "-" if there is none.

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const [folder, data] = process.argv.slice(2);

// An element that takes everything and shows nothing.
const element = () => ({ addEventListener() {}, value: "", style: {} });
const answers = [];
const asked = [];
const context = vm.createContext({
  document: { getElementById: (id) => (id === "data" ? null : element()) },
  matchMedia: () => element(),
  setTimeout() {},
  fetch: async (url) => {
    asked.push(url);
    return { ok: true, json: async () => answers.shift() };
  },
  drawLegend() {},
  Chart: class { loadColours() {} },
});

// A run.json. Its failed tasks have the numbers from `since` to `next`.
function answer(id, since, next) {
  const lines = Array.from({ length: next - since }, (_, index) => since + index);
  const tasks = lines.map((task) => ({
    task, input: `${id}${task}`, whole: true, cells: null, error: {}, server: null, seconds: null, attempts: 1,
  }));
  return {
    id, header: null, began: 7, over: null, names: [], lanes: [], errors: [], past: null,
    ended: [], running: [], first: 0, next: 0, failed: { first: 0, next, tasks },
  };
}

async function anotherRunIsReadFromItsBeginning() {
  answers.push(answer("a", 0, 3));
  for (const name of ["format.js", "timeline.js", "failures.js", "page.js"]) {
    vm.runInContext(fs.readFileSync(path.join(folder, name), "utf8"), context, name);
  }
  vm.runInContext("show = setRows = cell = () => {}", context);
  const poll = () => vm.runInContext("poll()", context);
  const inputs = () => vm.runInContext("failures.tasks.map(({ input }) => input).join()", context);
  await new Promise(setImmediate);
  assert.equal(inputs(), "a0,a1,a2");
  // The page has asked for those from 3 on, and gets the tail of another run of the same second.
  answers.push(answer("b", 3, 5), answer("b", 0, 5));
  await poll();
  assert.equal(inputs(), "b0,b1,b2,b3,b4");
  assert.equal(asked.at(-1), "run.json?since=0&failed=0");
  answers.push(answer("b", 5, 6));
  await poll();
  assert.equal(inputs(), "b0,b1,b2,b3,b4,b5");
}

// A server that has never answered had one death.
function whoHasNeverAnsweredHasNotDied() {
  for (const [executions, deaths, silences, shown] of [[0, 1, 0, 0], [3, 2, 1, 1], [3, 1, 1, 0]]) {
    context.server = { executions, deaths, silences };
    assert.equal(vm.runInContext("deathsOf(server)", context), shown);
  }
}

// At 375 pixels the axis of most runs had "0" and no other time.
function aNarrowAxisHasATickAfterItsFirst() {
  const own = vm.createContext({});
  vm.runInContext(fs.readFileSync(path.join(folder, "time_axis.js"), "utf8"), own, "time_axis.js");
  const axis = vm.runInContext("new TimeAxis(() => {})", own);
  for (let width = 160; width <= 1600; width += 40) {
    for (let length = 1000; length < 8e10; length *= 1.1) {
      Object.assign(axis, { from: 0, to: length, width });
      assert(axis.step() <= length, `${width} pixels, ${length} us: ${axis.step()}`);
    }
  }
}

// Prints what the buttons save.
function saved(run) {
  context.run = run;
  vm.runInContext("failures.clear(); failures.update(run)", context);
  const lines = vm.runInContext("[failures.inputs(), failures.tasks.map((task) => failures.record(task))]", context);
  console.log(JSON.stringify({ inputs: lines[0], records: lines[1].map(JSON.parse) }));
}

aNarrowAxisHasATickAfterItsFirst();
anotherRunIsReadFromItsBeginning().then(() => {
  whoHasNeverAnsweredHasNotDied();
  if (data !== "-") saved(JSON.parse(data));
});
