// Long lists: only the rows that are seen exist.

const printed = 2000;

class Rows {
  /** draw(n) makes row n. The host scrolls; head, if any, stays on top. */
  constructor(host, height, draw, head = null) {
    Object.assign(this, { host, height, draw, head, count: 0, drawn: new Map(), all: false });
    this.room = el("div", { class: "room", role: "presentation" });
    if (head) host.append(head);
    host.append(this.room);
    this.render = later(() => this.now());
    host.addEventListener("scroll", this.render, { passive: true });
    new ResizeObserver(this.render).observe(host);
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  /** show draws so many rows anew. */
  show(count) {
    this.count = count;
    this.room.style.height = count * this.height + "px";
    this.drawn.clear();
    this.now();
  }

  /** again draws what is seen anew. */
  again() {
    this.drawn.clear();
    this.render();
  }

  now() {
    const seen = this.host.clientHeight;
    let first = Math.max(0, Math.floor(this.host.scrollTop / this.height) - 4);
    let last = Math.min(this.count, Math.ceil((this.host.scrollTop + seen) / this.height) + 4);
    if (this.all) [first, last] = [0, Math.min(this.count, printed)];
    const kept = new Map();
    for (let n = first; n < last; n++) {
      const row = this.drawn.get(n) ?? this.draw(n);
      row.style.transform = "translateY(" + n * this.height + "px)";
      kept.set(n, row);
    }
    this.room.replaceChildren(...kept.values());
    this.drawn = kept;
  }

  print(on) {
    this.all = on && this.host.offsetParent !== null;
    this.host.classList.toggle("whole", this.all);
    this.host.dataset.more = this.all && this.count > printed ? this.count - printed + " more rows are not printed" : "";
    this.now();
  }

  /** reveal scrolls until row n is seen. */
  reveal(n) {
    const top = n * this.height, head = this.head ? this.head.offsetHeight : 0;
    const seen = this.host.clientHeight - head;
    if (top < this.host.scrollTop) this.host.scrollTop = top;
    else if (top + this.height > this.host.scrollTop + seen) this.host.scrollTop = top + this.height - seen;
    this.now();
  }

  get page() {
    return Math.max(1, Math.floor(this.host.clientHeight / this.height) - 1);
  }
}

/** moveBy returns the row that a key leads to, or null for other keys. */
function moveBy(key, at, count, page) {
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 }[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}
