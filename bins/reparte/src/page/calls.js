"use strict";
// The calls of a run as the page knows them: what has ended is told once, and kept.

const WHY = ["first call", "retry", "hedge"];
const OUTCOME = ["result", "failed", "cancelled", "lost", "end not seen", "running"];
const RUNNING = 5;

class Calls {
  constructor() {
    this.forget();
  }

  forget() {
    this.began = undefined;
    this.next = 0;
    this.lanes = [];
    this.names = [];
    this.newest = [];
    this.errors = [];
    this.past = null;
  }

  // Takes what the server has sent; times are in microseconds.
  take(data) {
    if (data.began !== this.began || data.next < this.next) {
      this.forget();
      this.began = data.began;
    }
    this.names = data.names;
    this.past = data.past;
    this.errors = data.errors;
    this.lanes.length = Math.min(this.lanes.length, data.lanes.length);
    const slots = new Map();
    data.lanes.forEach((server, index) => {
      const slot = (slots.get(server) || 0) + 1;
      slots.set(server, slot);
      this.lanes[index] ||= { server, slot, bars: [], past: "" };
      this.lanes[index].running = null;
    });
    let number = Math.max(this.next, data.first);
    for (let i = 0; i < data.ended.length; i += 6, number += 1) {
      const [lane, task, start, length, why, outcome] = data.ended.slice(i, i + 6);
      const bar = { number, lane, task, start, length, why, outcome };
      this.lanes[lane].bars.push(bar);
      this.newest.push(bar);
    }
    this.next = data.next;
    this.newest = this.newest.slice(-100);
    for (let i = 0; i < data.running.length; i += 5) {
      const [lane, task, start, why, lost] = data.running.slice(i, i + 5);
      const bar = { lane, task, start, length: 0, why, outcome: RUNNING, lost };
      this.lanes[lane].running = bar;
    }
    this.lanes.forEach((lane, index) => {
      lane.past = data.past ? data.past.lanes[index] || "" : "";
      const gone = lane.bars.findIndex((bar) => bar.number >= data.first);
      if (gone) {
        lane.bars.splice(0, gone < 0 ? lane.bars.length : gone);
      }
    });
  }

  // The lanes in the order of their servers.
  inOrder() {
    return [...this.lanes].sort((a, b) => a.server - b.server || a.slot - b.slot);
  }

  all(lane) {
    return lane.running ? [...lane.bars, lane.running] : lane.bars;
  }

  // A call as it is known now; null if it is no more.
  same({ lane, task, start }) {
    const bars = this.lanes[lane] ? this.all(this.lanes[lane]) : [];
    return bars.find((bar) => bar.task === task && bar.start === start) || null;
  }

  isEmpty() {
    return this.lanes.every((lane) => !lane.bars.length && !lane.running);
  }

  // What is said of a call, in lines.
  tell(bar, now) {
    const lane = this.lanes[bar.lane];
    const took = bar.outcome === RUNNING ? now - bar.start : bar.length;
    const end = bar.outcome === RUNNING && bar.lost ? "lost, and has not returned" : OUTCOME[bar.outcome];
    const lines = [
      `Task ${count(bar.task + 1)}: ${WHY[bar.why]}, ${end}`,
      `${this.names[lane.server]}, slot ${lane.slot}`,
      `began at ${span(bar.start)}, ${bar.outcome === RUNNING ? "runs for" : "took"} ${span(took)}`,
    ];
    const at = bar.start + bar.length;
    const error = this.errors.find((error) =>
      error.task === bar.task && error.server === this.names[lane.server] &&
      error.at >= bar.start && error.at <= at);
    if (error && (bar.outcome === 1 || bar.outcome === 3)) {
      lines.push(error.text);
    }
    return lines;
  }
}

// A number with its thousands apart.
function count(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

// A time in microseconds as people say it.
function span(micros) {
  const seconds = Math.max(0, micros) / 1e6;
  if (!seconds) return "0 s";
  if (seconds < 0.0995) return `${(seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(whole % 60)} s`;
}
