"use strict";
// The calls of a run: a lane for each slot, with the calls that ended and the one that runs.

// The reasons for a call, by their codes in run.json.
const REASONS = ["first call", "retry", "hedge"];
const [FIRST, RETRY, HEDGE] = REASONS.keys();
// The outcomes of a call, by their codes in run.json. The last one is this page's own.
const OUTCOMES = ["result", "failed", "cancelled", "lost", "end not seen", "running"];
const [RESULT, FAILED, CANCELLED, LOST, UNSEEN, RUNNING] = OUTCOMES.keys();
// How many ended calls the table of the newest calls has.
const NEWEST = 100;

class Timeline {
  constructor() {
    this.clear();
  }

  clear() {
    this.next = 0; // The number of the first ended call that is not here yet.
    this.lanes = [];
    this.names = [];
    this.newest = [];
    this.errors = [];
    this.past = null; // The utilisation of the lanes by calls that are no longer kept one by one.
  }

  // Adds a run.json. Times are in microseconds.
  update(data) {
    this.names = data.names;
    this.past = data.past;
    this.errors = data.errors;
    this.updateLanes(data.lanes);
    this.addEnded(data);
    this.setRunning(data.running);
    this.dropOld(data);
  }

  updateLanes(servers) {
    this.lanes.length = Math.min(this.lanes.length, servers.length);
    const slots = new Map();
    servers.forEach((server, index) => {
      const slot = (slots.get(server) || 0) + 1;
      slots.set(server, slot);
      this.lanes[index] ||= { server, slot, calls: [], past: "" };
      this.lanes[index].running = null;
    });
  }

  // Ended calls are six numbers each, in the order of their ends.
  addEnded({ ended, first, next }) {
    let number = Math.max(this.next, first);
    for (let i = 0; i < ended.length; i += 6, number += 1) {
      const [lane, task, start, length, reason, outcome] = ended.slice(i, i + 6);
      const call = { number, lane, task, start, length, reason, outcome };
      this.lanes[lane].calls.push(call);
      this.newest.push(call);
    }
    this.next = next;
    this.newest = this.newest.slice(-NEWEST);
  }

  // Running calls are five numbers each.
  setRunning(running) {
    for (let i = 0; i < running.length; i += 5) {
      const [lane, task, start, reason, lost] = running.slice(i, i + 5);
      this.lanes[lane].running = { lane, task, start, length: 0, reason, outcome: RUNNING, lost };
    }
  }

  // Drops the calls that the server no longer keeps one by one.
  dropOld({ first, past }) {
    this.lanes.forEach((lane, index) => {
      lane.past = past ? past.lanes[index] || "" : "";
      const kept = lane.calls.findIndex((call) => call.number >= first);
      if (kept) {
        lane.calls.splice(0, kept < 0 ? lane.calls.length : kept);
      }
    });
  }

  // The lanes, grouped by server.
  sortedLanes() {
    return [...this.lanes].sort((a, b) => a.server - b.server || a.slot - b.slot);
  }

  // All calls of a lane, in the order of their starts.
  callsOf(lane) {
    return lane.running ? [...lane.calls, lane.running] : lane.calls;
  }

  // The current object of a call: a running call gets a new one with each update. null if the
  // call was dropped.
  find({ lane, task, start }) {
    const calls = this.lanes[lane] ? this.callsOf(this.lanes[lane]) : [];
    return calls.find((call) => call.task === task && call.start === start) || null;
  }

  isEmpty() {
    return this.lanes.every((lane) => !lane.calls.length && !lane.running);
  }

  // The description of a call, as lines of text.
  describe(call, now) {
    const lane = this.lanes[call.lane];
    const isRunning = call.outcome === RUNNING;
    const length = isRunning ? now - call.start : call.length;
    const outcome = isRunning && call.lost ? "lost, and has not returned" : OUTCOMES[call.outcome];
    const lines = [
      `Task ${formatCount(call.task + 1)}: ${REASONS[call.reason]}, ${outcome}`,
      `${this.names[lane.server]}, slot ${lane.slot}`,
      `began at ${formatMoment(call.start, 3)}, ${isRunning ? "runs for" : "took"} ${formatDuration(length)}`,
    ];
    const end = call.start + call.length;
    const error = this.errors.find((error) =>
      error.task === call.task && error.server === this.names[lane.server] &&
      error.at >= call.start && error.at <= end);
    if (error && (call.outcome === FAILED || call.outcome === LOST)) {
      lines.push(error.text);
    }
    return lines;
  }
}

// The index of the first call of a lane that ends at or after a time. The calls of a lane don't
// overlap, so they are also in the order of their ends.
function firstEndingAfter(calls, time) {
  let [low, high] = [0, calls.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { start, length, outcome } = calls[middle];
    if (outcome !== RUNNING && start + length < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
