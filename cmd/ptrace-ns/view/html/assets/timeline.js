// The timeline: zoom, drag, keys, and what is under the pointer.

const layers = [
  ["fork", "forks", "forked by: from creator to child"], ["parentage", "CLONE_PARENT", "child of another than its creator"],
  ["move", "new parents", "an orphan, to its new parent"], ["signal", "signals", "from sender to target"],
  ["kill", "kills", "from who sent the signal to who it ended"], ["reap", "reaping", "from the dead PID 1 to whom the kernel killed with its namespace"],
];

const timeline = {
  lanes: [], joined: [], at: 0, mark: -1, chart: null, all: false,
  layers: Object.fromEntries(layers.map(([kind]) => [kind, true])),

  build() {
    this.svg = svg("svg", { class: "chart", "aria-hidden": "true" });
    this.band = el("div", { class: "band", hidden: true });
    this.tip = el("div", { class: "tip", role: "tooltip", id: "tip", hidden: true });
    this.room = el("div", { class: "room", role: "presentation" });
    this.host = el("div", {
      class: "rows chartbox", tabindex: "0", role: "application", "aria-roledescription": "timeline", "aria-describedby": "keys",
      "aria-label": "lives of the processes, drawn to scale", "data-none": "No process matches.", keydown: (event) => this.key(event),
      pointerdown: (event) => this.press(event), pointermove: (event) => this.point(event), pointerleave: () => this.hideTip(),
      dblclick: (event) => this.fit(event), blur: () => this.hideTip(),
    }, el("div", { class: "stage" }, this.svg, this.band, this.tip), this.room);
    this.host.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.render = later(() => this.now());
    this.host.addEventListener("scroll", this.render, { passive: true });
    new ResizeObserver(this.render).observe(this.host);
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
    this.range = el("output", { class: "range" });
    return el("div", { class: "fullpanel" }, this.toolbar(), this.host, this.legend());
  },

  toolbar() {
    const button = (text, label, f) => el("button", { type: "button", "aria-label": label, title: label, click: f }, text);
    this.phases = el("input", { type: "checkbox", change: () => view.set({ ph: this.phases.checked ? "1" : "" }) });
    return el("div", { class: "bar" },
      button("+", "Zoom in", () => this.zoomBy(0.5)), button("−", "Zoom out", () => this.zoomBy(2)),
      button("←", "Earlier", () => this.pan(-0.25)), button("→", "Later", () => this.pan(0.25)),
      button("All", "Show all of the time", () => view.set({ t: "" })),
      el("label", {}, this.phases, " phases"), this.range,
      el("span", { class: "hint", id: "keys" }, "Drag to zoom, or Ctrl and wheel. Keys: + − ← → ↑ ↓, comma and full stop for events, Enter for the story."));
  },

  legend() {
    const toggle = (kind) => (event) => {
      this.layers[kind] = event.target.checked;
      this.render();
    };
    return el("div", { class: "legend" }, layers.map(([kind, name, what]) => el("label", { title: what },
      el("input", { type: "checkbox", checked: true, change: toggle(kind) }),
      svg("svg", { width: 22, height: 12, "aria-hidden": "true" }, svg("path", { class: "arrow " + kind, d: "M1 6H14" }), svg("path", { class: "arrowhead " + kind, d: "M14 2l7 4l-7 4z" })), " " + name)),
      el("span", {}, svg("svg", { width: 16, height: 16, "aria-hidden": "true" }, svg("rect", { class: "endback kill", width: 16, height: 16, rx: 2 }), svg("path", { class: "cross", d: "M4 4l8 8m0 -8l-8 8" })), " killed"),
      el("span", {}, svg("svg", { width: 16, height: 16, "aria-hidden": "true" }, svg("circle", { class: "endback reap", cx: 8, cy: 8, r: 8 }), svg("path", { class: "cross", d: "M4 4l8 8m0 -8l-8 8" })), " reaped with its namespace"),
      el("span", {}, svg("svg", { width: 12, height: 12, "aria-hidden": "true" }, svg("rect", { class: "endback fail", x: 2, y: 2, width: 8, height: 8 })), " exit status not 0"));
  },

  show() {
    this.phases.checked = view.now.ph !== "";
    this.lanes = lanesOf(wantedNow(), view.now.ph !== "");
    this.joined = arrowsOf(this.lanes);
    this.at = Math.max(this.lanes.findIndex((lane) => lane.p && lane.p === view.selected), 0);
    this.mark = -1;
    this.room.style.height = this.lanes.length * laneHeight + axisHeight + "px";
    this.host.classList.toggle("nothing", this.lanes.length === 0);
    this.now();
  },

  select() {
    const n = this.lanes.findIndex((lane) => lane.p && lane.p === view.selected);
    if (n >= 0) this.go(n, false);
    this.render();
  },

  now() {
    if (this.host.offsetParent === null) return;
    const { from, to } = view.span;
    const width = this.host.clientWidth;
    const height = this.all ? Math.min(this.lanes.length, 300) * laneHeight : Math.max(this.host.clientHeight - axisHeight, 0);
    this.chart = new Chart({
      from, to, width, height, lanes: this.lanes, joined: this.joined, layers: this.layers, at: this.at, chosen: view.selected,
      gutter: Math.min(Math.max(170, Math.min(230, width * 0.24)), width * 0.44), top: this.all ? 0 : this.host.scrollTop,
    });
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height + axisHeight);
    this.svg.replaceChildren(...[this.chart.draw()].flat(4).filter(Boolean));
    this.range.textContent = rangeText(from, to);
  },

  print(on) {
    this.all = on && this.host.offsetParent !== null;
    this.host.classList.toggle("whole", this.all);
    this.host.dataset.more = this.all && this.lanes.length > 300 ? this.lanes.length - 300 + " more lanes are not printed" : "";
    this.now();
  },

  zoomBy(factor, centre) {
    const { from, to } = view.span;
    const middle = centre ?? (from + to) / 2;
    view.zoom(middle - (middle - from) * factor, middle + (to - middle) * factor);
  },

  pan(part) {
    const { from, to } = view.span;
    view.zoom(from + (to - from) * part, to + (to - from) * part);
  },

  timeAt(event) {
    return this.chart.from + (event.clientX - this.svg.getBoundingClientRect().left - this.chart.gutter) / this.chart.scale;
  },

  wheel(event) {
    const onAxis = event.clientY - this.svg.getBoundingClientRect().top < axisHeight;
    if (event.ctrlKey || event.metaKey || onAxis) this.zoomBy(1.0015 ** event.deltaY, this.timeAt(event));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan((event.deltaX || event.deltaY) / 1000);
    else return;
    event.preventDefault();
  },

  /** press begins a drag: over the axis it moves the time, below it chooses a span. */
  press(event) {
    if (event.button !== 0 || !this.chart) return;
    const box = this.svg.getBoundingClientRect();
    const start = event.clientX, began = view.span, scale = this.chart.scale;
    const pans = event.clientY - box.top < axisHeight || event.shiftKey;
    const inPlot = start - box.left > this.chart.gutter && start - box.left < this.chart.width;
    let dragged = false;
    const move = (to) => {
      if (!inPlot || (!dragged && Math.abs(to.clientX - start) < 5)) return;
      dragged = true;
      this.hideTip();
      if (pans) return view.zoom(began.from - (to.clientX - start) / scale, began.to - (to.clientX - start) / scale);
      this.band.hidden = false;
      this.band.style.left = Math.min(start, to.clientX) - box.left + "px";
      this.band.style.width = Math.abs(to.clientX - start) + "px";
    };
    const up = (to) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
      this.band.hidden = true;
      if (to.type === "pointercancel") return;
      if (!dragged) return this.clicked(event);
      if (!pans) {
        const [a, b] = [start, to.clientX].sort((x, y) => x - y).map((clientX) => this.timeAt({ clientX }));
        view.zoom(a, b);
      }
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
  },

  laneAt(event) {
    const y = event.clientY - this.svg.getBoundingClientRect().top - axisHeight;
    return y < 0 ? -1 : Math.floor((y + this.chart.top) / laneHeight);
  },

  clicked(event) {
    const n = this.laneAt(event), lane = this.lanes[n];
    if (!lane) return;
    this.go(n, false);
    const p = lane.p ?? (lane.phase && processes[lane.phase.process]);
    if (p) view.select(p);
  },

  fit(event) {
    const p = this.lanes[this.laneAt(event)]?.p;
    if (!p) return;
    const from = Math.max(p.start, whole.from), to = Math.min(p.end ?? whole.to, whole.to);
    if (to > from) view.zoom(from - (to - from) * 0.1, to + (to - from) * 0.25);
  },

  point(event) {
    if (!this.chart || event.buttons !== 0 || event.target.closest(".tip")) return;
    const n = this.laneAt(event), lane = this.lanes[n];
    if (!lane || lane.head) return this.hideTip();
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    // An end is drawn larger than what came just before it.
    const far = (mark) => Math.abs(mark.x - x) - (mark.kind === "exit" ? 4 : 0);
    let best = null;
    for (const mark of this.chart.marks) {
      if (mark.lane === n && far(mark) < 6 && (!best || far(mark) <= far(best))) best = mark;
    }
    this.showTip(lane, best, x, this.chart.y(n) + axisHeight + laneHeight);
  },

  showTip(lane, mark, x, y) {
    this.tip.replaceChildren(...tipOf(lane, mark));
    this.tip.hidden = false;
    const { width, height } = this.chart;
    const left = Math.max(4, Math.min(x + 12, width - this.tip.offsetWidth - 8));
    const below = y + this.tip.offsetHeight < height + axisHeight;
    this.tip.style.transform = "translate(" + left + "px," + (below ? y + 4 : Math.max(0, y - laneHeight - this.tip.offsetHeight - 4)) + "px)";
  },

  hideTip() {
    this.tip.hidden = true;
  },

  go(n, tell = true) {
    this.at = n;
    this.mark = -1;
    const top = n * laneHeight, seen = this.host.clientHeight - axisHeight;
    if (top < this.host.scrollTop) this.host.scrollTop = top;
    else if (top + laneHeight > this.host.scrollTop + seen) this.host.scrollTop = top + laneHeight - seen;
    this.now();
    if (tell) this.tell(null);
  },

  /** tell shows and says what the keys have led to. */
  tell(row) {
    const lane = this.lanes[this.at];
    if (!lane || !this.chart) return;
    const mark = row === null ? null : { row, kind: kinds[rows.kind[row]] };
    const x = row === null ? this.chart.gutter : this.chart.x(rows.time[row]);
    if (lane.head) this.hideTip();
    else this.showTip(lane, mark, x, this.chart.y(this.at) + axisHeight + laneHeight);
    say(lane.head ?? tipOf(lane, mark).map((line) => line.textContent).join(". "));
  },

  /** step goes to the next event of the lane, and moves the time to it. */
  step(by) {
    const p = this.lanes[this.at]?.p;
    const list = p ? [...about.of(p)].filter((row) => rows.kind[row] !== kindOf.snapshot) : [];
    if (list.length === 0) return;
    this.mark = Math.max(0, Math.min(list.length - 1, this.mark < 0 && by < 0 ? list.length - 1 : this.mark + by));
    const row = list[this.mark], { from, to } = view.span, t = rows.time[row];
    if (t < from || t > to) view.zoom(t - (to - from) / 2, t + (to - from) / 2);
    this.now();
    this.tell(row);
  },

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || (event.key === "Escape" && this.tip.hidden)) return;
    const to = moveBy(event.key, this.at, this.lanes.length, Math.max(1, Math.floor(this.chart?.height / laneHeight) - 1));
    const acts = {
      "+": () => this.zoomBy(0.5), "=": () => this.zoomBy(0.5), "-": () => this.zoomBy(2), "0": () => view.set({ t: "" }),
      ArrowLeft: () => this.pan(-0.15), ArrowRight: () => this.pan(0.15), ".": () => this.step(1), ",": () => this.step(-1),
      Enter: () => this.lanes[this.at]?.p && view.select(this.lanes[this.at].p), Escape: () => this.hideTip(),
    };
    if (to !== null && this.lanes.length > 0) this.go(to);
    else if (acts[event.key]) acts[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
};

