// Plots in SVG at the width they are shown with: scales, axes, curves, points, and one tooltip for all.
import { h, s } from "./dom.js";
import { formatNumber } from "./data.js";

const MARGIN = { top: 26, right: 18, bottom: 46, left: 56 };
const REACH = 34; // pixels within which the pointer finds a point

function niceStep(range, wanted) {
  const rough = range / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 2.5 ? 2.5 : part <= 5 ? 5 : 10) * power;
}

export function linearScale(low, high, from, to, wanted = 5) {
  const step = niceStep(high - low || Math.abs(high) || 1, wanted);
  const first = Math.floor(low / step) * step;
  const last = Math.ceil(high / step) * step || step;
  const ticks = [];
  for (let at = first; at <= last + step / 2; at += step) ticks.push(Number(at.toPrecision(12)));
  return { ticks, place: (value) => from + ((value - first) / (last - first)) * (to - from) };
}

export function logScale(low, high, from, to) {
  const decades = Math.log10(high / low);
  const steps = decades > 2.5 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.log10(high) + 1; power++)
    for (const step of steps) ticks.push(Number((step * 10 ** power).toPrecision(3)));
  const first = Math.max(...ticks.filter((tick) => tick <= low * 1.0001));
  const last = Math.min(...ticks.filter((tick) => tick >= high * 0.9999));
  const [a, b] = [Math.log(first), Math.log(last === first ? first * 2 : last)];
  return {
    ticks: ticks.filter((tick) => tick >= first && tick <= last),
    place: (value) => from + ((Math.log(value) - a) / (b - a)) * (to - from),
  };
}

// Few counts, each with its tick, doubling by doubling.
export function countScale(values, from, to) {
  const [a, b] = [Math.log2(Math.min(...values)), Math.log2(Math.max(...values))];
  const place = (value) =>
    a === b ? (from + to) / 2 : from + ((Math.log2(value) - a) / (b - a)) * (to - from);
  return {
    ticks: thin(
      [...new Set(values)].sort((x, y) => x - y),
      place,
    ),
    place,
  };
}

function thin(ticks, place) {
  const kept = [];
  for (const tick of ticks)
    if (kept.length === 0 || Math.abs(place(tick) - place(kept.at(-1))) >= 22) kept.push(tick);
  return kept;
}

let tip = null;

