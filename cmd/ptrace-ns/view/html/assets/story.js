// The story of the selected process, beside every view.

const mostNamed = 50, mostEvents = 300;

const story = {
  build() {
    this.body = el("div", { class: "storybody" });
    this.head = el("h2", { tabindex: "-1", id: "storyhead" });
    this.panel = el("aside", { class: "story", "aria-labelledby": "storyhead", hidden: true, keydown: (event) => event.key === "Escape" && this.close() },
      el("div", { class: "storytop" }, this.head, el("button", { type: "button", class: "close", "aria-label": "Close the story", click: () => this.close() }, "✕")),
      this.body);
    return this.panel;
  },

  close() {
    view.select(null);
    document.querySelector(".panel:not([hidden]) [tabindex='0']")?.focus();
  },

  show() {
    const p = view.selected;
    this.panel.hidden = p === null;
    if (!p) return;
    this.head.replaceChildren(foreign(title(p)));
    this.body.replaceChildren(...[
      p.command ? el("p", { class: "mono" }, foreign(p.command)) : null,
      el("p", { class: "fate " + fateClass(p) }, foreign(fate(p))),
      el("ol", { class: "told" }, data.processes.story[p.n].map((line) => el("li", {}, foreign(data.strings[line])))),
      this.relatives(p), this.facts(p), this.events(p),
    ].filter(Boolean));
    this.body.scrollTop = 0;
    say("Story of " + title(p) + ": " + fate(p));
  },

  relatives(p) {
    const list = [
      ["creator", [processes[p.creator]]], ["parents", [...new Set([...movesOf(p).map((move) => processes[move.from]), processes[p.parent]])]],
      ["ended by", [processes[p.killedBy]]], ["children", p.children],
    ];
    return el("dl", { class: "relatives" }, list.map(([name, all]) => {
      const known = all.filter(Boolean);
      if (known.length === 0) return null;
      return [el("dt", {}, name), el("dd", {}, known.slice(0, mostNamed).map((q) => [this.link(q), " "]), known.length > mostNamed ? "and " + (known.length - mostNamed) + " more" : null)];
    }));
  },

  link(p) {
    return el("button", { type: "button", class: "link", click: () => view.select(p) }, foreign(title(p)));
  },

  facts(p) {
    const lines = ["id " + p.id, ...data.processes.facts[p.n].map((n) => data.strings[n])];
    return el("details", {}, el("summary", {}, "Identity, cgroup, namespaces"), el("ul", { class: "mono" }, lines.map((line) => el("li", {}, foreign(line)))));
  },

  events(p) {
    const list = about.of(p);
    return el("details", { open: list.length <= 30 }, el("summary", {}, list.length + (list.length === 1 ? " event" : " events")),
      el("ol", { class: "eventlist" }, [...list.subarray(0, mostEvents)].map((row) => el("li", {},
        el("span", { class: "dim" }, clock(rows.time[row]) + " "), el("strong", {}, kinds[rows.kind[row]]), " ", foreign(rows.what(row))))),
      list.length > mostEvents ? el("p", { class: "dim" }, "and " + (list.length - mostEvents) + " more") : null,
      el("p", { class: "bar" },
        el("button", { type: "button", click: () => view.set({ tab: "events", q: p.id, who: "all", kind: "", c: "" }, true) }, "In the table"),
        el("button", { type: "button", click: () => view.set({ tab: "timeline", who: p.active ? view.now.who : "all", q: "" }, true) }, "In the timeline"),
        el("button", { type: "button", click: () => view.set({ tab: "tree", q: "", who: p.active ? view.now.who : "all" }, true) }, "In the tree")));
  },
};
