"use strict";
// A lane for each slot, a bar for each call, over time. Only what is seen is drawn.

const AXIS = 26;

class Chart {
  constructor(calls, { scroller, canvas, rest, tip, told }) {
    Object.assign(this, { calls, scroller, canvas, rest, tip, told });
    this.context = canvas.getContext("2d");
    this.now = 0;
    this.clock = null;
    this.shown = null; // The time that is shown, from and to; the whole run without.
    this.chosen = null;
    this.rows = [];
    this.draws = 0;
    this.recolour();
    this.listen();
  }

  recolour() {
    this.brush = new Brush(this.context);
    this.later();
  }

  // The run has come so far; while it is on, its time passes by itself.
  set(now, isOn) {
    this.now = now;
    this.clock = isOn ? performance.now() : null;
    this.arrange();
    // What runs is told anew each time, and what is old is forgotten.
    if (this.chosen) this.chosen = this.calls.same(this.chosen);
    this.later();
  }

  time() {
    return this.clock === null ? this.now : this.now + (performance.now() - this.clock) * 1000;
  }

  arrange() {
    const lanes = this.calls.inOrder();
    const many = lanes.length;
    this.pitch = many <= 16 ? 26 : many <= 64 ? 19 : 12;
    const isGrouped = lanes.some((lane) => lane.slot > 1);
    let y = AXIS + 4;
    this.rows = lanes.map((lane, index) => {
      const isFirst = !index || lanes[index - 1].server !== lane.server;
      if (isFirst && index && isGrouped) y += 7;
      const row = { lane, y, isFirst };
      y += this.pitch;
      return row;
    });
    this.height = Math.max(y + 8, 120);
    const seen = Math.min(this.height, parseFloat(getComputedStyle(this.scroller).maxHeight) || this.height);
    this.seen = Math.round(seen);
    this.rest.style.height = `${this.height - this.seen}px`;
  }

  view() {
    const end = Math.max(this.time(), 1000);
    if (!this.shown) return [0, end * (this.clock === null ? 1.005 : 1.02)];
    if (this.follows && this.clock !== null) {
      const length = this.shown[1] - this.shown[0];
      return [end - length * 0.95, end + length * 0.05];
    }
    return this.shown;
  }

