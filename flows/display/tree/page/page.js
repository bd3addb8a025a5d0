"use strict";
const nodes = JSON.parse(document.getElementById("nodes").textContent);
const told = document.getElementById("told");
const picture = document.getElementById("picture");
const ids = Object.keys(nodes).map(Number);
const children = {};
for (const id of ids) {
  const parent = nodes[id].parent;
  if (parent !== null) (children[parent] ??= []).push(id);
}
const box = (id) => document.getElementById(`n${id}`);
const height = (id) => box(id).getBoundingClientRect().top;
// Neighbours are those on the picture: the layout decides which child stands above which.
for (const below of Object.values(children)) below.sort((a, b) => height(a) - height(b));
let chosen = null;

function element(kind, text, className) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function block(name, text, className) {
  return text.trim() === "" ? [] : [element("h3", name), element("pre", text, className)];
}

function pair(one) {
  const line = document.createElement("div");
  const words = one.other === null ? element("span", one.sentence) : element("button", one.sentence);
  if (one.other !== null) words.addEventListener("click", () => choose(one.other));
  words.classList.add(one.role);
  line.append(words);
  return line;
}

function tell(id) {
  const node = nodes[id];
  const facts = document.createElement("dl");
  for (const [name, value] of node.facts) {
    const fact = document.createElement("div");
    fact.append(element("dt", name), element("dd", value));
    facts.append(fact);
  }
  const raw = document.createElement("details");
  raw.append(element("summary", "as the policy reads it"), element("pre", node.text));
  const pairs = node.pairs.length === 0 ? [] : [element("h3", "preference pairs"), ...node.pairs.map(pair)];
  const heading = document.createElement("h2");
  const link = element("a", node.parent === null ? `node ${id}: the problem` : `node ${id}`);
  link.href = `#n${id}`;
  heading.append(link);
  told.replaceChildren(
    heading, facts,
    ...block(node.parent === null ? "statement" : "code", node.code),
    ...block("output", node.output), ...block("error", node.error, "error"), ...pairs, raw,
  );
  told.scrollTop = 0;
}

function choose(id) {
  if (id === undefined || id === null) return;
  if (chosen !== null) {
    box(chosen).setAttribute("aria-selected", "false");
    box(chosen).setAttribute("tabindex", "-1");
  }
  chosen = id;
  box(id).setAttribute("aria-selected", "true");
  box(id).setAttribute("tabindex", "0");
  box(id).focus({ preventScroll: true });
  box(id).scrollIntoView({ block: "nearest", inline: "nearest" });
  tell(id);
}

function sibling(step) {
  const around = children[nodes[chosen].parent] ?? [chosen];
  return around[around.indexOf(chosen) + step];
}

function next(role) {
  const marked = ids.filter((id) => nodes[id].pairs.some((one) => one.role === role));
  return marked.find((id) => id > chosen) ?? marked[0];
}

const keys = {
  ArrowRight: () => (children[chosen] ?? [])[0],
  ArrowLeft: () => nodes[chosen].parent,
  ArrowDown: () => sibling(1),
  ArrowUp: () => sibling(-1),
  Home: () => ids[0],
  End: () => ids.at(-1),
  n: () => ids[ids.indexOf(chosen) + 1],
  p: () => ids[ids.indexOf(chosen) - 1],
  "+": () => next("chosen"),
  "-": () => next("rejected"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (told.contains(document.activeElement)) {
    if (event.key === "Escape") box(chosen).focus();
    return;
  }
  const go = keys[event.key];
  if (!go) return;
  event.preventDefault();
  choose(go());
});
picture.addEventListener("click", (event) => {
  const found = event.target.closest(".node");
  if (found) choose(Number(found.id.slice(1)));
});

/** Return the node that the address names, as in tree.html#n13; the root where it names none. */
function named() {
  const id = Number(location.hash.slice(2));
  return location.hash.startsWith("#n") && id in nodes ? id : ids[0];
}
window.addEventListener("hashchange", () => choose(named()));
choose(named());
