// Times are nanoseconds since recording began.

const steps = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];

function rounded(value) {
  if (value >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}

/** span is a length of time as people say it. */
function span(ns) {
  if (ns >= 60e9) {
    const all = Math.round(ns / 1e9);
    const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
    const first = parts.findIndex(([unit]) => all >= unit);
    const [big, small] = parts.slice(first, first + 2);
    const rest = Math.floor((all % big[0]) / small[0]);
    return Math.floor(all / big[0]) + " " + big[1] + (rest ? " " + rest + " " + small[1] : "");
  }
  let unit = steps[0];
  for (const step of steps) if (ns >= step[1]) unit = step;
  return rounded(ns / unit[1]) + " " + unit[0];
}

const two = (n) => String(n).padStart(2, "0");

/** clock is the time of day, UTC, with microseconds. */
function clock(t) {
  const ns = data.meta.start_ns + t;
  const at = new Date(data.meta.start_ms + Math.floor(ns / 1e6));
  if (Number.isNaN(at.getTime())) return "–";
  const us = Math.floor((((ns % 1e6) + 1e6) % 1e6) / 1e3);
  return [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":") +
    "." + String(at.getUTCMilliseconds()).padStart(3, "0") + String(us).padStart(3, "0");
}

/** date is the day and the time, UTC, with seconds. */
function date(t) {
  const at = new Date(data.meta.start_ms + Math.floor(t / 1e6));
  if (Number.isNaN(at.getTime())) return "at a time beyond all calendars";
  return at.toISOString().slice(0, 10) + " " + clock(t).slice(0, 8) + " UTC";
}

/** since is a time as its distance from the beginning. */
function since(t) {
  return (t < 0 ? "−" : "+") + (t === 0 ? "0" : span(Math.abs(t)));
}
