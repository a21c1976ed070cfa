"use strict";
// The selected call of the chart: by pointer or keyboard, outlined, with a tooltip, and announced
// to screen readers.

class Selection {
  constructor(timeline, lanes, axis, { scroller, tip, told }, changed) {
    Object.assign(this, { timeline, lanes, axis, scroller, tip, told, changed });
    this.call = null;
  }

  // Selects a call, or none. Announces it to screen readers if `isAnnounced`.
  select(call, isAnnounced) {
    this.call = call;
    if (isAnnounced) {
      this.told.textContent = call ? this.timeline.describe(call, this.axis.now()).join("; ") : "";
    }
    this.changed();
  }

  // Follows the selected call after an update of the timeline.
  update() {
    if (this.call) this.call = this.timeline.find(this.call);
  }

  // The call nearest to a point of the canvas, within three pixels. A call that runs at that
  // time comes before its neighbours, and a failed one before others.
  callAt(x, y) {
    const { axis } = this;
    const row = this.lanes.rowAt(y + this.scroller.scrollTop);
    if (!row || y < AXIS_HEIGHT || x < axis.left) return null;
    const calls = this.timeline.callsOf(row.lane);
    const slack = (axis.length / axis.width) * 3;
    const time = axis.timeAt(x);
    let best = null;
    for (let i = firstEndingAfter(calls, time - slack); i < calls.length; i += 1) {
      const call = calls[i];
      if (call.start > time + slack) break;
      const endsLater = call.outcome === RUNNING || call.start + call.length >= time;
      const isHit = call.start <= time && endsLater;
      if (!best || isHit || (call.outcome === FAILED && best.outcome !== FAILED)) best = call;
    }
    return best;
  }

  // Selects the next call of the lane, or the call of the same time in a lane further down.
  move(along, down, canvasHeight) {
    const rows = this.lanes.rows.filter((row) => this.timeline.callsOf(row.lane).length);
    if (!rows.length) return;
    const selected = this.call;
    let index = selected ? rows.findIndex((row) => row.lane === this.timeline.lanes[selected.lane]) : -1;
    let call;
    if (index < 0) {
      index = 0;
      call = this.timeline.callsOf(rows[0].lane)[0];
    } else if (down) {
      index = Math.min(rows.length - 1, Math.max(0, index + down));
      const calls = this.timeline.callsOf(rows[index].lane);
      call = calls[Math.min(calls.length - 1, firstEndingAfter(calls, selected.start))];
    } else {
      const calls = this.timeline.callsOf(rows[index].lane);
      const current = calls.findIndex((call) => call.start === selected.start && call.task === selected.task);
      call = calls[Math.min(calls.length - 1, Math.max(0, current + along))];
    }
    this.scrollTo(rows[index].y, canvasHeight);
    this.axis.reveal(call);
    this.select(call, true);
  }

  scrollTo(y, canvasHeight) {
    const { scroller, lanes: { pitch } } = this;
    const top = scroller.scrollTop;
    if (y - AXIS_HEIGHT < top) scroller.scrollTop = y - AXIS_HEIGHT - 4;
    if (y + pitch > top + canvasHeight) scroller.scrollTop = y + pitch - canvasHeight + 4;
  }

  // Outlines the call, and puts the tooltip below it, or above it if there is more room.
  draw({ context, colour }, canvasWidth, canvasHeight) {
    const { call, axis, lanes } = this;
    this.tip.hidden = !call;
    if (!call) return;
    const row = lanes.rowOf(this.timeline.lanes[call.lane]);
    if (!row) return;
    const length = call.outcome === RUNNING ? axis.now() - call.start : call.length;
    const x = Math.max(axis.left, axis.xOf(call.start));
    const end = Math.min(axis.right, Math.max(axis.xOf(call.start + length), x + 2));
    const y = row.y - this.scroller.scrollTop;
    context.strokeStyle = colour.text;
    context.lineWidth = 2;
    context.strokeRect(x - 1.5, y - 1.5, Math.max(3, end - x + 2), lanes.barHeight + 3);
    this.fillTip(this.timeline.describe(call, axis.now()));
    const box = this.tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, x), canvasWidth - box.width - 8);
    const below = y + lanes.pitch + 4;
    const above = y - box.height - 6;
    this.tip.style.left = `${Math.max(4, left)}px`;
    this.tip.style.top = `${below + box.height > canvasHeight + 60 && above > 0 ? above : below}px`;
  }

  fillTip([title, ...lines]) {
    const bold = document.createElement("b");
    bold.textContent = title;
    this.tip.replaceChildren(bold, ...lines.map((line) => {
      const span = document.createElement("span");
      span.textContent = line;
      return span;
    }));
  }
}
