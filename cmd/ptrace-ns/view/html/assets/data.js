// The recording: what docs of the Go side call a document, as objects.

const data = JSON.parse(document.getElementById("data").textContent);
const flag = { kthread: 1, subreaper: 2, init: 4, killed: 8, reaped: 16, failed: 32, born: 64, unknown: 128 };

/** sums turns differences into values. */
function sums(differences) {
  const all = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < all.length; i++) all[i] = sum += differences[i];
  return all;
}

const rows = {
  count: data.events.seq.length,
  seq: sums(data.events.seq),
  time: sums(data.events.time),
  kind: Uint8Array.from(data.events.kind),
  process: Int32Array.from(data.events.process),
  other: Int32Array.from(data.events.other),
  container: Int32Array.from(data.events.container),
  cpu: data.events.cpu,
  what: (row) => data.strings[data.events.what[row]],
};
const kinds = data.kinds;
const kindOf = Object.fromEntries(kinds.map((name, n) => [name, n]));

const processes = data.processes.id.map((id, n) => {
  const c = data.processes;
  const word = (column) => data.strings[c[column][n]];
  return {
    n, id, pid: id.slice(0, id.indexOf("-")), start: c.start[n], end: null,
    name: word("name"), command: word("command"), image: word("image"), chain: word("chain") || id.slice(0, id.indexOf("-")),
    label: word("label"), state: word("state"), exit: word("exit"), killer: word("killer"), flags: c.flags[n],
    parent: c.parent[n], creator: c.creator[n], namespace: c.namespace[n], container: c.container[n], killedBy: c.killed_by[n],
    children: [], created: [], execs: [], signals: [], active: false, hay: null,
  };
});

for (const p of processes) {
  if (p.parent >= 0) processes[p.parent].children.push(p);
  if (data.processes.life[p.n] > 0) p.end = p.start + data.processes.life[p.n];
}
const byAge = (a, b) => a.start - b.start || a.pid - b.pid;
for (const p of processes) p.children.sort(byAge);
const roots = processes.filter((p) => p.parent < 0).sort(byAge);

const moves = data.moves.process.map((process, i) => ({
  process, time: data.moves.time[i], from: data.moves.from[i], to: data.moves.to[i],
  why: data.strings[data.moves.why[i]], sure: data.moves.sure[i] === 1,
}));

/** about lists the rows of each process: those of process n are from at[n] to at[n + 1]. */
const about = (() => {
  const at = new Int32Array(processes.length + 1);
  for (const n of rows.process) if (n >= 0) at[n + 1]++;
  for (let n = 0; n < processes.length; n++) at[n + 1] += at[n];
  const next = at.slice();
  const list = new Int32Array(at[processes.length]);
  for (let row = 0; row < rows.count; row++) {
    const n = rows.process[row];
    if (n >= 0) list[next[n]++] = row;
  }
  return { of: (p) => list.subarray(at[p.n], at[p.n + 1]) };
})();

/** whole is the time of the recording; what is in it from before it has times of its own. */
const whole = { from: 0, to: Math.max(data.meta.end, 1) };

(() => {
  for (let row = 0; row < rows.count; row++) {
    const kind = rows.kind[row];
    if (kind === kindOf.snapshot) continue;
    whole.from = Math.min(whole.from, rows.time[row]);
    const p = processes[rows.process[row]], other = processes[rows.other[row]];
    if (p) p.active = true;
    if (other) other.active = true;
    if (!p) continue;
    if (kind === kindOf.exec) p.execs.push(row);
    else if (kind === kindOf.signal) p.signals.push(row);
    else if (kind === kindOf.exit) p.end = rows.time[row];
  }
})();

/** drawn is what a drawing of all shows: there is room for what is written beside an end. */
const drawn = { from: whole.from - (whole.to - whole.from) * 0.02, to: whole.to + (whole.to - whole.from) * 0.12 };

const someActive = processes.some((p) => p.active);
const isKilled = (p) => (p.flags & flag.killed) !== 0;
const isEnded = (p) => p.state === "exited" || p.state === "gone" || p.state === "zombie" || p.state === "ending";
const containerOf = (n) => (n >= 0 ? data.containers[n].label : "");

/** title names a process. */
const title = (p) => p.chain + " " + p.name;

/** fate says how a process is at the end. */
function fate(p) {
  if (p.exit) return p.exit + p.killer + (p.state === "zombie" ? ", not reaped" : "");
  return { live: "alive at the end", gone: "ended unseen", zombie: "ended, not reaped", ending: "ending", unseen: "only named by others" }[p.state] ?? p.state;
}

const byID = new Map(processes.map((p) => [p.id, p]));
