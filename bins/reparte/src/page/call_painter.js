"use strict";
// The drawing of one call as a bar. Colour, hatch, edge and sign each show its outcome and its
// reason, so no single one of them is needed.

const REASON_SIGNS = { [RETRY]: "\u21bb", [HEDGE]: "+" };
const OUTCOME_SIGNS = { [FAILED]: "\u2715", [CANCELLED]: "\u2013", [LOST]: "?", [UNSEEN]: "?" };
const NO_RESULT = [CANCELLED, LOST, UNSEEN];

class CallPainter {
  constructor(context) {
    this.context = context;
    const style = getComputedStyle(document.documentElement);
    this.colour = {};
    for (const name of ["background", "surface", "text", "muted", "border", "gridline", "accent", "call",
      "call-edge", "on-call", "failure", "on-failure", "warning", "faint", "success"]) {
      this.colour[name] = style.getPropertyValue("--" + name).trim();
    }
    this.hatch = this.stripes(this.colour["on-call"]);
    this.family = getComputedStyle(document.body).fontFamily;
  }

  stripes(colour) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const context = tile.getContext("2d");
    context.strokeStyle = colour;
    context.globalAlpha = 0.55;
    context.lineWidth = 1.2;
    for (const x of [-6, 0, 6]) {
      context.beginPath();
      context.moveTo(x, 6);
      context.lineTo(x + 6, 0);
      context.stroke();
    }
    return this.context.createPattern(tile, "repeat");
  }

  // Draws a first call that brought its result. Nearly all calls are such, so this is quick.
  drawPlain(x, y, width, height) {
    this.context.fillStyle = this.colour.call;
    this.context.fillRect(x, y, width, height);
  }

  // Draws any call.
  draw(call, x, y, width, height) {
    const { context, colour } = this;
    const { reason, outcome } = call;
    const isOpen = NO_RESULT.includes(outcome);
    const edge = {
      [FAILED]: colour.failure, [CANCELLED]: colour.faint, [LOST]: colour.warning, [UNSEEN]: colour.faint,
    }[outcome] || colour["call-edge"];
    if (outcome === FAILED) {
      context.fillStyle = colour.failure;
      context.fillRect(x, y, width, height);
    } else if (isOpen) {
      context.fillStyle = colour.surface;
      context.fillRect(x, y, width, height);
    } else {
      context.globalAlpha = outcome === RUNNING ? 0.45 : reason === HEDGE ? 0.35 : 1;
      context.fillStyle = colour.call;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
    }
    if (reason === RETRY && !isOpen && width >= 3) {
      context.fillStyle = this.hatch;
      context.fillRect(x, y, width, height);
    }
    if ((reason === HEDGE || isOpen) && width >= 3) {
      context.strokeStyle = edge;
      context.lineWidth = 1.5;
      const isDotted = outcome === LOST || outcome === UNSEEN;
      context.setLineDash(isDotted ? [2, 2] : reason === HEDGE ? [5, 3] : []);
      context.strokeRect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
      context.setLineDash([]);
    } else if (isOpen) {
      context.fillStyle = edge;
      context.fillRect(x, y, width, height);
    }
    if (outcome === RUNNING) {
      context.fillStyle = call.lost ? colour.warning : colour["call-edge"];
      context.fillRect(x + width - 2, y, 2, height);
    }
    this.drawText(call, x, y, width, height);
  }

  // Draws the signs and the task's number, as far as there is room.
  drawText({ reason, outcome, task }, x, y, width, height) {
    if (height < 11 || width < 13) return;
    const { context, colour } = this;
    const signs = (REASON_SIGNS[reason] || "") + (OUTCOME_SIGNS[outcome] || "");
    const number = task === undefined ? "" : String(task + 1);
    context.font = `600 ${Math.min(11, height - 2)}px ${this.family}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillStyle = outcome === FAILED ? colour["on-failure"]
      : outcome === LOST ? colour.warning
      : NO_RESULT.includes(outcome) ? colour.muted
      : reason === HEDGE || outcome === RUNNING ? colour.text : colour["on-call"];
    const room = width - 8;
    const both = signs && number ? `${signs} ${number}` : signs + number;
    const text = context.measureText(both).width <= room ? both : signs;
    if (!text) return;
    const textWidth = context.measureText(text).width;
    if (textWidth > room + 3) return;
    const left = x + Math.min(5, (width - textWidth) / 2);
    if (reason === RETRY && outcome !== FAILED) {
      // Clear the hatch behind the text.
      context.save();
      context.fillStyle = NO_RESULT.includes(outcome) ? colour.surface : colour.call;
      context.fillRect(left - 2, y + 2, textWidth + 4, height - 4);
      context.restore();
    }
    context.fillText(text, left, y + height / 2 + 0.5);
  }
}

const LEGEND = [
  ["first call", { reason: FIRST, outcome: RESULT }],
  ["retry", { reason: RETRY, outcome: RESULT }],
  ["hedge: a slow task sent twice", { reason: HEDGE, outcome: RESULT }],
  ["failed", { reason: FIRST, outcome: FAILED }],
  ["cancelled", { reason: FIRST, outcome: CANCELLED }],
  ["lost", { reason: FIRST, outcome: LOST }],
  ["running", { reason: FIRST, outcome: RUNNING }],
];

// Fills a list with the kinds of bars and their meanings.
function drawLegend(list) {
  list.replaceChildren();
  for (const [text, call] of LEGEND) {
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    const ratio = devicePixelRatio || 1;
    canvas.width = 26 * ratio;
    canvas.height = 14 * ratio;
    canvas.style.width = "26px";
    canvas.style.height = "14px";
    canvas.setAttribute("aria-hidden", "true");
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    new CallPainter(context).draw(call, 0, 0, 26, 14);
    item.append(canvas, text);
    list.append(item);
  }
}
