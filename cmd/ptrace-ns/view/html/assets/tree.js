// A foldable tree, for processes and for namespaces. Nodes are objects with n.

class Tree {
  /** shape: label, draw(node) → cells, childrenOf(node), open(node). */
  constructor(shape) {
    Object.assign(this, shape);
    this.folded = new Set();
    this.list = [];
    this.at = 0;
    this.id = "tree-" + this.name + "-";
    this.host = el("div", {
      class: "rows tree", role: "tree", tabindex: "0", "aria-label": this.label, "data-none": "Nothing matches.",
      keydown: (event) => this.key(event), click: (event) => this.click(event),
    });
    this.rows = new Rows(this.host, 26, (n) => this.row(n));
  }

  /** show shows the nodes below the roots that keep chooses; above are drawn pale. */
  show(roots, keep) {
    const shown = keep && chosen(roots, this.childrenOf, keep);
    this.list = [];
    const stack = [];
    const push = (nodes, depth, parent) => {
      const all = shown ? nodes.filter((node) => shown.has(node)) : nodes;
      for (let i = all.length - 1; i >= 0; i--) stack.push({ node: all[i], depth, parent, place: i + 1, of: all.length });
    };
    push(roots, 1, -1);
    while (stack.length > 0) {
      const item = stack.pop();
      const below = this.childrenOf(item.node);
      item.branch = shown ? below.some((node) => shown.has(node)) : below.length > 0;
      item.open = item.branch && !this.folded.has(item.node);
      item.pale = Boolean(shown) && !keep(item.node);
      const at = this.list.push(item) - 1;
      if (item.open) push(below, item.depth + 1, at);
    }
    this.again = () => this.show(roots, keep);
    this.at = Math.min(this.at, Math.max(0, this.list.length - 1));
    this.host.classList.toggle("nothing", this.list.length === 0);
    this.rows.show(this.list.length);
    this.mark();
  }

  row(n) {
    const { node, depth, branch, open, pale, place, of } = this.list[n];
    const row = el("div", {
      class: "row" + (pale ? " pale" : "") + (n === this.at ? " at" : ""), role: "treeitem", id: this.id + n, "data-row": n,
      "aria-level": depth, "aria-posinset": place, "aria-setsize": of, "aria-expanded": branch ? String(open) : null,
      "aria-selected": node === this.chosen?.() ? "true" : "false",
    }, el("span", { class: branch ? "fold" : "fold leaf", "aria-hidden": "true" }, branch ? (open ? "▾" : "▸") : ""), this.draw(node));
    row.style.paddingInlineStart = Math.min(depth - 1, 24) * 18 + 4 + "px";
    return row;
  }

  click(event) {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    this.go(Number(row.dataset.row));
    if (event.target.closest(".fold:not(.leaf)")) this.fold();
    else this.open(this.list[this.at].node);
  }

  fold(to) {
    const { node, branch, open } = this.list[this.at] ?? {};
    if (!branch || to === open) return;
    if (open) this.folded.add(node);
    else this.folded.delete(node);
    this.again();
  }

  /** foldAll folds or unfolds everything below the roots. */
  foldAll(nodes) {
    this.folded = new Set(nodes);
    this.again();
  }

  key(event) {
    const item = this.list[this.at];
    if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
    const to = moveBy(event.key, this.at, this.list.length, this.rows.page);
    if (to !== null) this.go(to);
    else if (event.key === "ArrowRight") item.open ? this.go(this.at + 1) : this.fold(true);
    else if (event.key === "ArrowLeft") item.open ? this.fold(false) : item.parent >= 0 && this.go(item.parent);
    else if (event.key === "Enter" || event.key === " ") this.open(item.node);
    else return;
    event.preventDefault();
  }

  go(n) {
    this.at = n;
    this.rows.reveal(n);
    this.mark();
  }

  /** find moves to a node, unfolding what is above. */
  find(node, parentOf) {
    for (let up = parentOf(node); up; up = parentOf(up)) this.folded.delete(up);
    this.again();
    const n = this.list.findIndex((item) => item.node === node);
    if (n >= 0) this.go(n);
  }

  mark() {
    for (const [n, row] of this.rows.drawn) {
      row.classList.toggle("at", n === this.at);
      row.setAttribute("aria-selected", String(this.list[n].node === this.chosen?.()));
    }
    if (this.rows.drawn.has(this.at)) this.host.setAttribute("aria-activedescendant", this.id + this.at);
    else this.host.removeAttribute("aria-activedescendant");
  }
}

/** chosen is who keep chooses, with all above. */
function chosen(roots, childrenOf, keep) {
  const all = new Set();
  const stack = roots.map((node) => ({ node, up: null }));
  while (stack.length > 0) {
    const item = stack.pop();
    if (keep(item.node)) for (let up = item; up && !all.has(up.node); up = up.up) all.add(up.node);
    for (const node of childrenOf(item.node)) stack.push({ node, up: item });
  }
  return all;
}

const processTree = new Tree({
  name: "processes",
  label: "processes, each below its last parent",
  childrenOf: (p) => p.children,
  chosen: () => view.selected,
  open: (p) => view.select(p),
  draw: (p) => processCells(p, view.needles),
});

/** badge holds a text; where room is scarce one that is short anyway is not shortened. */
function badge(kind, text, needles) {
  return el("span", { class: "badge " + kind + (text.length <= 6 ? " short" : "") }, foreign(text, needles));
}

/** processCells are what a line on a process shows. */
function processCells(p, needles) {
  const moved = movesOf(p);
  return [
    el("span", { class: "pid" }, marked(p.chain, needles)),
    el("span", { class: "command" }, foreign(p.command || p.name, needles), p.command && p.image ? el("span", { class: "dim" }, " [image ", foreign(p.image, needles), "]") : null),
    p.label ? badge("role", p.label, needles) : null,
    p.container >= 0 && processes[p.parent]?.container !== p.container ? badge("container", containerOf(p.container), needles) : null,
    p.flags & flag.init ? el("span", { class: "badge ns" }, "PID 1 of " + (data.namespaces[p.namespace]?.inum ?? "its namespace")) : null,
    moved.length > 0 ? el("span", { class: "badge moved", title: "got a new parent" }, "↪ was child of ", foreign(processes[moved[0].from]?.name ?? "?")) : null,
    el("span", { class: "fate " + fateClass(p) }, fate(p)),
  ];
}

function fateClass(p) {
  if (p.flags & flag.reaped) return "reaped";
  if (isKilled(p)) return "killed";
  if (p.flags & flag.failed) return "failed";
  return p.state === "live" ? "alive" : "over";
}

const movesOf = (() => {
  const all = new Map();
  for (const move of moves) {
    if (!all.has(move.process)) all.set(move.process, []);
    all.get(move.process).push(move);
  }
  return (p) => all.get(p.n) ?? [];
})();

const treePanel = (() => {
  const parentOf = (p) => processes[p.parent];
  const panel = el("div", { class: "fullpanel" },
    el("div", { class: "bar" },
      el("button", { type: "button", click: () => processTree.foldAll([]) }, "Unfold all"),
      el("button", { type: "button", click: () => processTree.foldAll(processes.filter((p) => p.children.length > 0 && p.parent >= 0)) }, "Fold all"),
      el("span", { class: "hint" }, "Enter tells a process's story, ← and → fold")),
    processTree.host);
  for (const p of processes) if (p.flags & flag.kthread && p.children.length > 0) processTree.folded.add(p);
  return {
    panel,
    show: () => processTree.show(roots, wantedNow()),
    select: () => (view.selected ? processTree.find(view.selected, parentOf) : processTree.mark()),
  };
})();
