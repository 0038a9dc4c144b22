// Elements are made by name and filled with text nodes: no string of the data is ever parsed as HTML.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "css")
      for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

// Shapes differ as well as colours, so that status and verdict can be read without colour.
const SHAPES = {
  ok: ["circle", { cx: 6, cy: 6, r: 4.5 }],
  valid: ["circle", { cx: 6, cy: 6, r: 4.5 }],
  noisy: ["path", { d: "M6 1 11.2 10.5H.8Z" }],
  invalid: ["path", { d: "M1.5 1.5h9v9h-9Z" }],
  failed: ["path", { d: "M2 2l8 8M10 2l-8 8", class: "stroke" }],
  crashed: ["path", { d: "M6 .5 7.3 4 11 3 8.3 6 11 9 7.3 8 6 11.5 4.7 8 1 9 3.7 6 1 3l3.7 1Z" }],
  timeout: ["path", { d: "M6 1.2a4.8 4.8 0 1 0 .01 0M6 3.4V6l2 1.6", class: "stroke" }],
  mismatch: ["path", { d: "M1.5 4.2h9M1.5 7.8h9M8.2 1.5 3.8 10.5", class: "stroke" }],
  unsupported: ["path", { d: "M6 1.2a4.8 4.8 0 1 0 .01 0M2.7 9.3l6.6-6.6", class: "stroke" }],
  unavailable: ["circle", { cx: 6, cy: 6, r: 4.4, class: "stroke" }],
};

export function icon(name) {
  const [tag, attributes] = SHAPES[name] ?? SHAPES.failed;
  return s(
    "svg",
    { viewBox: "0 0 12 12", class: `icon is-${name}`, "aria-hidden": "true" },
    s(tag, attributes),
  );
}

export function badge(name) {
  return h("span", { class: `badge is-${name}` }, icon(name), name);
}

let popover = null;

export function closePopover() {
  const back = popover?.anchor;
  popover?.element.remove();
  popover = null;
  return back;
}

// One small window at a time, below the button that opened it; Escape or a click elsewhere closes it.
export function openPopover(anchor, label, ...content) {
  const again = popover?.anchor === anchor;
  closePopover();
  if (again) return null;
  const element = h("div", { class: "popover", role: "dialog", "aria-label": label }, content);
  document.body.append(element);
  const box = anchor.getBoundingClientRect();
  const left = Math.max(
    8,
    Math.min(box.left, document.documentElement.clientWidth - element.offsetWidth - 8),
  );
  element.style.left = `${left + window.scrollX}px`;
  element.style.top = `${box.bottom + window.scrollY + 4}px`;
  popover = { element, anchor };
  element.querySelector("input, button, select")?.focus();
  return element;
}

document.addEventListener("pointerdown", (event) => {
  if (popover && !popover.element.contains(event.target) && !popover.anchor.contains(event.target))
    closePopover();
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Escape" && popover) {
      closePopover().focus();
      event.stopPropagation();
    }
  },
  true,
);
