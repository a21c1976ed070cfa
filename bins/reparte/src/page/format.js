"use strict";
// Numbers, durations and names as text.

// A whole number, with a narrow space between groups of three digits.
function formatCount(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function formatRate(perSecond) {
  if (perSecond >= 100) return formatCount(Math.round(perSecond));
  return perSecond >= 10 ? perSecond.toFixed(1) : perSecond.toFixed(2);
}

// A duration in microseconds, in the unit that suits its length.
function formatDuration(micros) {
  const seconds = Math.max(0, micros) / 1e6;
  if (!seconds) return "0 s";
  // Each limit is where rounding would give one digit more.
  if (seconds < 0.0995) return `${(seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours} h ${twoDigits(minutes)} min` : `${minutes} min ${twoDigits(whole % 60)} s`;
}

// The label of a tick of the time axis. Ticks are `step` microseconds apart.
function formatTick(micros, step) {
  if (step < 1e3) return `${micros.toFixed(0)} \u00b5s`;
  if (step < 1e6 && micros < 1e6) return `${+(micros / 1e3).toFixed(1)} ms`;
  const seconds = micros / 1e6;
  if (seconds < 60 || step < 1e6) return `${+seconds.toFixed(3)} s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.round(seconds % 60)];
  return hours ? `${hours}:${twoDigits(minutes)}:${twoDigits(rest)}` : `${minutes}:${twoDigits(rest)}`;
}

function twoDigits(number) {
  return String(number).padStart(2, "0");
}

// A server's name, cut at its beginning to fit: servers differ at the end.
function cutToWidth(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let cut = text;
  while (cut.length > 4 && context.measureText("\u2026" + cut).width > width) cut = cut.slice(1);
  return "\u2026" + cut.replace(/^[.:]+/, "");
}
