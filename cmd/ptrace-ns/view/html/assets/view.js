// What is looked at: tab, selected process, span of time and filters. It is the
// fragment of the address, so that a link keeps it.

const defaults = { tab: "summary", p: "", t: "", q: "", who: someActive ? "part" : "all", c: "", kind: "", ph: "" };

const view = {
  now: { ...defaults },
  listeners: [],
  onChange(f) {
    this.listeners.push(f);
  },

  /** set changes what is looked at. A step is one that "back" undoes. */
  set(change, step = false) {
    const before = this.now;
    this.now = { ...before, ...change };
    const changed = Object.keys(defaults).filter((key) => before[key] !== this.now[key]);
    if (changed.length === 0) return;
    history[step ? "pushState" : "replaceState"](null, "", this.fragment());
    this.tell(changed);
  },

  tell(changed) {
    for (const f of this.listeners) f(new Set(changed));
  },

  fragment() {
    const words = new URLSearchParams();
    for (const key of Object.keys(defaults)) {
      if (this.now[key] !== defaults[key]) words.set(key, this.now[key]);
    }
    return "#" + words.toString();
  },

  /** read takes over the address. */
  read() {
    const words = new URLSearchParams(location.hash.slice(1));
    const before = this.now;
    this.now = { ...defaults };
    for (const key of Object.keys(defaults)) if (words.has(key)) this.now[key] = words.get(key);
    return Object.keys(defaults).filter((key) => before[key] !== this.now[key]);
  },

  get selected() {
    return byID.get(this.now.p) ?? null;
  },

  /** span is the time looked at; what the address says is not trusted. */
  get span() {
    const [from, to] = this.now.t.split("~").map(Number);
    return this.now.t !== "" && from < to && Number.isFinite(from + to) ? { from, to } : { ...drawn };
  },

  get needles() {
    return this.now.q.toLowerCase().split(/\s+/).filter((word) => word !== "");
  },

  select(p) {
    this.set({ p: p ? p.id : "" }, true);
  },

  zoom(from, to) {
    const least = 100;
    if (to - from < least) [from, to] = [(from + to - least) / 2, (from + to + least) / 2];
    const width = Math.min(to - from, (drawn.to - drawn.from) * 1.5);
    const middle = (from + to) / 2;
    const t = Math.round(middle - width / 2) + "~" + Math.round(middle + width / 2);
    this.set({ t: width >= (drawn.to - drawn.from) * 1.49 ? "" : t });
  },
};

const whos = {
  part: ["that took part", (p) => p.active],
  all: ["all", () => true],
  alive: ["alive at the end", (p) => p.state === "live"],
  ended: ["ended", isEnded],
  killed: ["killed", isKilled],
  failed: ["failed", (p) => (p.flags & flag.failed) !== 0],
};

function hay(p) {
  p.hay ??= [p.id, p.chain, p.name, p.command, p.image, p.label, p.exit, containerOf(p.container), p.container >= 0 ? data.containers[p.container].id : ""].join("\n").toLowerCase();
  return p.hay;
}

/** wanted returns whether the filters choose a process. */
function wantedNow() {
  const who = (own(whos, view.now.who) ?? whos.all)[1];
  const needles = view.needles;
  const container = view.now.c;
  return (p) => who(p) && (container === "" || p.container >= 0 && data.containers[p.container].id === container) &&
    needles.every((needle) => hay(p).includes(needle));
}