export function showTip(lines, x, y) {
  if (!tip) document.body.append((tip = h("div", { class: "tip", role: "status" })));
  tip.replaceChildren(...lines);
  tip.hidden = false;
  const left = Math.min(x + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
  const top = y + 16 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 12 : y + 16;
  tip.style.left = `${Math.max(8, left) + window.scrollX}px`;
  tip.style.top = `${Math.max(8, top) + window.scrollY}px`;
}

export function hideTip() {
  if (tip) tip.hidden = true;
}

function axes(frame, spec) {
  const { x, y, left, right, top, bottom } = frame;
  return [
    y.ticks.map((tick) => [
      s("line", { class: "grid-line", x1: left, x2: right, y1: y.place(tick), y2: y.place(tick) }),
      s("text", { class: "tick", x: left - 8, y: y.place(tick) + 4, "text-anchor": "end" }, formatTick(tick)),
    ]),
    s("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }),
    thin(x.ticks, x.place).map((tick) => [
      s("line", { class: "axis", x1: x.place(tick), x2: x.place(tick), y1: bottom, y2: bottom + 4 }),
      s(
        "text",
        { class: "tick", x: x.place(tick), y: bottom + 18, "text-anchor": "middle" },
        (spec.formatX ?? formatTick)(tick),
      ),
    ]),
    s(
      "text",
      { class: "axis-title", x: left - 8, y: top - 12, "text-anchor": "start", dx: 8 - left + 2 },
      spec.yTitle,
    ),
    s("text", { class: "axis-title", x: right, y: bottom + 37, "text-anchor": "end" }, spec.xTitle),
  ];
}

const formatTick = (tick) =>
  Number.isInteger(tick) ? formatNumber(tick, "integer") : String(Number(tick.toPrecision(3)));

// Names at the ends of the curves, pushed apart where they would overlap.
function endLabels(frame, curves) {
  const labels = curves
    .filter(({ label }) => label)
    .map(({ label, points, css }) => ({
      label,
      css,
      x: frame.x.place(points.at(-1).x),
      want: frame.y.place(points.at(-1).y),
    }));
  labels.sort((a, b) => a.want - b.want);
  let last = -Infinity;
  for (const label of labels) last = label.y = Math.max(label.want, last + 15);
  const over = last - frame.bottom;
  if (over > 0)
    for (let i = labels.length - 1, floor = frame.bottom; i >= 0 && labels[i].y > floor; i--, floor -= 15)
      labels[i].y = floor;
  return labels.map(({ label, css, x, y }) =>
    s("text", { class: "end-label", x: x + 9, y: y + 4, css }, label),
  );
}

const SHAPES = {
  circle: (x, y) => s("circle", { cx: x, cy: y, r: 4 }),
  square: (x, y) => s("rect", { x: x - 3.8, y: y - 3.8, width: 7.6, height: 7.6, rx: 1 }),
  diamond: (x, y) => s("path", { d: `M${x} ${y - 5.4}l5.4 5.4-5.4 5.4-5.4-5.4Z` }),
};

function curve(frame, { points, css, isLine = true, isDashed, isStep, shape = "circle", hasMarks = true }) {
  const at = points.map((point) => [frame.x.place(point.x), frame.y.place(point.y)]);
  const join = isStep
    ? ([x, y], i) => (i ? `H${x.toFixed(1)}V${y.toFixed(1)}` : `M${x.toFixed(1)} ${y.toFixed(1)}`)
    : ([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  return s(
    "g",
    { css, class: `curve${isDashed ? " is-dashed" : ""}` },
    isLine ? s("path", { class: "line", d: at.map(join).join("") }) : null,
    hasMarks
      ? points.map(({ low, high, x }, i) =>
          high > low
            ? s("line", {
                class: "whisker",
                x1: at[i][0],
                x2: at[i][0],
                y1: frame.y.place(low),
                y2: frame.y.place(high),
                "data-x": x,
              })
            : null,
        )
      : null,
    hasMarks ? at.map(([x, y]) => SHAPES[shape](x, y)) : null,
  );
}

/**
 * spec: {label, xTitle, yTitle, formatX(tick), makeX(from, to), makeY(from, to), curves, height, rightSpace,
 * open(row)}; a curve: {label, css, points: [{x, y, low, high, row, tip()}], isLine, isDashed, isStep, shape,
 * hasMarks}. Scales are {ticks, place(value)}; `from` and `to` are pixels.
 */
export function plot(spec) {
  const holder = h("div", { class: "plot" });
  const draw = () => {
    const width = Math.max(260, holder.clientWidth || 600);
    if (width === holder.drawnWidth) return;
    holder.drawnWidth = width;
    holder.replaceChildren(paint(spec, width));
  };
  new ResizeObserver(draw).observe(holder);
  return holder;
}

function paint(spec, width) {
  const height = spec.height ?? 320;
  const frame = {
    left: MARGIN.left,
    right: width - (spec.rightSpace ?? MARGIN.right),
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
  frame.x = spec.makeX(frame.left + 10, frame.right - 10);
  frame.y = spec.makeY(frame.bottom, frame.top);
  const cursor = s("circle", { class: "cursor", r: 8, visibility: "hidden" });
  const svg = s(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      class: "chart",
      role: "img",
      tabindex: "0",
      "aria-label": `${spec.label}. Arrow keys move from point to point.`,
    },
    axes(frame, spec),
    spec.curves.map((each) => curve(frame, each)),
    endLabels(frame, spec.curves),
    cursor,
  );
  follow(svg, cursor, frame, spec);
  return svg;
}

function follow(svg, cursor, frame, spec) {
  const points = spec.curves
    .filter(({ hasMarks = true }) => hasMarks)
    .flatMap((each) => each.points)
    .filter((point) => point.tip)
    .map((point) => ({ ...point, px: frame.x.place(point.x), py: frame.y.place(point.y) }));
  points.sort((a, b) => a.px - b.px || a.py - b.py);
  let current = -1;
  const choose = (index, x, y) => {
    current = index;
    const point = points[index];
    cursor.setAttribute("visibility", point ? "visible" : "hidden");
    if (!point) return hideTip();
    cursor.setAttribute("cx", point.px);
    cursor.setAttribute("cy", point.py);
    const box = svg.getBoundingClientRect();
    showTip(point.tip(), x ?? box.left + point.px, y ?? box.top + point.py);
  };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = -1;
    let reach = REACH ** 2;
    points.forEach((point, index) => {
      const far = (point.px - x) ** 2 + (point.py - y) ** 2;
      if (far < reach) [best, reach] = [index, far];
    });
    choose(best, event.clientX, event.clientY);
  });
  svg.addEventListener("pointerleave", () => choose(-1));
  svg.addEventListener("blur", () => choose(-1));
  const open = () => {
    if (points[current]?.row !== undefined) spec.open?.(points[current].row);
  };
  svg.addEventListener("click", open);
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step && points.length)
      choose((Math.max(current, step < 0 ? 0 : -1) + step + points.length) % points.length);
    else if (event.key === "Enter") open();
    else return;
    event.preventDefault();
  });
}

export function legend(entries) {
  return h(
    "ul",
    { class: "legend" },
    entries.map(({ name, css, shape = "circle", isLine, isDashed }) =>
      h(
        "li",
        {},
        s(
          "svg",
          {
            viewBox: "0 0 20 12",
            class: `key-shape curve${isDashed ? " is-dashed" : ""}`,
            css,
            "aria-hidden": "true",
          },
          isLine ? s("path", { class: "line", d: "M1 6H19" }) : SHAPES[shape](10, 6),
        ),
        name,
      ),
    ),
  );
}
