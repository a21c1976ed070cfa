"use strict";
// The lanes of the chart: their places on the canvas, their bars and their labels.

class Lanes {
  constructor(timeline) {
    this.timeline = timeline;
    this.rows = []; // The lanes with their places, from the top of all of them.
    this.pitch = 26; // The distance from one row to the next.
    this.height = 0;
    this.distinct = []; // What tells each server's name from the others.
    this.states = new Map(); // The state of each server, by its name.
  }

  // Puts the lanes one below the other, with a gap between servers of several slots.
  arrange() {
    const lanes = this.timeline.sortedLanes();
    this.distinct = distinctParts(this.timeline.names);
    this.pitch = lanes.length <= 16 ? 26 : lanes.length <= 64 ? 19 : 12;
    const isGrouped = lanes.some((lane) => lane.slot > 1);
    let y = AXIS_HEIGHT + 4;
    this.rows = lanes.map((lane, index) => {
      const isFirst = !index || lanes[index - 1].server !== lane.server;
      if (isFirst && index && isGrouped) y += 7;
      const row = { lane, y, isFirst };
      y += this.pitch;
      return row;
    });
    this.height = Math.max(y + 8, 120);
  }

  get barHeight() {
    return this.pitch - (this.pitch > 14 ? 5 : 2);
  }

  rowOf(lane) {
    return this.rows.find((row) => row.lane === lane);
  }

  rowAt(y) {
    return this.rows.find((row) => y >= row.y && y < row.y + this.pitch);
  }

  // Draws the rows that are in sight of a canvas that is scrolled down by `top`.
  draw(painter, axis, top, canvasHeight) {
    const rows = this.rows.filter((row) => row.y - top + this.pitch > AXIS_HEIGHT && row.y - top < canvasHeight);
    for (const row of rows) this.drawRow(painter, axis, row.lane, row.y - top);
    this.drawLabels(painter, axis, rows, top, canvasHeight);
  }

  drawRow(painter, axis, lane, y) {
    const { context } = painter;
    context.save();
    context.beginPath();
    context.rect(axis.left, y, axis.width + 2, this.pitch);
    context.clip();
    this.drawPast(painter, axis, lane, y);
    this.drawEnded(painter, axis, lane.calls, y);
    if (lane.running && lane.running.start < axis.to) {
      const x = axis.xOf(lane.running.start);
      const end = Math.min(axis.xOf(axis.now()), axis.right);
      painter.draw(lane.running, x, y, Math.max(3, end - x), this.barHeight);
    }
    context.restore();
  }

  // Draws plain calls first, so that they never cover a call that has something to say. A call
  // that is narrower than a pixel is skipped if an earlier one has that pixel: then the cost is
  // bounded by the width of the canvas.
  drawEnded(painter, axis, calls, y) {
    let covered = -1;
    const marked = [];
    for (let i = firstEndingAfter(calls, axis.from); i < calls.length && calls[i].start < axis.to; i += 1) {
      const call = calls[i];
      const x = axis.xOf(call.start);
      const end = axis.xOf(call.start + call.length);
      if (call.reason !== FIRST || call.outcome !== RESULT) {
        marked.push([call, x, end]);
        continue;
      }
      if (end < covered) continue;
      const width = Math.max(1, end - x - (end - x > 4 ? 1 : 0));
      painter.drawPlain(x, y, width, this.barHeight);
      if (width > 13) painter.drawText(call, x, y, width, this.barHeight);
      covered = Math.floor(end) + (width < 1.5 ? 1 : 0);
    }
    let last = -9;
    for (const [call, x, end] of marked) {
      if (end < last + 0.5 && call.outcome !== FAILED) continue;
      painter.draw(call, x, y, Math.max(2, end - x - (end - x > 4 ? 1 : 0)), this.barHeight);
      last = end;
    }
  }

  // Draws the utilisation of a lane by calls that are no longer kept one by one: a character
  // for each interval, 0 to 9, or a to j if a call failed in it.
  drawPast({ context, colour }, axis, lane, y) {
    if (!this.timeline.past) return;
    const { length } = this.timeline.past;
    const height = this.barHeight;
    const first = Math.max(0, Math.floor(axis.from / length));
    for (let i = first; i < lane.past.length && i * length < axis.to; i += 1) {
      const code = lane.past.charCodeAt(i);
      const hasFailed = code >= 97;
      const level = (code - (hasFailed ? 97 : 48)) / 9;
      const x = Math.round(axis.xOf(i * length));
      const width = Math.max(1, Math.round(axis.xOf((i + 1) * length)) - x);
      context.globalAlpha = 0.6;
      context.fillStyle = colour.call;
      context.fillRect(x, y + height * (1 - level), width, height * level);
      context.globalAlpha = 1;
      if (hasFailed) {
        context.fillStyle = colour.failure;
        context.fillRect(x, y + height - 3, width, 3);
      }
    }
  }

  // Draws the servers' names and the numbers of their slots, left of the bars.
  drawLabels({ context, colour, family }, axis, rows, top, canvasHeight) {
    context.fillStyle = colour.surface;
    context.fillRect(0, AXIS_HEIGHT, axis.left - 6, canvasHeight);
    context.textBaseline = "middle";
    const isWide = this.pitch > 14;
    const size = isWide ? 12 : 10;
    rows.forEach((row, index) => {
      const y = row.y - top + this.barHeight / 2 + 0.5;
      const { lane } = row;
      const next = rows[index + 1];
      const isOnlySlot = row.isFirst && !(next && next.lane.server === lane.server);
      context.font = `${size}px ${family}`;
      context.fillStyle = colour.muted;
      context.textAlign = "right";
      if (!isOnlySlot && (isWide || lane.slot === 1 || lane.slot % 5 === 0)) {
        context.fillText(String(lane.slot), axis.left - 12, y);
      }
      // The first row in sight has the name too, if its server's first one is scrolled away.
      if (!row.isFirst && index) return;
      context.textAlign = "left";
      const name = this.timeline.names[lane.server];
      const isUnusable = ["down", "suspected", "failing", "quarantined", "out"].includes(this.states.get(name));
      context.font = `${isUnusable ? 600 : 500} ${Math.max(11, size)}px ${family}`;
      context.fillStyle = isUnusable ? colour.failure : colour.text;
      const sign = isUnusable ? "\u2715 " : "";
      const room = axis.left - (isOnlySlot ? 24 : 40) - context.measureText(sign).width;
      const isWhole = context.measureText(name).width <= room;
      const shown = isWhole ? name : cutToWidth(context, this.distinct[lane.server], room);
      context.fillText(sign + shown, 12, y);
    });
  }
}
