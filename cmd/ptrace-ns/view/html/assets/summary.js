// The summary: what ran, in which containers and namespaces, and what is missing.

const whole100 = (value) => Math.round(value * 1e4) / 100 + "%";

function lossBanner() {
  const m = data.meta;
  const bad = [], unknown = [];
  if (m.damage) bad.push("The recording is damaged; this is what was whole: " + m.damage + ".");
  if (m.lost > 0) bad.push(m.lost + " kernel events found no room and are lost.");
  else if (m.gaps.length > 0) bad.push("Kernel events are lost.");
  for (const gap of m.gaps.slice(0, 5)) bad.push(gap.count + " between " + clock(gap.since) + " and " + clock(gap.at) + ".");
  if (m.gaps.length > 5) bad.push("… and " + (m.gaps.length - 5) + " more gaps.");
  if (m.beyond > 0) bad.push(m.beyond + " events are not in this report: it has the first " + rows.count + ".");
  if (!m.whole && !m.damage) unknown.push("The recording has no end that counts its events: what was lost is not known.");
  if (m.skipped) unknown.push("A newer program wrote it; passed over: " + m.skipped + ".");
  const kind = bad.length > 0 ? "bad" : unknown.length > 0 ? "unsure" : "good";
  const lines = [...bad, ...unknown];
  if (lines.length === 0) lines.push("Nothing was lost: the recording is whole, and every kernel event found room.");
  return el("p", { class: "banner " + kind, role: bad.length > 0 ? "alert" : "status" }, lines.map((line) => [foreign(line), " "]));
}

function figures() {
  const count = (f) => processes.filter(f).length;
  const list = [
    ["processes", processes.length, "all"], ["took part", count((p) => p.active), "part"], ["ended", count(isEnded), "ended"],
    ["killed", count(isKilled), "killed"], ["failed", count((p) => p.flags & flag.failed), "failed"],
  ];
  return el("ul", { class: "figures" }, list.map(([name, n, who]) => el("li", {},
    el("button", { type: "button", class: n > 0 ? who : "none", click: () => view.set({ tab: "tree", who }, true) },
      el("strong", {}, String(n)), " " + name))));
}

function eventCounts() {
  const counts = new Array(kinds.length).fill(0);
  for (const kind of rows.kind) counts[kind]++;
  const most = Math.max(...counts, 1);
  const list = counts.map((n, kind) => ({ n, name: kinds[kind] })).filter((c) => c.n > 0).sort((a, b) => b.n - a.n);
  return el("table", { class: "counts" }, el("caption", {}, rows.count + " events"), el("tbody", {}, list.map(({ n, name }) => {
    const bar = el("span", { class: "meter" });
    bar.style.width = whole100(n / most);
    return el("tr", {},
      el("th", { scope: "row" }, el("button", { type: "button", class: "link", click: () => view.set({ tab: "events", kind: name, who: "all" }, true) }, name)),
      el("td", { class: "number" }, String(n)), el("td", { class: "wide", "aria-hidden": "true" }, bar));
  })));
}

