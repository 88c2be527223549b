// The axis of time.

/** ticks are round times within a span, at most so many. */
function ticks(from, to, most) {
  const raw = (to - from) / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10, 20].map((n) => n * power).find((s) => s >= raw);
  const all = [];
  const first = Math.ceil(from / step) * step;
  // Counted, because a step may be too small for numbers as large as these.
  for (let n = 0; n < 200 && first + n * step <= to; n++) all.push(first + n * step);
  return { step, all };
}

/** tickLabel is short, and tells neighbours apart. */
function tickLabel(t, step) {
  const size = Math.max(Math.abs(t), step);
  const [unit, name] = size >= 1e9 ? [1e9, "s"] : size >= 1e6 ? [1e6, "ms"] : size >= 1e3 ? [1e3, "µs"] : [1, "ns"];
  const digits = Math.max(0, Math.ceil(Math.log10(unit / step) - 1e-9));
  return (t / unit).toFixed(Math.min(digits, 9)).replace("-", "−") + " " + name;
}

function drawAxis(chart) {
  const { width, gutter, from, to } = chart;
  const { step, all } = ticks(from, to, (width - gutter) / 110);
  return [
    svg("rect", { class: "axisback", x: gutter, y: 0, width: Math.max(width - gutter, 0), height: axisHeight }),
    all.map((t) => [
      svg("line", { class: "tick", x1: chart.x(t), x2: chart.x(t), y1: axisHeight - 6, y2: axisHeight }),
      svg("text", { class: "ticklabel", x: chart.x(t) + 3, y: 14 }, tickLabel(t, step)),
    ]),
  ];
}

/** drawGrid carries the ticks down, marks where the recording begins and ends, and shades where events are missing. */
function drawGrid(chart) {
  const { from, to, width, gutter, height } = chart;
  const lines = ticks(from, to, (width - gutter) / 110).all.map((t) => "M" + chart.x(t).toFixed(1) + " 0V" + height).join("");
  const gaps = data.meta.gaps.filter((gap) => gap.at >= from && gap.since <= to).slice(0, 200);
  return [
    svg("path", { class: "grid", d: lines }),
    [0, data.meta.end].map((t) => t >= from && t <= to && svg("line", { class: "edge", x1: chart.x(t), x2: chart.x(t), y1: 0, y2: height })),
    gaps.map((gap) => {
      const left = chart.x(gap.since), right = Math.max(chart.x(gap.at), left + 3);
      return [svg("rect", { class: "gap", x: left, y: 0, width: right - left, height }), svg("text", { class: "gaplabel", x: left + 4, y: 12 }, gap.count + " lost")];
    }),
  ];
}
