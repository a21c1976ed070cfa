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

// A time from the start of the run as a clock has it, with digits behind the second.
function formatMoment(micros, digits) {
  const unit = 10 ** (6 - digits);
  const total = Math.floor(Math.max(0, micros) / unit);
  const [whole, part] = [Math.floor(total / 10 ** digits), total % 10 ** digits];
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const clock = hours ? `${hours}:${twoDigits(minutes)}` : `${minutes}`;
  return `${clock}:${twoDigits(whole % 60)}.${String(part).padStart(digits, "0")}`;
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

// Names without the beginning and the end that all of them have, up to a separator, since only
// the rest tells one from the other: m1 and m2 of m1.example:9000 and m2.example:9000.
function distinctParts(names) {
  if (names.length < 2) return names.map((name) => name.replace(/^\w+:\/\//, ""));
  const [first] = names;
  let start = 0;
  while (start < first.length && names.every((name) => name[start] === first[start])) start += 1;
  while (start && !"/@".includes(first[start - 1])) start -= 1;
  const rest = names.map((name) => name.slice(start));
  const [one] = rest;
  let end = 0;
  while (end < one.length && rest.every((name) => name[name.length - 1 - end] === one[one.length - 1 - end])) end += 1;
  while (end && !".:/".includes(one[one.length - end])) end -= 1;
  const parts = rest.map((name) => name.slice(0, name.length - end));
  return parts.every(Boolean) ? parts : rest;
}

// A server's name, cut at its beginning to fit: servers differ at the end.
function cutToWidth(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let cut = text;
  while (cut.length > 4 && context.measureText("\u2026" + cut).width > width) cut = cut.slice(1);
  return "\u2026" + cut.replace(/^[.:]+/, "");
}
