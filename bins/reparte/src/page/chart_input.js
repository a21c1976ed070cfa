"use strict";
// The input of the chart: pointer, wheel and keyboard.

function listen(chart) {
  const { canvas, selection, axis } = chart;
  const pointOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  listenToPointer(chart, pointOf);
  canvas.addEventListener("blur", () => selection.select(null, true));
  canvas.addEventListener("dblclick", (event) => {
    const call = selection.callAt(...pointOf(event));
    if (call) axis.fit(call);
    else axis.showAll();
  });
  canvas.addEventListener("wheel", (event) => {
    const [x, y] = pointOf(event);
    const along = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (Math.abs(along) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      if (!axis.range) return;
      event.preventDefault();
      axis.pan(along / axis.width);
    } else if (y < AXIS_HEIGHT || event.ctrlKey || event.metaKey) {
      // Elsewhere the wheel scrolls.
      event.preventDefault();
      axis.zoom(event.deltaY > 0 ? 1.5 : 1 / 1.5, axis.timeAt(x));
    }
  }, { passive: false });
  const move = (along, down) => selection.move(along, down, chart.height);
  const keys = {
    ArrowLeft: () => move(-1, 0),
    ArrowRight: () => move(1, 0),
    ArrowUp: () => move(0, -1),
    ArrowDown: () => move(0, 1),
    Home: () => move(-Infinity, 0),
    End: () => move(Infinity, 0),
    "+": () => axis.zoom(0.5),
    "=": () => axis.zoom(0.5),
    "-": () => axis.zoom(2),
    0: () => axis.showAll(),
    Enter: () => selection.call && axis.fit(selection.call),
    Escape: () => selection.select(null, true),
  };
  const shifted = {
    ArrowLeft: () => axis.pan(-0.25),
    ArrowRight: () => axis.pan(0.25),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    const action = (event.shiftKey && shifted[event.key]) || keys[event.key];
    action();
  });
}

// A mouse that is dragged over the lanes chooses the range to show, and along the time axis, or
// with Shift, moves it. One finger selects what it taps, moves the range and scrolls; two of them
// change the range.
function listenToPointer(chart, pointOf) {
  const { canvas, selection, axis } = chart;
  const held = new Map(); // The last place of each pointer that is held down, by its id.
  let hasDragged = false;
  const end = (event) => {
    const isHeld = held.delete(event.pointerId);
    const { brush } = chart;
    chart.brush = null;
    if (!isHeld || !brush) return;
    if (event.type === "pointerup" && hasDragged) axis.setRange(...brush.map((x) => axis.timeAt(x)).sort((a, b) => a - b));
    chart.redraw();
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const [x, y] = pointOf(event);
    hasDragged = false;
    held.set(event.pointerId, [x, y]);
    const isMouse = event.pointerType !== "touch";
    if (isMouse) canvas.setPointerCapture(event.pointerId);
    if (isMouse && y >= AXIS_HEIGHT && x >= axis.left && !event.shiftKey) chart.brush = [x, x];
  });
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, end);
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = pointOf(event);
    canvas.style.cursor = y < AXIS_HEIGHT && axis.range ? "ew-resize" : "";
    const before = held.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") selection.select(selection.callAt(x, y), false);
      return;
    }
    const others = [...held].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (others.length) {
      const [fixed] = others[0];
      const [old, now] = [before[0] - fixed, x - fixed].map((distance) => Math.max(20, Math.abs(distance)));
      axis.zoom(old / now, axis.timeAt(fixed));
    } else if (chart.brush) {
      const [from] = chart.brush;
      chart.brush = [from, Math.min(axis.right, Math.max(axis.left, x))];
      hasDragged ||= Math.abs(x - from) >= 4;
      chart.redraw();
    } else if (axis.range) {
      // If the whole run is shown, there is nothing to move to.
      axis.pan((before[0] - x) / axis.width);
    }
    held.set(event.pointerId, [x, y]);
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !held.size) selection.select(null, true);
  });
  canvas.addEventListener("click", (event) => {
    if (!hasDragged) selection.select(selection.callAt(...pointOf(event)), true);
  });
}
