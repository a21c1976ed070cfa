"use strict";
// How one call is drawn: what became of it by colour, hatch, edge and sign, so that none of
// them is needed to tell it.

const SIGN = { retry: "\u21bb", hedge: "+", 1: "\u2715", 2: "\u2013", 3: "?", 4: "?" };

class Brush {
  constructor(context) {
    this.context = context;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue("--" + name).trim();
    this.colour = {};
    for (const name of ["paper", "raised", "ink", "soft", "line", "rule", "accent", "ok",
      "ok-edge", "on-ok", "bad", "on-bad", "warn", "quiet", "good"]) {
      this.colour[name] = colour(name);
    }
    this.hatch = this.stripes(this.colour["on-ok"]);
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

  // A first call that brought its result: by far the most.
  plain(x, y, width, height) {
    this.context.fillStyle = this.colour.ok;
    this.context.fillRect(x, y, width, height);
  }

  // Any call, in full.
  bar(bar, x, y, width, height) {
    const { context, colour } = this;
    const { why, outcome } = bar;
    const edge = { 1: colour.bad, 2: colour.quiet, 3: colour.warn, 4: colour.quiet }[outcome] || colour["ok-edge"];
    const isOpen = outcome === 2 || outcome === 3 || outcome === 4;
    if (outcome === 1) {
      context.fillStyle = colour.bad;
      context.fillRect(x, y, width, height);
    } else if (isOpen) {
      context.fillStyle = colour.raised;
      context.fillRect(x, y, width, height);
    } else {
      context.globalAlpha = outcome === RUNNING ? 0.45 : why === 2 ? 0.35 : 1;
      context.fillStyle = colour.ok;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
    }
    if (why === 1 && !isOpen && width >= 3) {
      context.fillStyle = this.hatch;
      context.fillRect(x, y, width, height);
    }
    if ((why === 2 || isOpen) && width >= 3) {
      context.strokeStyle = edge;
      context.lineWidth = 1.5;
      context.setLineDash(outcome === 3 || outcome === 4 ? [2, 2] : why === 2 ? [5, 3] : []);
      context.strokeRect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
      context.setLineDash([]);
    } else if (isOpen) {
      context.fillStyle = edge;
      context.fillRect(x, y, width, height);
    }
    if (outcome === RUNNING) {
      context.fillStyle = bar.lost ? colour.warn : colour["ok-edge"];
      context.fillRect(x + width - 2, y, 2, height);
    }
    this.write(bar, x, y, width, height);
  }

  // The sign, and the task's number, where there is room.
  write({ why, outcome, task }, x, y, width, height) {
    if (height < 11 || width < 13) return;
    const { context, colour } = this;
    const signs = (why === 1 ? SIGN.retry : why === 2 ? SIGN.hedge : "") + (SIGN[outcome] || "");
    const number = task === undefined ? "" : String(task + 1);
    context.font = `600 ${Math.min(11, height - 2)}px ${this.family}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillStyle = outcome === 1 ? colour["on-bad"]
      : outcome === 3 ? colour.warn
      : outcome === 2 || outcome === 4 ? colour.soft
      : why === 2 || outcome === RUNNING ? colour.ink : colour["on-ok"];
    const room = width - 8;
    const both = signs && number ? `${signs} ${number}` : signs + number;
    const text = context.measureText(both).width <= room ? both : signs;
    if (text && context.measureText(text).width <= room + 3) {
      const wide = context.measureText(text).width;
      const at = x + Math.min(5, (width - wide) / 2);
      if (why === 1 && outcome !== 1) {
        // The hatch would run through it.
        context.save();
        context.fillStyle = outcome === 2 || outcome === 3 || outcome === 4 ? colour.raised : colour.ok;
        context.fillRect(at - 2, y + 2, wide + 4, height - 4);
        context.restore();
      }
      context.fillText(text, at, y + height / 2 + 0.5);
    }
  }
}

const LEGEND = [
  ["first call", { why: 0, outcome: 0 }],
  ["retry", { why: 1, outcome: 0 }],
  ["hedge: a slow task sent twice", { why: 2, outcome: 0 }],
  ["failed", { why: 0, outcome: 1 }],
  ["cancelled", { why: 0, outcome: 2 }],
  ["lost", { why: 0, outcome: 3 }],
  ["running", { why: 0, outcome: RUNNING }],
];

// A list of what the bars mean, drawn as they are.
function drawLegend(list) {
  list.replaceChildren();
  for (const [text, bar] of LEGEND) {
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
    new Brush(context).bar(bar, 0, 0, 26, 14);
    item.append(canvas, text);
    list.append(item);
  }
}