/** rangeText is the part of the recording that is seen, without the room that a drawing has beside it. */
function rangeText(from, to) {
  const first = Math.max(from, whole.from), last = Math.min(to, whole.to);
  if (first >= last) return "outside of the recording";
  const all = first === whole.from && last === whole.to;
  return clock(first) + " to " + clock(last) + " UTC, " + span(last - first) + (all ? ", all of the recording" : "");
}

/** tipOf is what is said of a lane, or of an event on it. */
function tipOf(lane, mark) {
  const line = (text, kind) => el("div", { class: kind }, foreign(text));
  if (lane.phase) {
    const f = lane.phase;
    return [line(f.name, "tiphead"), line(f.who), line(clock(f.begin) + (f.moment ? "" : f.end < 0 ? ", its end is not seen" : ", " + span(f.end - f.begin)), "dim")];
  }
  const p = lane.p;
  const head = line(title(p) + (p.label ? ", " + p.label : ""), "tiphead");
  if (mark && mark.row !== undefined) {
    return [head, line(rows.what(mark.row)), line(kinds[rows.kind[mark.row]] + " at " + clock(rows.time[mark.row]) + ", " + since(rows.time[mark.row]), "dim")];
  }
  const lived = p.end === null ? "from " + date(p.start) : "lived " + span(p.end - p.start);
  return [head, p.command ? line(p.command, "mono") : null, line(fate(p), fateClass(p)), line(lived + (p.container >= 0 ? ", in " + containerOf(p.container) : ""), "dim")].filter(Boolean);
}

const timelinePanel = { panel: timeline.build(), show: () => timeline.show(), select: () => timeline.select(), zoom: () => timeline.render() };
