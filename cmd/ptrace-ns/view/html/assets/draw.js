// Drawing the lanes that are seen.

/** Chart is one picture of the timeline: its size, its span of time, its lanes. */
class Chart {
  constructor(shape) {
    Object.assign(this, shape);
    this.scale = (this.width - this.gutter - 8) / (this.to - this.from);
    this.marks = []; // what can be pointed at: {lane, x, kind, text, row}
    this.texts = []; // how processes ended: over the arrows
  }

  /** x is where a time is in the plot, kept near it: huge coordinates are drawn badly. */
  x(t) {
    return Math.max(-40, Math.min(this.width + 40, this.gutter + (t - this.from) * this.scale));
  }

  y(n) {
    return n * laneHeight - this.top;
  }

  middle(n) {
    return Math.max(-60, Math.min(this.height + 60, this.y(n) + laneHeight / 2));
  }

  draw() {
    const first = Math.max(0, Math.floor(this.top / laneHeight));
    const last = Math.min(this.lanes.length, Math.ceil((this.top + this.height) / laneHeight));
    const backs = [], bars = [], labels = [], heads = [];
    for (let n = first; n < last; n++) {
      backs.push(this.back(n));
      const lane = this.lanes[n];
      if (lane.p) bars.push(this.process(lane, n));
      else if (lane.phase) bars.push(this.phase(lane.phase, n));
      (lane.head ? heads : labels).push(this.label(lane, n));
    }
    const body = { x: 0, y: axisHeight, width: this.width, height: this.height, overflow: "hidden" };
    const plot = svg("svg", { x: this.gutter, y: axisHeight, width: Math.max(this.width - this.gutter, 0), height: this.height, overflow: "hidden", viewBox: [this.gutter, 0, Math.max(this.width - this.gutter, 1), this.height].join(" ") },
      drawGrid(this), bars, this.arrows(first, last), this.texts);
    return [svg("svg", body, backs), plot, svg("svg", body, heads), svg("svg", { ...body, width: Math.max(this.gutter - 6, 0) }, labels), drawAxis(this)];
  }

  back(n) {
    const lane = this.lanes[n];
    const kind = "lane" + (lane.head ? " head" : "") + (n === this.at ? " at" : "") + (lane.p && lane.p === this.chosen ? " chosen" : "");
    return svg("rect", { class: kind, x: 0, y: this.y(n), width: this.width, height: laneHeight });
  }

  label(lane, n) {
    const y = this.y(n) + 15;
    if (lane.head) return svg("text", { class: "headlabel tint" + lane.tint, x: 6, y }, lane.head);
    if (lane.phase) return svg("text", { class: "lanelabel", x: 14, y }, lane.phase.name);
    return svg("text", { class: "lanelabel", x: 14, y }, svg("tspan", { class: "lanepid" }, lane.p.chain), " " + lane.p.name);
  }

  /** bar draws a span of time; what has a length is never invisible. */
  bar(kind, from, to, n, text) {
    const left = this.x(from), width = Math.max(this.x(to) - left, 1.5), y = this.y(n) + 4;
    const shown = Math.max(left, this.gutter), room = left + width - shown;
    const parts = [svg("rect", { class: "life " + kind, x: left, y, width, height: laneHeight - 8, rx: 2 })];
    if (text && room > 26) {
      parts.push(svg("svg", { x: shown + 2, y, width: room - 4, height: laneHeight - 8, overflow: "hidden" }, svg("text", { class: "bartext", x: 2, y: 11 }, text.slice(0, 300))));
    }
    return parts;
  }

  process(lane, n) {
    const p = lane.p, parts = [];
    const end = Math.max(p.end ?? data.meta.end, p.start);
    if (end < this.from || p.start > this.to) return parts;
    const cuts = p.execs.map((row) => rows.time[row]);
    let from = p.start, text = p.execs.length > 0 && p.flags & flag.born ? "" : p.command || p.name;
    cuts.forEach((cut, i) => {
      if (cut > from) parts.push(this.bar("tint" + lane.tint + (i === 0 && p.flags & flag.born ? " unexecuted" : ""), from, cut, n, text));
      [from, text] = [cut, rows.what(p.execs[i])];
    });
    parts.push(this.bar("tint" + lane.tint + (p.flags & flag.kthread ? " unexecuted" : ""), from, end, n, text || p.name));
    parts.push(this.instants(p, n), this.ending(p, n));
    return parts;
  }

