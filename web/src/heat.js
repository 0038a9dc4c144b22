// A table of one figure by two counts, its cells shaded by how much they reach of the best.
import { h } from "./dom.js";
import { formatNumber } from "./data.js";
import { hideTip, showTip } from "./chart.js";
import { tipOf } from "./rows.js";
import { groupBy, median } from "./keys.js";

const count = (value) => (value === 0 ? "auto" : formatNumber(value, "integer"));

// The row whose `id` is the median of its cell's.
function middle(data, rows, id) {
  const wanted = median(rows.map((row) => data.number(id, row)));
  return rows.reduce((best, row) =>
    Math.abs(data.number(id, row) - wanted) < Math.abs(data.number(id, best) - wanted) ? row : best,
  );
}

export function cellsOf(data, rows, across, down, id) {
  const key = (row) => `${data.number(down, row)}\n${data.number(across, row)}`;
  const cells = new Map();
  for (const [at, group] of groupBy(
    rows.filter((row) => data.number(id, row) > 0),
    key,
  )) {
    const row = middle(data, group, id);
    cells.set(at, {
      row,
      count: group.length,
      value: data.number(id, row),
      down: data.number(down, row),
      across: data.number(across, row),
    });
  }
  const list = [...cells.values()];
  const distinct = (name) =>
    [...new Set(list.map((cell) => cell[name]))].sort((a, b) => (a || Infinity) - (b || Infinity));
  const best = list.reduce((found, cell) => (!found || cell.value > found.value ? cell : found), null);
  return {
    get: (d, a) => cells.get(`${d}\n${a}`),
    list,
    best,
    downs: distinct("down"),
    acrosses: distinct("across"),
  };
}

export function heatTable({ data, cells, label, acrossTitle, downTitle, ids, note, open }) {
  const least = Math.min(...cells.list.map((cell) => cell.value));
  const cell = (down, across) => {
    const at = cells.get(down, across);
    if (!at) return h("td", { class: "heat is-none" }, h("span", {}, "\u2013"));
    const share = cells.best.value > least ? (at.value - least) / (cells.best.value - least) : 1;
    const tell = (event) => {
      const box = event.currentTarget.getBoundingClientRect();
      showTip(
        tipOf(data, at.row, ids, at.count),
        event.clientX || box.left,
        event.clientY || box.bottom - 12,
      );
    };
    const isBest = at === cells.best && cells.list.length > 1;
    return h(
      "td",
      { class: `heat${isBest ? " is-best" : ""}`, css: { "--p": share.toFixed(3) } },
      h(
        "button",
        {
          onclick: () => open(at.row),
          onpointermove: tell,
          onpointerleave: hideTip,
          onfocus: tell,
          onblur: hideTip,
        },
        h("b", {}, formatNumber(at.value)),
        h("small", {}, note?.(at) ?? "", isBest ? h("span", { class: "visually-hidden" }, " best") : null),
      ),
    );
  };
  return h(
    "div",
    { class: "heat-scroll" },
    h(
      "table",
      { class: "heat-table", "aria-label": label },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td", {}),
          h(
            "th",
            { class: "across-title", colspan: String(cells.acrosses.length), scope: "colgroup" },
            acrossTitle,
          ),
        ),
        h(
          "tr",
          {},
          h("th", { class: "down-title", scope: "col" }, downTitle),
          cells.acrosses.map((across) => h("th", { scope: "col" }, count(across))),
        ),
      ),
      h(
        "tbody",
        {},
        cells.downs.map((down) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, count(down)),
            cells.acrosses.map((across) => cell(down, across)),
          ),
        ),
      ),
    ),
  );
}
