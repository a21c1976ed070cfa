"use strict";
// The time axis of the chart: the clock of the run, the range shown, and its place on the
// canvas. Times are in microseconds from the start of the run.

const AXIS_HEIGHT = 26;
// The shortest range.
const SHORTEST = 200;
// Steps between ticks above 30 s, from a minute to ten days.
const LONG_STEPS = [6e7, 1.2e8, 3e8, 6e8, 1.2e9, 1.8e9, 3.6e9, 7.2e9, 1.44e10, 2.16e10, 4.32e10, 8.64e10, 1.728e11, 8.64e11];

class TimeAxis {
  constructor(changed) {
    this.changed = changed; // Called after each change of the range.
    this.elapsed = 0; // The age of the run when its data was made.
    this.received = null; // The browser's clock at that time; null if the clock stands still.
    this.range = null; // The chosen range, from and to; null for the whole run.
    this.isFollowing = false; // Whether the chosen range moves with the time of the run.
    this.from = 0;
    this.to = 1000;
    this.left = 0;
    this.width = 1;
  }

  // Sets the age of the run. While the run is on, the clock goes on between updates.
  setElapsed(elapsed, isOn) {
    this.elapsed = elapsed;
    this.received = isOn ? performance.now() : null;
  }

  get isOn() {
    return this.received !== null;
  }

  now() {
    return this.isOn ? this.elapsed + (performance.now() - this.received) * 1000 : this.elapsed;
  }

  // Fixes the range for one drawing, between two places on the canvas.
  update(left, width) {
    [this.left, this.width] = [left, width];
    [this.from, this.to] = this.currentRange();
  }

  currentRange() {
    const end = Math.max(this.now(), 1000);
    if (!this.range) return [0, end * (this.isOn ? 1.02 : 1.005)];
    if (this.isFollowing && this.isOn) {
      const length = this.range[1] - this.range[0];
      return [end - length * 0.95, end + length * 0.05];
    }
    return this.range;
  }

  get right() {
    return this.left + this.width;
  }

  get length() {
    return this.to - this.from;
  }

  xOf(time) {
    return this.left + ((time - this.from) / this.length) * this.width;
  }

  timeAt(x) {
    return this.from + ((x - this.left) / this.width) * this.length;
  }

  // Shows more time, or less if `factor` is below 1, around a time: if none is given the end
  // while the run is on, and else the middle.
  zoom(factor, around) {
    const fixed = around ?? (this.isOn ? this.to : (this.from + this.to) / 2);
    this.setRange(fixed - (fixed - this.from) * factor, fixed + (this.to - fixed) * factor);
  }

  // Moves the range by a share of its length.
  pan(share) {
    const distance = this.length * share;
    this.setRange(this.from + distance, this.to + distance);
  }

  // Moves the range to a call that begins outside it.
  reveal({ start }) {
    if (!this.range || (start >= this.from && start <= this.to)) return;
    const half = this.length / 2;
    this.setRange(start - half, start + half);
  }

  // Shows a call with some time around it.
  fit({ start, length, outcome }) {
    const end = outcome === RUNNING ? this.now() : start + length;
    const margin = Math.max((end - start) * 0.25, SHORTEST / 4);
    this.setRange(start - margin, end + margin);
  }

  setRange(from, to) {
    const end = this.now() * 1.02;
    const length = Math.max(to - from, SHORTEST);
    if (length >= end) {
      this.range = null;
    } else {
      const start = Math.min(Math.max(from, 0), end - length);
      this.range = [start, start + length];
      this.isFollowing = this.range[1] >= this.now();
    }
    this.changed();
  }

  showAll() {
    this.setRange(0, Infinity);
  }

  // Draws the ticks, their labels, and a line down the canvas at each.
  draw(context, { colour, family }, canvasWidth, canvasHeight) {
    const step = this.step();
    context.font = `11px ${family}`;
    context.textBaseline = "middle";
    for (let time = Math.ceil(this.from / step) * step; time <= this.to; time += step) {
      const x = Math.round(this.xOf(time));
      context.fillStyle = colour.gridline;
      context.fillRect(x, AXIS_HEIGHT, 1, canvasHeight - AXIS_HEIGHT);
      context.fillStyle = colour.muted;
      const text = time ? formatTick(time, step) : "0";
      const half = context.measureText(text).width / 2;
      if (x + half > canvasWidth - 4) continue;
      context.textAlign = "center";
      context.fillText(text, x, AXIS_HEIGHT / 2 + 1);
    }
  }

  // The time between two ticks, which are at least 110 pixels apart, or 64 on a narrow screen: a
  // range of 160 pixels or more has a tick after its first.
  step() {
    const apart = this.width < 400 ? 64 : 110;
    const least = this.length / Math.max(2, this.width / apart);
    const power = 10 ** Math.floor(Math.log10(least));
    const steps = least > 3e7 ? LONG_STEPS : [power, 2 * power, 5 * power, 10 * power];
    return steps.find((step) => step >= least) || steps[steps.length - 1];
  }
}