  /** instants are the events of a lane that have no length. */
  instants(p, n) {
    const ticks = [], signals = [];
    const y = this.y(n);
    let near = -Infinity;
    for (const row of about.of(p)) {
      const kind = kinds[rows.kind[row]], t = rows.time[row];
      if (t < this.from || t > this.to || kind === "snapshot") continue;
      const x = this.x(t);
      if (x - near > 0.5 || kind === "signal" || kind === "exit") this.marks.push({ lane: n, x, kind, row });
      near = x;
      if (kind === "exec") ticks.push("M" + x.toFixed(1) + " " + (y + 2) + "v" + (laneHeight - 4));
      else if (kind === "signal") signals.push("M" + x.toFixed(1) + " " + (y + 8) + "l-4 -7h8z");
    }
    return [ticks.length > 0 ? svg("path", { class: "exec", d: ticks.join("") }) : null, signals.length > 0 ? svg("path", { class: "signalmark", d: signals.join("") }) : null];
  }

  /** ending draws how a process ended: a bar, a square with the status, or a cross. */
  ending(p, n) {
    if (p.end === null) {
      const x = this.x(data.meta.end), y = this.middle(n);
      return p.state === "live" ? [svg("path", { class: "goeson", d: "M" + x + " " + (y - 7) + "l9 7l-9 7z" })] : [svg("text", { class: "endtext", x: x + 3, y: y + 4 }, "?")];
    }
    if (p.end < this.from || p.end > this.to) return [];
    const x = this.x(p.end), y = this.middle(n);
    if (isKilled(p)) {
      const reaped = (p.flags & flag.reaped) !== 0, kind = reaped ? "reap" : "kill";
      this.beside("endtext " + kind, x, y, p.exit.replace("killed by ", "") + (reaped ? ", reaped" : ""));
      return [
        reaped ? svg("circle", { class: "endback " + kind, cx: x, cy: y, r: 8 }) : svg("rect", { class: "endback " + kind, x: x - 8, y: y - 8, width: 16, height: 16, rx: 2 }),
        svg("path", { class: "cross", d: "M" + (x - 4) + " " + (y - 4) + "l8 8m0 -8l-8 8" }),
      ];
    }
    if (p.flags & flag.failed) {
      this.beside("endtext fail", x, y, p.exit);
      return [svg("rect", { class: "endback fail", x: x - 4, y: y - 4, width: 8, height: 8 })];
    }
    return [svg("path", { class: "end", d: "M" + x.toFixed(1) + " " + (y - 8) + "v16" })];
  }

  /** beside writes right of a sign, or left of it where the edge is near. An orphan comes in at that moment: its arrow has room before the text. */
  beside(kind, x, y, text) {
    const left = x + 24 + text.length * 7.5 > this.width;
    this.texts.push(svg("text", { class: kind, x: left ? x - 12 : x + 20, y: y + 4, "text-anchor": left ? "end" : "start" }, text));
  }

  phase(phase, n) {
    const p = processes[phase.process];
    this.marks.push({ lane: n, x: this.x(phase.begin), kind: "phase", text: [phase.name, phase.who] });
    if (phase.moment) {
      const x = this.x(phase.begin), y = this.middle(n);
      return [svg("path", { class: "moment part-" + partClass(phase.part), d: "M" + x + " " + (y - 7) + "l6 7l-6 7l-6 -7z" }), svg("text", { class: "bartext", x: x + 10, y: y + 4 }, p ? phase.who.slice(0, 200) : "")];
    }
    return this.bar("part-" + partClass(phase.part), phase.begin, phase.end < 0 ? data.meta.end : phase.end, n, phase.who);
  }

