// The table of events.

const eventTable = {
  list: new Uint32Array(0), at: 0,

  build() {
    const names = [["#", "number more"], ["time (UTC)", ""], ["since", "number more"], ["event", ""], ["container", "more"], ["PID", "more"], ["what", "wide"]];
    this.kind = el("select", { "aria-label": "kind of event", change: () => view.set({ kind: this.kind.value }) },
      el("option", { value: "" }, "all kinds"), kinds.filter((_, n) => rows.kind.includes(n)).map((name) => el("option", { value: name }, name)));
    this.count = el("output", { class: "range" });
    this.host = el("div", {
      class: "rows events", role: "grid", tabindex: "0", "aria-label": "events", "data-none": "No event matches.", "aria-rowcount": rows.count + 1,
      keydown: (event) => this.key(event), click: (event) => this.click(event),
    });
    const head = el("div", { class: "row header", role: "row", "aria-rowindex": "1" }, names.map(([name, kind]) => el("span", { role: "columnheader", class: kind }, name)));
    this.rows = new Rows(this.host, 24, (n) => this.row(n), head);
    return el("div", { class: "fullpanel" },
      el("div", { class: "bar" }, el("label", {}, "Events ", this.kind), this.count, el("span", { class: "hint" }, "Enter tells the story of the event's process")), this.host);
  },

  show() {
    this.kind.value = Object.hasOwn(kindOf, view.now.kind) ? view.now.kind : "";
    this.list = chosenRows();
    this.host.setAttribute("aria-rowcount", this.list.length + 1);
    this.count.textContent = this.list.length + " of " + rows.count;
    this.at = Math.min(this.at, Math.max(0, this.list.length - 1));
    this.host.classList.toggle("nothing", this.list.length === 0);
    this.rows.show(this.list.length);
    this.mark();
  },

  row(n) {
    const row = this.list[n], kind = kinds[rows.kind[row]], p = processes[rows.process[row]];
    const needles = view.needles;
    const cell = (kind, ...content) => el("span", { role: "gridcell", class: kind }, ...content);
    return el("div", { class: "row kind-" + kind + (n === this.at ? " at" : ""), role: "row", id: "event-" + n, "data-row": n, "aria-rowindex": n + 2, "aria-selected": p && p === view.selected ? "true" : "false" },
      cell("number dim more", String(rows.seq[row])), cell("mono", clock(rows.time[row])), cell("number dim more", since(rows.time[row])), cell("kind", kind),
      cell("more", foreign(containerOf(rows.container[row]), needles)), cell("pid more", p ? marked(p.chain, needles) : ""), cell("wide mono", foreign(rows.what(row), needles)));
  },

  click(event) {
    const row = event.target.closest("[data-row]");
    if (row) this.open(Number(row.dataset.row));
  },

  open(n) {
    this.go(n);
    const p = processes[rows.process[this.list[n]]];
    if (p) view.select(p);
  },

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || this.list.length === 0) return;
    const to = moveBy(event.key, this.at, this.list.length, this.rows.page);
    if (to !== null) this.go(to);
    else if (event.key === "Enter" || event.key === " ") this.open(this.at);
    else return;
    event.preventDefault();
  },

  go(n) {
    this.at = n;
    this.rows.reveal(n);
    this.mark();
  },

  mark() {
    for (const [n, row] of this.rows.drawn) {
      row.classList.toggle("at", n === this.at);
      const p = processes[rows.process[this.list[n]]];
      row.setAttribute("aria-selected", String(Boolean(p) && p === view.selected));
    }
    if (this.rows.drawn.has(this.at)) this.host.setAttribute("aria-activedescendant", "event-" + this.at);
    else this.host.removeAttribute("aria-activedescendant");
  },
};

/** chosenRows are the events that the filters choose: by their process, or by their own words. */
function chosenRows() {
  const needles = view.needles, kind = own(kindOf, view.now.kind) ?? -1;
  const who = (own(whos, view.now.who) ?? whos.all)[1];
  const chosenContainer = data.containers.findIndex((c) => c.id === view.now.c);
  const ok = processes.map((p) => who(p));
  const list = new Uint32Array(rows.count);
  let count = 0;
  for (let row = 0; row < rows.count; row++) {
    if (kind >= 0 && rows.kind[row] !== kind) continue;
    const n = rows.process[row];
    if (n >= 0 && !ok[n]) continue;
    if (view.now.c !== "" && rows.container[row] !== chosenContainer) continue;
    if (needles.length > 0) {
      const text = (n >= 0 ? hay(processes[n]) : "") + "\n" + kinds[rows.kind[row]] + "\n" + rows.what(row).toLowerCase();
      if (!needles.every((needle) => text.includes(needle))) continue;
    }
    list[count++] = row;
  }
  return list.subarray(0, count);
}

const eventsPanel = { panel: eventTable.build(), show: () => eventTable.show(), select: () => eventTable.mark() };
