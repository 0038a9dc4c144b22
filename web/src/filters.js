// The windows behind the table's buttons: filter of a column, choice of columns, grouping.
import { closePopover, h, openPopover } from "./dom.js";
import { distinct } from "./data.js";

const LIST_LIMIT = 200;
const GROUPABLE = new Set(["outcome", "test", "machine", "noise", "check"]);

function numberField(label, value, set) {
  const input = h("input", {
    type: "number",
    step: "any",
    value: value ?? "",
    "aria-label": label,
    placeholder: label,
  });
  input.addEventListener("change", () => set(input.value === "" ? undefined : Number(input.value)));
  return input;
}

export function openFilter(app, column, anchor) {
  const { state, view } = app;
  const current = () => state.filters[column.id] ?? {};
  const set = (change) => {
    const next = { ...current(), ...change };
    for (const key of Object.keys(next)) if (next[key] === undefined || next[key] === "") delete next[key];
    if (Object.keys(next).length) state.filters[column.id] = next;
    else delete state.filters[column.id];
    app.refresh();
  };
  const fields = [];
  if (column.isNumber) {
    fields.push(
      h(
        "div",
        { class: "range" },
        numberField("at least", current().min, (min) => set({ min })),
        h("span", {}, "\u2013"),
        numberField("at most", current().max, (max) => set({ max })),
        column.unit ? h("span", { class: "unit" }, column.unit) : null,
      ),
    );
  } else {
    const input = h("input", {
      type: "search",
      placeholder: "contains\u2026",
      value: current().text ?? "",
      "aria-label": `${column.title} contains`,
    });
    input.addEventListener("input", () => set({ text: input.value }));
    fields.push(input);
  }
  const values = distinct(column, view.filter(state, column.id));
  if (values.length <= (column.isNumber ? 24 : LIST_LIMIT))
    fields.push(checkList(values, current().values, (chosen) => set({ values: chosen })));
  const clear = h(
    "button",
    {
      class: "plain",
      onclick: () => {
        delete state.filters[column.id];
        app.refresh();
        closePopover();
      },
    },
    "Clear this filter",
  );
  openPopover(
    anchor,
    `Filter ${column.title}`,
    h(
      "div",
      { class: "popover-title" },
      column.title,
      column.unit ? h("span", { class: "unit" }, column.unit) : null,
    ),
    h("p", { class: "help" }, column.help),
    fields,
    clear,
  );
}

function checkList(values, chosen, set) {
  const boxes = values.map(([value, count]) => {
    const box = h("input", { type: "checkbox", value });
    box.checked = !chosen || chosen.includes(value);
    box.addEventListener("change", report);
    return [
      box,
      h(
        "label",
        { class: "check" },
        box,
        h("span", { class: "value" }, value === "" ? "(empty)" : value),
        h("span", { class: "count" }, String(count)),
      ),
    ];
  });
  function report() {
    const on = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    set(on.length === boxes.length ? undefined : on);
  }
  const all = (isOn) => () => {
    for (const [box] of boxes) box.checked = isOn;
    report();
  };
  return h(
    "div",
    {},
    h(
      "div",
      { class: "list-buttons" },
      h("button", { class: "plain", onclick: all(true) }, "All"),
      h("button", { class: "plain", onclick: all(false) }, "None"),
    ),
    h(
      "div",
      { class: "check-list" },
      boxes.map(([, label]) => label),
    ),
  );
}

export function openColumns(app, anchor) {
  const { data, state } = app;
  const groups = [...new Set(data.columns.map((column) => column.group))];
  const blocks = groups.map((group) =>
    h(
      "fieldset",
      {},
      h("legend", {}, group),
      data.columns
        .filter((column) => column.group === group)
        .map((column) => {
          const box = h("input", { type: "checkbox", value: column.id });
          box.checked = state.columns.includes(column.id);
          box.addEventListener("change", () => {
            const wanted = new Set(state.columns);
            if (box.checked) wanted.add(column.id);
            else wanted.delete(column.id);
            state.columns = data.columns.map((each) => each.id).filter((id) => wanted.has(id));
            app.refresh();
          });
          const title = `${column.help}${column.unit ? ` Unit: ${column.unit}.` : ""}`;
          return h(
            "label",
            { class: `check${column.isEmpty ? " is-empty" : ""}`, title },
            box,
            h("span", { class: "value" }, column.title),
            column.unit ? h("span", { class: "count" }, column.unit) : null,
          );
        }),
    ),
  );
  openPopover(
    anchor,
    "Choose columns",
    h("div", { class: "popover-title" }, "Columns"),
    h(
      "div",
      { class: "list-buttons" },
      h(
        "button",
        {
          class: "plain",
          onclick: () => {
            app.resetColumns();
            closePopover();
          },
        },
        "Default columns",
      ),
    ),
    h("div", { class: "column-list" }, blocks),
  );
}

export function openGroups(app, anchor) {
  const { data, state, view } = app;
  const columns = data.columns.filter(
    (column) => GROUPABLE.has(column.group) && !column.isConstant && column.type !== "real",
  );
  const boxes = columns.map((column) => {
    const order = h("span", { class: "count" });
    const box = h("input", { type: "checkbox", value: column.id });
    box.addEventListener("change", () => {
      state.group = box.checked ? [...state.group, column.id] : state.group.filter((id) => id !== column.id);
      view.collapsed.clear();
      app.refresh();
      mark();
    });
    return {
      column,
      box,
      order,
      label: h(
        "label",
        { class: "check", title: column.help },
        box,
        h("span", { class: "value" }, column.title),
        order,
      ),
    };
  });
  function mark() {
    for (const { column, box, order } of boxes) {
      const place = state.group.indexOf(column.id);
      box.checked = place >= 0;
      order.textContent = place >= 0 ? String(place + 1) : "";
    }
  }
  mark();
  const fold = (isCollapsed) => () => {
    view.setAll(isCollapsed);
    app.refresh();
  };
  openPopover(
    anchor,
    "Group rows",
    h("div", { class: "popover-title" }, "Group by"),
    h(
      "div",
      { class: "list-buttons" },
      h("button", { class: "plain", onclick: fold(true) }, "Collapse all"),
      h("button", { class: "plain", onclick: fold(false) }, "Expand all"),
      h(
        "button",
        {
          class: "plain",
          onclick: () => {
            state.group = [];
            app.refresh();
            mark();
          },
        },
        "No groups",
      ),
    ),
    h(
      "div",
      { class: "check-list" },
      boxes.map(({ label }) => label),
    ),
  );
}

export function describeFilter(column, filter) {
  const parts = [];
  if (filter.text) parts.push(`contains \u201c${filter.text}\u201d`);
  if (filter.min !== undefined) parts.push(`\u2265 ${filter.min}`);
  if (filter.max !== undefined) parts.push(`\u2264 ${filter.max}`);
  if (filter.values)
    parts.push(
      filter.values.length > 3
        ? `${filter.values.length} values`
        : filter.values.map((value) => value || "(empty)").join(", ") || "none",
    );
  return `${column.title}: ${parts.join(", ")}${column.unit && !filter.values ? ` ${column.unit}` : ""}`;
}