/** phaseTable draws the phases of a start, widths to scale within each section. */
function phaseTable(start) {
  const sections = [["start", "start"], ["run", "running"], ["end", "end"]];
  const body = [];
  for (const [section, label] of sections) {
    const phases = start.phases.filter((f) => f.section === section);
    if (phases.length === 0) continue;
    const from = Math.min(...phases.map((f) => f.begin));
    const to = Math.max(...phases.map((f) => Math.max(f.begin, f.end)), from + 1);
    body.push(el("tr", { class: "section" }, el("th", { colspan: "5", scope: "rowgroup" }, label + " at " + clock(from) + ", " + span(to - from))));
    for (const f of phases) body.push(phaseRow(f, from, to, start.began));
  }
  return el("table", { class: "phases" },
    el("colgroup", {}, ["when", "phase", "took", "scale", "who"].map((name) => el("col", { class: "col-" + name }))),
    el("thead", { class: "unseen" }, el("tr", {}, ["when", "phase", "took", "to scale", "who"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, body));
}

function phaseRow(f, from, to, began) {
  const bar = el("span", { class: "phasebar part-" + partClass(f.part) + (f.moment ? " moment" : "") + (f.end < 0 && !f.moment ? " open" : "") });
  bar.style.insetInlineStart = whole100((f.begin - from) / (to - from));
  if (!f.moment) bar.style.width = whole100(((f.end < 0 ? to : f.end) - f.begin) / (to - from));
  const p = processes[f.process];
  return el("tr", {},
    el("td", { class: "number" }, began >= 0 && f.begin >= began ? since(f.begin - began) : clock(f.begin)),
    el("th", { scope: "row" }, f.name),
    el("td", { class: "number" }, f.moment ? "" : f.end < 0 ? "?" : span(f.end - f.begin)),
    el("td", { class: "scale" }, bar),
    el("td", { class: "who" }, p ? el("button", { type: "button", class: "link", click: () => view.select(p) }, foreign(f.who)) : foreign(f.who)));
}

const parts = { client: "asks", stopper: "asks", shim: "shim", starter: "shim", cleanup: "shim", runtime: "runtime", command: "runtime", stage0: "runtime", stage1: "runtime", init: "init", helper: "helper" };
const partClass = (part) => own(parts, part) ?? "other";

function startCard(start, open) {
  const c = data.containers[start.container];
  const about = c ? [c.image && "image " + c.image, c.pod && "pod " + c.pod, c.id] : [];
  const from = start.began >= 0 ? start.began : whole.from;
  const to = start.ended >= 0 ? start.ended : whole.to;
  const last = Math.max(to, ...start.phases.map((f) => Math.max(f.begin, f.end)));
  return el("details", { class: "card", open },
    el("summary", {}, el("h3", {}, foreign(start.title)), el("span", { class: "dim" }, " ", foreign(about.filter(Boolean).join(", ")))),
    el("ul", { class: "told" }, start.sentences.map((line) => el("li", {}, foreign(line)))),
    el("p", { class: "bar" },
      el("button", { type: "button", click: () => view.set({ tab: "timeline", t: Math.round(from - (last - from) * 0.02) + "~" + Math.round(last + (last - from) * 0.05) }, true) }, "Show in the timeline"),
      processes[start.init] ? el("button", { type: "button", click: () => view.select(processes[start.init]) }, "Story of its init") : null),
    start.phases.length > 0 ? phaseTable(start) : null,
    start.absent.length > 0 ? el("p", { class: "dim" }, "Not known: " + start.absent.join(", ") + ".") : null);
}

function facts() {
  const m = data.meta;
  const list = [
    ["recording", m.file], ["began", date(0)], ["lasted", span(m.end)], ["host", m.host], ["kernel", m.kernel],
    ["recorded by", "ptrace-ns " + m.version], ["asked for", m.options.join(", ")],
    ["PID namespaces", namespacesText()], ["containers", String(data.containers.length)],
  ];
  return el("dl", { class: "facts" }, list.filter(([, value]) => value !== "").map(([name, value]) => [el("dt", {}, name), el("dd", {}, foreign(value))]));
}

/** namespacesText counts the PID namespaces; the one that every machine has is named. */
function namespacesText() {
  const more = data.namespaces.filter((ns) => ns.level > 0).length;
  return data.namespaces.length === more ? String(more) : more === 0 ? "only the initial one" : "the initial one and " + more + " below it";
}

const mostCards = 200;

const summaryPanel = (() => {
  const starts = [...data.starts].sort((a, b) => (b.began >= 0) - (a.began >= 0) || a.began - b.began);
  const fresh = starts.filter((s) => s.began >= 0).length;
  const panel = el("div", { class: "page" },
    lossBanner(), figures(),
    el("div", { class: "columns" }, facts(), eventCounts()),
    starts.length > 0 ? el("h2", {}, "Containers and PID namespaces") : el("p", { class: "dim" }, "No container and no PID namespace started, ran or ended in this recording, but the initial one."),
    starts.slice(0, mostCards).map((s, n) => startCard(s, n === 0 || (s.began >= 0 && fresh <= 3))),
    starts.length > mostCards ? el("p", { class: "dim" }, starts.length - mostCards + " more are not listed here.") : null);
  return { panel, show() {}, select() {} };
})();
