"use strict";
// The chart: a lane for each slot and a bar for each call, over time. A drawing costs what is in
// sight, not what the run has made.

class Chart {
  constructor(timeline, { scroller, canvas, rest, tip, told }) {
    Object.assign(this, { scroller, canvas, rest });
    this.context = canvas.getContext("2d");
    this.axis = new TimeAxis(() => this.rangeChanged());
    this.lanes = new Lanes(timeline);
    this.selection = new Selection(timeline, this.lanes, this.axis, { scroller, tip, told }, () => this.redraw());
    this.onRangeChange = undefined; // Called with whether the whole run is shown.
    this.isStill = false; // Whether nothing moves between two updates.
    this.frame = 0; // The requested animation frame; 0 if there is none.
    this.width = 0;
    this.height = 0;
    this.brush = null; // The places of the canvas between which a mouse is dragged.
    this.loadColours();
    listen(this);
    scroller.addEventListener("scroll", () => this.redraw(), { passive: true });
    new ResizeObserver(() => {
      this.arrange();
      this.redraw();
    }).observe(scroller);
  }

  loadColours() {
    this.painter = new CallPainter(this.context);
    this.redraw();
  }

  // Shows the timeline as it is now. `states` has the state of each server by its name.
  update(elapsed, isOn, states) {
    this.lanes.states = states;
    this.axis.setElapsed(elapsed, isOn);
    this.arrange();
    this.selection.update();
    this.redraw();
  }

  rangeChanged() {
    this.onRangeChange?.(!this.axis.range);
    this.redraw();
  }

  // The canvas is as high as what is in sight of the lanes. An empty element below it stands for
  // the rest, so that the scroll bar is right.
  arrange() {
    this.lanes.arrange();
    const { height } = this.lanes;
    const most = parseFloat(getComputedStyle(this.scroller).maxHeight) || height;
    this.height = Math.round(Math.min(height, most));
    this.rest.style.height = `${height - this.height}px`;
  }

  redraw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  resize() {
    this.width = this.scroller.clientWidth;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.height = `${this.height}px`;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const labels = this.width < 560 ? 96 : 184;
    this.axis.update(labels, this.width - labels - 10);
  }

  drawBrush() {
    const { context, painter, brush: [from, to] } = this;
    context.globalAlpha = 0.2;
    context.fillStyle = painter.colour.accent;
    context.fillRect(Math.min(from, to), AXIS_HEIGHT, Math.abs(to - from), this.height);
    context.globalAlpha = 1;
  }

  draw() {
    this.resize();
    const { context, painter, axis, width, height } = this;
    context.clearRect(0, 0, width, height);
    axis.draw(context, painter, width, height);
    context.save();
    context.beginPath();
    context.rect(0, AXIS_HEIGHT, width, height - AXIS_HEIGHT);
    context.clip();
    this.lanes.draw(painter, axis, this.scroller.scrollTop, height);
    context.restore();
    this.selection.draw(painter, width, height);
    if (this.brush) this.drawBrush();
    context.fillStyle = painter.colour.border;
    context.fillRect(0, AXIS_HEIGHT, width, 1);
    if (axis.isOn && !this.isStill) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.redraw(), 250);
    }
  }
}
