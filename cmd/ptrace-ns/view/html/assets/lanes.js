// Lanes: a line of the timeline each for a process, by PID namespace.

const laneHeight = 22, axisHeight = 22;

/** lanesOf lists the lanes of the processes that keep chooses, with their groups' heads. */
function lanesOf(keep, phases) {
  const lanes = phases ? phaseLanes() : [];
  const groups = data.namespaces.map(() => []);
  const others = [];
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const p = stack.pop();
    if (keep(p)) (groups[p.namespace] ?? others).push(p);
    for (let i = p.children.length - 1; i >= 0; i--) stack.push(p.children[i]);
  }
  groups.forEach((members, n) => {
    if (members.length === 0) return;
    lanes.push({ head: namespaceTitle(data.namespaces[n]), tint: tint(n) });
    for (const p of members) lanes.push({ p, tint: tint(n) });
  });
  if (others.length > 0) {
    lanes.push({ head: "PID namespace not known", tint: 0 });
    for (const p of others) lanes.push({ p, tint: 0 });
  }
  return lanes;
}

const tint = (namespace) => (namespace <= 0 ? 0 : 1 + ((namespace - 1) % 6));

function namespaceTitle(ns) {
  if (ns.level === 0) return "initial PID namespace";
  return "PID namespace " + ns.inum + ", level " + ns.level + (ns.container >= 0 ? ", container " + containerOf(ns.container) : "") +
    ({ dying: ", dying", over: ", ended" }[ns.state] ?? "");
}

function phaseLanes() {
  const lanes = [];
  for (const start of data.starts) {
    if (start.phases.length === 0) continue;
    lanes.push({ head: "phases of " + start.title, tint: 0 });
    for (const phase of start.phases) lanes.push({ phase, tint: 0 });
  }
  return lanes;
}

/** arrowsOf lists what joins two lanes at a moment: births, new parents, signals, kills. */
function arrowsOf(lanes) {
  const at = new Map();
  lanes.forEach((lane, n) => lane.p && at.set(lane.p.n, n));
  const all = [];
  const add = (kind, from, to, time, sure = true) => {
    const a = at.get(from), b = at.get(to);
    if (a !== undefined && b !== undefined && a !== b) all.push({ kind, a, b, time, sure });
  };
  for (const lane of lanes) {
    const p = lane.p;
    if (!p) continue;
    if (p.flags & flag.born) {
      const parent = movesOf(p)[0]?.from ?? p.parent;
      const creator = p.creator >= 0 ? p.creator : parent;
      add("fork", creator, p.n, p.start);
      if (parent !== creator) add("parentage", parent, p.n, p.start);
    }
    for (const move of movesOf(p)) add("move", p.n, move.to, move.time, move.sure);
    if (isKilled(p) && p.end !== null) add(p.flags & flag.reaped ? "reap" : "kill", p.killedBy, p.n, p.end);
    const fatal = fatalSignal(p);
    for (const row of p.signals) if (row !== fatal) add("signal", rows.other[row], p.n, rows.time[row]);
  }
  return all;
}

/** fatalSignal is the row of the signal that a kill is drawn for already; undefined is none. */
function fatalSignal(p) {
  if (!isKilled(p) || p.end === null || p.flags & flag.reaped) return undefined;
  const name = p.exit.match(/SIG\w+/)?.[0];
  return p.signals.filter((row) => rows.other[row] === p.killedBy && rows.what(row).match(/SIG\w+/)?.[0] === name).at(-1);
}
