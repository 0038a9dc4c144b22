// Which configuration the analysis shows: a choice for every column that differs and that is not drawn.
import { h } from "./dom.js";
import { distinct } from "./data.js";

const CONTEXT = [
  "machine",
  "model",
  "framework",
  "device",
  "precision",
  "host",
  "timing",
  "hint",
  "pin",
  "options",
];

// The value with the most rows; among equals the one with the fastest row.
function richest(data, rows, column, values) {
  const most = Math.max(...values.map(([, count]) => count));
  const equals = new Map(values.filter(([, count]) => count === most).map(([value]) => [value, 0]));
  for (const row of rows) {
    const value = column.text(row);
    if (data.number("fps", row) > equals.get(value)) equals.set(value, data.number("fps", row));
  }
  return [...equals].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/** Narrows the rows column by column; what the reader has not chosen is the value with the most rows. */
export function choose(data, rows, picks, ids = CONTEXT) {
  const choices = [];
  let rest = rows;
  for (const id of ids) {
    const column = data.get(id);
    const values = distinct(column, rest);
    if (values.length < 2) continue;
    const known = values.some(([value]) => value === picks[id]);
    const value = known ? picks[id] : richest(data, rest, column, values);
    rest = rest.filter((row) => (column.isMissing(row) ? "" : column.text(row)) === value);
    choices.push({ id, column, values: values.map(([each]) => each), value });
  }
  return { choices, rows: rest };
}

export function pickers(choices, set) {
  if (choices.length === 0) return null;
  return h(
    "div",
    { class: "pickers" },
    choices.map(({ id, column, values, value }) =>
      h(
        "label",
        {},
        h("span", {}, column.title),
        h(
          "select",
          { onchange: (event) => set(id, event.currentTarget.value) },
          values.map((each) => h("option", { value: each, selected: each === value }, each || "(none)")),
        ),
      ),
    ),
  );
}
