// The hierarchy of PID namespaces, with who lived in each.

const namespaceTree = (() => {
  const nodes = data.namespaces.map((ns, n) => ({ ns, n, below: [] }));
  const tops = [];
  nodes.forEach((node) => (nodes[node.ns.parent]?.below ?? tops).push(node));
  const members = nodes.map(() => []);
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const p = stack.pop();
    members[p.namespace]?.push({ p, below: [] });
    for (let i = p.children.length - 1; i >= 0; i--) stack.push(p.children[i]);
  }
  nodes.forEach((node, n) => {
    node.members = { ns: node.ns, list: members[n], below: members[n] };
    if (members[n].length > 0) node.below.unshift(node.members);
  });
  const tree = new Tree({
    name: "namespaces",
    label: "PID namespaces, each with the namespaces and processes in it",
    childrenOf: (node) => node.below,
    open: (node) => (node.list ? tree.fold() : view.select(node.p ?? processes[node.ns.init] ?? null)),
    draw: (node) => (node.p ? processCells(node.p, view.needles) : node.list ? membersCells(node) : namespaceCells(node)),
  });
  for (const node of nodes) if (node.members.list.length > 8) tree.folded.add(node.members);
  return { tree, tops, nodes };
})();

const membersCells = ({ ns, list }) => el("span", { class: "dim" }, list.length + (list.length === 1 ? " process" : " processes") + " seen in it, " + ns.members + " there at the end");

function namespaceCells({ ns }) {
  const init = processes[ns.init], creator = processes[ns.creator];
  const state = { live: "alive", dying: "killed", over: "over" }[ns.state];
  return [
    el("span", { class: "badge ns tint" + tint(data.namespaces.indexOf(ns)) }, "pid:[" + ns.inum + "]"),
    el("span", {}, ns.level === 0 ? "initial namespace" : "level " + ns.level),
    init ? el("span", { class: "command" }, "PID 1 is ", foreign(title(init) + (init.command ? "  " + init.command : ""))) : el("span", { class: "dim" }, "PID 1 not known"),
    ns.container >= 0 ? badge("container", containerOf(ns.container)) : null,
    creator ? el("span", { class: "dim" }, "created by ", foreign(title(creator)), ns.via ? " via " + ns.via : "") : null,
    ns.waiting.length > 0 ? el("span", { class: "fate killed" }, "waits for ", foreign(ns.waiting.join("; "))) : null,
    el("span", { class: "fate " + state }, ns.state === "over" ? "ended" + (ns.exit ? ": PID 1 " + ns.exit : "") : ns.state === "dying" ? "dying" : ns.age ? "for " + ns.age : ""),
  ];
}

const namespacesPanel = {
  panel: el("div", { class: "fullpanel" },
    el("div", { class: "bar" },
      el("button", { type: "button", click: () => namespaceTree.tree.foldAll([]) }, "Unfold all"),
      el("button", { type: "button", click: () => namespaceTree.tree.foldAll(namespaceTree.nodes.map((node) => node.members)) }, "Fold members"),
      el("span", { class: "hint" }, "a process belongs to one namespace, and has a PID in each above it")),
    namespaceTree.tree.host),
  show() {
    const keep = wantedNow();
    const filtered = view.needles.length > 0 || view.now.c !== "" || view.now.who !== "all";
    namespaceTree.tree.show(namespaceTree.tops, filtered ? (node) => (node.p ? keep(node.p) : !node.list && view.needles.length === 0 && view.now.c === "") : null);
  },
  select() {},
};
