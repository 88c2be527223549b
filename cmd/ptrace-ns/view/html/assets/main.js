// The frame: tabs, filters, and what happens when the view changes.

const panels = {
  summary: ["Summary", summaryPanel], timeline: ["Timeline", timelinePanel], tree: ["Processes", treePanel],
  namespaces: ["Namespaces", namespacesPanel], events: ["Events", eventsPanel],
};
const tabNames = Object.keys(panels);

const tabs = tabNames.map((name) => el("button", {
  type: "button", role: "tab", id: "tab-" + name, "aria-controls": "panel-" + name,
  click: () => view.set({ tab: name }, true),
}, panels[name][0]));

function tabKey(event) {
  const at = Math.max(tabNames.indexOf(view.now.tab), 0);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabNames.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const n = (to + tabNames.length) % tabNames.length;
  view.set({ tab: tabNames[n] }, true);
  tabs[n].focus();
}

const search = el("input", { type: "search", placeholder: "PID, name, argument, container …", "aria-label": "search processes", maxlength: 200, spellcheck: "false", autocomplete: "off" });
const who = el("select", { "aria-label": "which processes", change: () => view.set({ who: who.value }) },
  Object.entries(whos).map(([name, [label]]) => el("option", { value: name }, label)));
const inside = el("select", { "aria-label": "container", change: () => view.set({ c: inside.value }) },
  el("option", { value: "" }, "any container"), data.containers.slice(0, 1000).map((c) => el("option", { value: c.id }, c.label + (c.image ? " (" + c.image + ")" : ""))));
const found = el("output", { class: "range", "aria-live": "polite" });
const filters = el("div", { class: "filters", role: "search" },
  el("label", { class: "grow" }, el("span", { class: "unseen" }, "Search"), search),
  el("label", {}, "Processes ", who), data.containers.length > 0 ? el("label", {}, "in ", inside) : null, found);

const typed = later(() => view.set({ q: search.value }));
search.addEventListener("input", typed);

function frame() {
  const name = data.meta.host ? data.meta.host + ", " + date(0) : date(0);
  document.title = data.meta.file + " – ptrace-ns report";
  document.body.append(
    el("header", {}, el("h1", {}, foreign(data.meta.file)), el("span", { class: "dim" }, foreign(name)),
      el("div", { role: "tablist", "aria-label": "views", keydown: tabKey }, tabs)),
    filters,
    el("main", {}, tabNames.map((tab) => el("section", { class: "panel", role: "tabpanel", id: "panel-" + tab, "aria-labelledby": "tab-" + tab, hidden: true }, panels[tab][1].panel)),
      story.build()));
}

const filterKeys = ["q", "who", "c", "kind", "ph"];

function changed(what) {
  const name = Object.hasOwn(panels, view.now.tab) ? view.now.tab : "summary";
  const panel = panels[name][1];
  const filtered = filterKeys.some((key) => what.has(key));
  if (what.has("tab")) {
    tabs.forEach((tab, n) => {
      tab.setAttribute("aria-selected", String(tabNames[n] === name));
      tab.tabIndex = tabNames[n] === name ? 0 : -1;
      document.getElementById("panel-" + tabNames[n]).hidden = tabNames[n] !== name;
    });
    filters.hidden = name === "summary";
    tabs[tabNames.indexOf(name)].scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  if (filtered || what.has("tab")) {
    if (search.value !== view.now.q) search.value = view.now.q;
    who.value = Object.hasOwn(whos, view.now.who) ? view.now.who : "all";
    inside.value = view.now.c;
    const keep = wantedNow();
    found.textContent = processes.reduce((n, p) => n + (keep(p) ? 1 : 0), 0) + " of " + processes.length + " processes";
  }
  if (what.has("p")) story.show();
  if (filtered || what.has("tab")) panel.show();
  if (what.has("p") || what.has("tab")) panel.select();
  if (what.has("t")) panel.zoom?.();
}

frame();
view.onChange(changed);
addEventListener("popstate", () => view.tell(view.read()));
addEventListener("hashchange", () => view.tell(view.read()));
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, select, textarea") && !filters.hidden) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && view.selected && !event.defaultPrevented) story.close();
});
view.read();
changed(new Set(Object.keys(defaults)));