  later() {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.draw();
    });
  }

  measure() {
    const width = this.scroller.clientWidth;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(this.seen * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(this.seen * ratio);
      this.canvas.style.height = `${this.seen}px`;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.width = width;
    this.gutter = width < 560 ? 96 : 184;
    this.plot = width - this.gutter - 10;
  }

  draw() {
    this.measure();
    const { context, brush } = this;
    const [from, to] = this.view();
    this.from = from;
    this.to = to;
    context.clearRect(0, 0, this.width, this.seen);
    const top = this.scroller.scrollTop;
    this.drawGrid(from, to);
    context.save();
    context.beginPath();
    context.rect(0, AXIS, this.width, this.seen - AXIS);
    context.clip();
    const rows = this.rows.filter((row) => row.y - top + this.pitch > AXIS && row.y - top < this.seen);
    for (const row of rows) this.drawRow(row, row.y - top);
    this.drawLabels(rows, top);
    context.restore();
    this.drawChosen(top);
    this.draws += 1;
    const { colour } = brush;
    context.fillStyle = colour.line;
    context.fillRect(0, AXIS, this.width, 1);
    if (this.clock !== null && !this.still) {
      clearTimeout(this.again);
      this.again = setTimeout(() => this.later(), 250);
    }
  }

  x(time) {
    return this.gutter + ((time - this.from) / (this.to - this.from)) * this.plot;
  }

  at(x) {
    return this.from + ((x - this.gutter) / this.plot) * (this.to - this.from);
  }

  drawGrid(from, to) {
    const { context, brush: { colour, family } } = this;
    const least = (to - from) / Math.max(2, this.plot / 110);
    const power = 10 ** Math.floor(Math.log10(least));
    const steps = least > 3e7
      ? [6e7, 1.2e8, 3e8, 6e8, 1.2e9, 1.8e9, 3.6e9, 7.2e9, 1.44e10, 2.16e10, 4.32e10, 8.64e10, 1.728e11, 8.64e11]
      : [power, 2 * power, 5 * power, 10 * power];
    const step = steps.find((step) => step >= least) || steps[steps.length - 1];
    context.font = `11px ${family}`;
    context.textBaseline = "middle";
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const x = Math.round(this.x(time));
      context.fillStyle = colour.rule;
      context.fillRect(x, AXIS, 1, this.seen - AXIS);
      context.fillStyle = colour.soft;
      const text = time ? axisTime(time, step) : "0";
      const half = context.measureText(text).width / 2;
      if (x + half > this.width - 4) continue;
      context.textAlign = "center";
      context.fillText(text, x, AXIS / 2 + 1);
    }
  }

  drawRow({ lane }, y) {
    const { context, brush } = this;
    const height = this.pitch - (this.pitch > 14 ? 5 : 2);
    const right = this.gutter + this.plot;
    context.save();
    context.beginPath();
    context.rect(this.gutter, y, this.plot + 2, this.pitch);
    context.clip();
    this.drawPast(lane, y, height);
    const { bars } = lane;
    let i = firstEndingAfter(bars, this.from);
    let covered = -1;
    const marked = [];
    for (; i < bars.length && bars[i].start < this.to; i += 1) {
      const bar = bars[i];
      const x = this.x(bar.start);
      const end = this.x(bar.start + bar.length);
      if (bar.why || bar.outcome) {
        marked.push([bar, x, end]);
        continue;
      }
      // So thin that the last one has its pixel.
      if (end < covered) continue;
      const width = Math.max(1, end - x - (end - x > 4 ? 1 : 0));
      brush.plain(x, y, width, height);
      if (width > 13) brush.write(bar, x, y, width, height);
      covered = Math.floor(end) + (width < 1.5 ? 1 : 0);
    }
    let last = -9;
    for (const [bar, x, end] of marked) {
      if (end < last + 0.5 && bar.outcome !== 1) continue;
      brush.bar(bar, x, y, Math.max(2, end - x - (end - x > 4 ? 1 : 0)), height);
      last = end;
    }
    if (lane.running && lane.running.start < this.to) {
      const x = this.x(lane.running.start);
      const end = Math.min(this.x(this.time()), right);
      brush.bar(lane.running, x, y, Math.max(3, end - x), height);
    }
    context.restore();
  }

  // The share of time that calls took which are too many to be kept one by one.
  drawPast(lane, y, height) {
    if (!this.calls.past) return;
    const { context, brush: { colour } } = this;
    const { length } = this.calls.past;
    const first = Math.max(0, Math.floor(this.from / length));
    for (let i = first; i < lane.past.length && i * length < this.to; i += 1) {
      const code = lane.past.charCodeAt(i);
      const failed = code >= 97;
      const level = (code - (failed ? 97 : 48)) / 9;
      const x = Math.round(this.x(i * length));
      const width = Math.max(1, Math.round(this.x((i + 1) * length)) - x);
      context.globalAlpha = 0.6;
      context.fillStyle = colour.ok;
      context.fillRect(x, y + height * (1 - level), width, height * level);
      context.globalAlpha = 1;
      if (failed) {
        context.fillStyle = colour.bad;
        context.fillRect(x, y + height - 3, width, 3);
      }
    }
  }

  drawLabels(rows, top) {
    const { context, brush: { colour, family } } = this;
    context.fillStyle = colour.raised;
    context.fillRect(0, AXIS, this.gutter - 6, this.seen);
    context.textBaseline = "middle";
    const size = this.pitch > 14 ? 12 : 10;
    rows.forEach((row, index) => {
      const y = row.y - top + (this.pitch - (this.pitch > 14 ? 5 : 2)) / 2 + 0.5;
      const { lane } = row;
      const next = rows[index + 1];
      const isAlone = row.isFirst && !(next && next.lane.server === lane.server);
      context.font = `${size}px ${family}`;
      context.fillStyle = colour.soft;
      context.textAlign = "right";
      if (!isAlone && (this.pitch > 14 || lane.slot === 1 || lane.slot % 5 === 0)) {
        context.fillText(String(lane.slot), this.gutter - 12, y);
      }
      if (!row.isFirst && index) return;
      context.textAlign = "left";
      const state = this.states ? this.states.get(this.calls.names[lane.server]) : undefined;
      const isIll = ["down", "quarantined", "out"].includes(state);
      context.font = `${isIll ? 600 : 500} ${Math.max(11, size)}px ${family}`;
      context.fillStyle = isIll ? colour.bad : colour.ink;
      const sign = isIll ? "\u2715 " : "";
      const room = this.gutter - (isAlone ? 24 : 40) - context.measureText(sign).width;
      context.fillText(sign + shortened(context, this.calls.names[lane.server], room), 12, y);
    });
  }

  drawChosen(top) {
    const { chosen } = this;
    this.tip.hidden = !chosen;
    if (!chosen) return;
    const row = this.rows.find((row) => row.lane === this.calls.lanes[chosen.lane]);
    if (!row) return;
    const { context, brush: { colour } } = this;
    const length = chosen.outcome === RUNNING ? this.time() - chosen.start : chosen.length;
    const x = Math.max(this.gutter, this.x(chosen.start));
    const end = Math.min(this.gutter + this.plot, Math.max(this.x(chosen.start + length), x + 2));
    const y = row.y - top;
    context.strokeStyle = colour.ink;
    context.lineWidth = 2;
    context.strokeRect(x - 1.5, y - 1.5, Math.max(3, end - x + 2), this.pitch - (this.pitch > 14 ? 5 : 2) + 3);
    const [head, ...lines] = this.calls.tell(chosen, this.time());
    const bold = document.createElement("b");
    bold.textContent = head;
    this.tip.replaceChildren(bold, ...lines.map((line) => {
      const part = document.createElement("span");
      part.textContent = line;
      return part;
    }));
    const box = this.tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, x), this.width - box.width - 8);
    const below = y + this.pitch + 4;
    const above = y - box.height - 6;
    this.tip.style.left = `${Math.max(4, left)}px`;
    this.tip.style.top = `${below + box.height > this.seen + 60 && above > 0 ? above : below}px`;
  }

  // The call nearest to a place, if one is near.
  near(x, y) {
    const place = y + this.scroller.scrollTop;
    const row = this.rows.find((row) => place >= row.y && place < row.y + this.pitch);
    if (!row || y < AXIS || x < this.gutter) return null;
    const bars = this.calls.all(row.lane);
    const slack = ((this.to - this.from) / this.plot) * 3;
    const time = this.at(x);
    let best = null;
    for (let i = firstEndingAfter(bars, time - slack); i < bars.length; i += 1) {
      const bar = bars[i];
      if (bar.start > time + slack) break;
      const isOn = bar.outcome === RUNNING || bar.start + bar.length >= time;
      if (!best || (bar.start <= time && isOn) || (bar.outcome === 1 && best.outcome !== 1)) best = bar;
    }
    return best;
  }

  choose(bar, isTold) {
    this.chosen = bar;
    if (isTold) this.told.textContent = bar ? this.calls.tell(bar, this.time()).join("; ") : "";
    this.later();
  }

  // Goes to the next call of the lane, or to the one of the same time in the next lane.
  step(along, down) {
    const rows = this.rows.filter((row) => this.calls.all(row.lane).length);
    if (!rows.length) return;
    let at = this.chosen ? rows.findIndex((row) => row.lane === this.calls.lanes[this.chosen.lane]) : -1;
    let bar;
    if (at < 0) {
      at = 0;
      bar = this.calls.all(rows[0].lane)[0];
    } else if (down) {
      at = Math.min(rows.length - 1, Math.max(0, at + down));
      const bars = this.calls.all(rows[at].lane);
      bar = bars[Math.min(bars.length - 1, firstEndingAfter(bars, this.chosen.start))];
    } else {
      const bars = this.calls.all(rows[at].lane);
      const here = bars.findIndex((bar) => bar.start === this.chosen.start && bar.task === this.chosen.task);
      bar = bars[Math.min(bars.length - 1, Math.max(0, here + along))];
    }
    const [y, top] = [rows[at].y, this.scroller.scrollTop];
    if (y - AXIS < top) this.scroller.scrollTop = y - AXIS - 4;
    if (y + this.pitch > top + this.seen) this.scroller.scrollTop = y + this.pitch - this.seen + 4;
    this.bring(bar);
    this.choose(bar, true);
  }

  bring(bar) {
    if (!this.shown || (bar.start >= this.from && bar.start <= this.to)) return;
    const length = this.to - this.from;
    this.show(bar.start - length / 2, bar.start + length / 2);
  }

  zoom(factor, at) {
    const middle = at === undefined ? (this.clock === null ? (this.from + this.to) / 2 : this.to) : at;
    this.show(middle - (middle - this.from) * factor, middle + (this.to - middle) * factor);
  }

  pan(share) {
    const by = (this.to - this.from) * share;
    this.show(this.from + by, this.to + by);
  }

  show(from, to) {
    const end = this.time() * 1.02;
    const length = Math.max(to - from, 200);
    if (length >= end) {
      this.shown = null;
    } else {
      const start = Math.min(Math.max(from, 0), end - length);
      this.shown = [start, start + length];
      this.follows = this.shown[1] >= this.time();
    }
    this.changed?.(!this.shown);
    this.later();
  }

  whole() {
    this.show(0, Infinity);
  }

  listen() {
    const { canvas, scroller } = this;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse") held = event.clientX;
    });
    addEventListener("pointerup", () => { held = null; });
    canvas.addEventListener("pointermove", (event) => {
      if (held !== null && event.buttons) {
        const by = ((held - event.clientX) / this.plot) * (this.to - this.from);
        held = event.clientX;
        if (this.shown) this.show(this.from + by, this.to + by);
        return;
      }
      this.choose(this.near(...place(event)), false);
    });
    canvas.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") this.choose(null, true);
    });
    canvas.addEventListener("click", (event) => this.choose(this.near(...place(event)), true));
    canvas.addEventListener("blur", () => this.choose(null, true));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.at(place(event)[0]));
    }, { passive: false });
    const keys = {
      ArrowLeft: () => this.step(-1, 0),
      ArrowRight: () => this.step(1, 0),
      ArrowUp: () => this.step(0, -1),
      ArrowDown: () => this.step(0, 1),
      Home: () => this.step(-Infinity, 0),
      End: () => this.step(Infinity, 0),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      0: () => this.whole(),
      Escape: () => this.choose(null, true),
    };
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
      event.preventDefault();
      if (event.shiftKey && event.key === "ArrowLeft") this.pan(-0.25);
      else if (event.shiftKey && event.key === "ArrowRight") this.pan(0.25);
      else keys[event.key]();
    });
    scroller.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => {
      this.arrange();
      this.later();
    }).observe(scroller);
  }
}

// The first of a lane's calls, which follow each other, that ends after a time.
function firstEndingAfter(bars, time) {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { start, length, outcome } = bars[middle];
    if (outcome !== RUNNING && start + length < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function axisTime(micros, step) {
  if (step < 1e3) return `${micros.toFixed(0)} \u00b5s`;
  if (step < 1e6 && micros < 1e6) return `${+(micros / 1e3).toFixed(1)} ms`;
  const seconds = micros / 1e6;
  if (seconds < 60 || step < 1e6) return `${+seconds.toFixed(3)} s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.round(seconds % 60)];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

// A name that fits, its end kept: servers differ in that.
function shortened(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let cut = text;
  while (cut.length > 4 && context.measureText("\u2026" + cut).width > room) cut = cut.slice(1);
  return "\u2026" + cut.replace(/^[.:]+/, "");
}
