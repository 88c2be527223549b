// Elements. Text gets into the page as text nodes and attributes only.

const svgSpace = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children.flat(3).filter((child) => child != null && child !== false && child !== ""));
  return node;
}

/** el makes an element; attributes that are functions listen to the event of that name. */
function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** svg makes an element of a drawing. */
function svg(name, attributes, ...children) {
  return fill(document.createElementNS(svgSpace, name), attributes, children);
}

/** marked is the text with the parts that a search found made visible. */
function marked(text, needles) {
  if (needles.length === 0 || text === "") return [text];
  const low = text.toLowerCase();
  const parts = [];
  let at = 0;
  while (at < text.length) {
    let next = -1, length = 0;
    for (const needle of needles) {
      const found = low.indexOf(needle, at);
      if (found >= 0 && (next < 0 || found < next)) [next, length] = [found, needle.length];
    }
    if (next < 0) break;
    parts.push(text.slice(at, next), el("mark", {}, text.slice(next, next + length)));
    at = next + length;
  }
  parts.push(text.slice(at));
  return parts;
}

/** own is what an object has of that name itself: names come from addresses, too. */
function own(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** foreign is text of the recording: it keeps its direction to itself. */
function foreign(text, needles = [], more = {}) {
  return el("bdi", more, marked(text, needles));
}

/** later calls the function once before the next picture, however often it was asked to. */
function later(f) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      f();
    });
  };
}

const say = (() => {
  const live = el("div", { class: "unseen", "aria-live": "polite" });
  document.body.append(live);
  return (text) => {
    live.textContent = text;
  };
})();
