"use strict";
// The input of the chart: pointer, wheel and keyboard.

function listen(chart) {
  const { canvas, selection, axis } = chart;
  const pointOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  listenToPointer(canvas, selection, axis, pointOf);
  canvas.addEventListener("blur", () => selection.select(null, true));
  canvas.addEventListener("wheel", (event) => {
    // Without Ctrl the wheel scrolls.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    axis.zoom(event.deltaY > 0 ? 1.25 : 0.8, axis.timeAt(pointOf(event)[0]));
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

// A mouse drags the range, and selects what it is over. A finger selects what it taps, and
// scrolls.
function listenToPointer(canvas, selection, axis, pointOf) {
  let dragX = null; // The last place of a dragging mouse; null if none is held down.
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") dragX = event.clientX;
  });
  addEventListener("pointerup", () => { dragX = null; });
  canvas.addEventListener("pointermove", (event) => {
    if (dragX === null || !event.buttons) {
      selection.select(selection.callAt(...pointOf(event)), false);
      return;
    }
    const share = (dragX - event.clientX) / axis.width;
    dragX = event.clientX;
    // If the whole run is shown, there is nothing to move to.
    if (axis.range) axis.pan(share);
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") selection.select(null, true);
  });
  canvas.addEventListener("click", (event) => selection.select(selection.callAt(...pointOf(event)), true));
}