  /**
   * arrows draws each kind as one path. One lane may be joined with thousands: what leads
   * to lanes that are not seen is a stub, and only a kill, or one of few, goes on to the
   * edge and says whom it leads to. Those that fall on the same pixel are one.
   */
  arrows(first, last) {
    const lines = new Map(arrowOrder.map((kind) => [kind, { line: [], head: [] }])), drawn = new Set();
    const seen = (n) => n >= first && n < last;
    const away = this.away(seen);
    for (const arrow of this.joined) {
      if (!this.layers[arrow.kind] || arrow.time < this.from || arrow.time > this.to) continue;
      const many = arrow.kind === "move" ? arrow.a : arrow.b, one = arrow.kind === "move" ? arrow.b : arrow.a;
      if (!seen(many) && !seen(one)) continue;
      const x = this.x(arrow.time), a = this.middle(arrow.a), b = this.middle(arrow.b);
      const key = arrow.kind + Math.round(x) + "," + arrow.a + "," + (seen(many) ? arrow.b : arrow.b > arrow.a);
      if (drawn.has(key)) continue;
      drawn.add(key);
      const { line, head } = lines.get(arrow.kind === "move" && !arrow.sure ? "move foretold" : arrow.kind);
      if (!seen(many) && !away.told.has(arrow)) line.push("M" + x.toFixed(1) + " " + this.middle(one) + "v" + (many > one ? 10 : -10));
      else if (arrow.kind === "move") bend(line, head, x, a, b);
      else straight(line, head, x, a, b, arrow.kind !== "parentage");
    }
    return [...lines].filter(([, { line }]) => line.length > 0).map(([kind, { line, head }]) => [
      svg("path", { class: "arrow " + kind, d: line.join("") }), svg("path", { class: "arrowhead " + kind, d: head.join("") }),
    ]).concat(away.texts);
  }

  /**
   * away names, at the edge, who is at the other end of an arrow whose lane is not seen.
   * Kills are always named, the others where they are few.
   */
  away(seen) {
    const leaving = this.joined.filter((arrow) => awayWords[arrow.kind] && this.layers[arrow.kind] && seen(arrow.a) !== seen(arrow.b) && arrow.time >= this.from && arrow.time <= this.to);
    const count = {};
    for (const { kind } of leaving) count[kind] = (count[kind] ?? 0) + 1;
    const named = leaving.filter(({ kind }) => kind === "kill" || count[kind] <= 12).sort((one, other) => (other.kind === "kill") - (one.kind === "kill"));
    const texts = [], taken = [];
    for (const arrow of named) {
      const [from, to, word] = seen(arrow.a) ? [arrow.a, arrow.b, 0] : [arrow.b, arrow.a, 1], up = to < from, p = this.lanes[to].p;
      const text = (up ? "↑ " : "↓ ") + awayWords[arrow.kind][word] + " " + p.chain + " " + p.name;
      const x = this.x(arrow.time), width = text.length * 7, left = x + width > this.width, begin = left ? x - 5 - width : x + 5;
      const room = (y) => !taken.some((other) => other.y === y && begin < other.end && other.begin < begin + width);
      const y = [0, 1, 2, 3, 4].map((n) => (up ? 12 + n * 14 : this.height - 5 - n * 14)).find(room);
      if (y === undefined) continue;
      taken.push({ y, begin, end: begin + width });
      texts.push(svg("text", { class: "awaytext " + arrow.kind, x: left ? x - 5 : x + 5, y, "text-anchor": left ? "end" : "start" }, text));
    }
    return { told: new Set(named), texts };
  }
}

/** awayWords say what leads from a lane that is seen, and to one. */
const awayWords = { kill: ["kills", "killed by"], reap: ["its end kills", "killed by the end of"], move: ["now child of", "adopts"], signal: ["signals", "signal from"] };

/** arrowOrder is that of drawing: what matters most comes last. */
const arrowOrder = ["parentage", "fork", "signal", "move foretold", "move", "reap", "kill"];

function straight(line, head, x, a, b, pointed) {
  const down = b > a, tip = b + (down ? -4 : 4), at = x.toFixed(1);
  line.push("M" + at + " " + a + "V" + tip);
  if (pointed) head.push("M" + at + " " + tip + "l-4 " + (down ? -6 : 6) + "h8z");
}

/** bend leads from an orphan, marked by a dot, round to its new parent. */
function bend(line, head, x, a, b) {
  const out = Math.min(34, 10 + Math.abs(b - a) / 6), at = x.toFixed(1);
  line.push("M" + at + " " + a + "c" + out + " 0 " + out + " " + (b - a) + " 4 " + (b - a));
  head.push("M" + at + " " + b + "l9 -4.5v9z", "M" + (x - 3.5).toFixed(1) + " " + a + "a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0");
}
