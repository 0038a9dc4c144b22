// The table: only the rows in sight are in the document, between two spacers that keep the scroll bar honest.
import { badge, h } from "./dom.js";
import { formatNumber } from "./data.js";

const ROW_HEIGHT = 30;
const OVERSCAN = 6;
const MEASURED = new Set(["result", "interval", "latency", "phases", "start", "resources"]);

export class Grid {
  constructor(app) {
    this.app = app;
    this.current = -1; // index into the items; -1: none
    this.body = h("tbody");
    this.head = h("thead");
    this.columnGroup = h("colgroup");
    this.table = h(
      "table",
      { class: "grid", "aria-label": "Results" },
      this.columnGroup,
      this.head,
      this.body,
    );
    this.element = h(
      "div",
      {
        class: "grid-scroll",
        tabindex: "0",
        role: "region",
        "aria-label": "Results, arrow keys move, Enter opens a row",
      },
      this.table,
    );
    this.element.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.body.addEventListener("click", (event) => this.onClick(event));
    new ResizeObserver(() => this.schedule()).observe(this.element);
    window.addEventListener("beforeprint", () => this.paint(0, Math.min(this.items.length, 2000)));
    window.addEventListener("afterprint", () => this.schedule());
  }

  get items() {
    return this.app.view.items;
  }

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paintWindow();
    });
  }

  rebuild() {
    const { data, state } = this.app;
    this.columns = state.columns.map((id) => data.get(id));
    const widths = this.columns.map((column) => this.widthOf(column));
    this.columnGroup.replaceChildren(
      ...widths.map((width) => h("col", { css: { width: `${width}px` } })),
      h("col"),
    );
    this.table.style.minWidth = `${widths.reduce((sum, width) => sum + width, 0)}px`;
    this.paintHead();
    this.table.setAttribute("aria-rowcount", String(this.items.length + 1));
    this.table.setAttribute("aria-colcount", String(this.columns.length));
    if (this.current >= this.items.length) this.current = -1;
    this.paintWindow(true);
  }

  widthOf(column) {
    if (column.width) return column.width;
    const head = column.title.length * 7.7 + (column.unit ? column.unit.length * 6 + 4 : 0) + 42;
    let longest = 0;
    const step = Math.max(1, Math.floor(column.count / 300));
    for (let row = 0; row < column.count; row += step)
      longest = Math.max(longest, column.aligned(row).length);
    const isBadge = column.id === "status" || column.id === "verdict";
    const body = column.isNumber ? longest * 7.9 + 32 : longest * 6.9 + (isBadge ? 40 : 22);
    column.width = Math.round(Math.min(300, Math.max(head, body)));
    return column.width;
  }

  paintHead() {
    const { state } = this.app;
    const cells = this.columns.map((column, index) => {
      const place = state.sort.findIndex(({ id }) => id === column.id);
      const order = place < 0 ? null : state.sort[place];
      const mark = order
        ? (order.isDown ? "\u2193" : "\u2191") + (state.sort.length > 1 ? place + 1 : "")
        : "";
      const hint = `${column.help}${column.unit ? ` Unit: ${column.unit}.` : ""}\nClick sorts, Shift-click adds a key.`;
      return h(
        "th",
        {
          scope: "col",
          "data-id": column.id,
          class: `${column.isNumber ? "number " : ""}${index === this.pinned() ? "pinned" : ""}`,
          "aria-sort": order ? (order.isDown ? "descending" : "ascending") : "none",
          "aria-colindex": String(index + 1),
        },
        h(
          "div",
          { class: "head" },
          h(
            "button",
            { class: "sort", title: hint, onclick: (event) => this.app.sortBy(column.id, event.shiftKey) },
            h("span", { class: "title" }, column.title),
            column.unit ? h("span", { class: "unit" }, column.unit) : null,
            h("span", { class: "mark", "aria-hidden": "true" }, mark),
          ),
          h(
            "button",
            {
              class: `filter${state.filters[column.id] ? " is-on" : ""}`,
              "aria-label": `Filter ${column.title}`,
              title: `Filter ${column.title}`,
              onclick: (event) => this.app.openFilter(column, event.currentTarget),
            },
            "\u25be",
          ),
        ),
      );
    });
    this.head.replaceChildren(
      h("tr", { "aria-rowindex": "1" }, cells, h("th", { class: "rest", "aria-hidden": "true" })),
    );
  }

  // Sorting paints the head anew: the focus stays on the head that was pressed.
  focusHead(id) {
    const head = [...this.head.querySelectorAll("th")].find((cell) => cell.dataset.id === id);
    head?.querySelector(".sort").focus({ preventScroll: true });
  }

  // The model's name stays in sight when the table is scrolled sideways.
  pinned() {
    return this.columns.findIndex((column) => column.id === "model");
  }

  paintWindow(isFresh = false) {
    const height = this.element.clientHeight || 600;
    const first = Math.max(
      0,
      Math.min(this.items.length - 1, Math.floor(this.element.scrollTop / ROW_HEIGHT) - OVERSCAN),
    );
    this.paint(
      first,
      Math.min(this.items.length, first + Math.ceil(height / ROW_HEIGHT) + 2 * OVERSCAN),
      isFresh,
    );
  }

  // Lines that stay in sight stay in the document: a small step of scrolling makes few new ones.
  paint(first, last, isFresh = false) {
    if (!this.columns) return;
    if (isFresh || first >= this.last || last <= this.first) this.paintAll(first, last);
    for (; this.first < first; this.first++) this.top.nextSibling.remove();
    for (; this.last > last; this.last--) this.bottom.previousSibling.remove();
    while (this.first > first) this.top.after(this.line(--this.first));
    while (this.last < last) this.bottom.before(this.line(this.last++));
    this.top.firstChild.style.height = `${first * ROW_HEIGHT}px`;
    this.bottom.firstChild.style.height = `${(this.items.length - last) * ROW_HEIGHT}px`;
  }

  paintAll(first, last) {
    this.metricStart = this.columns.findIndex((column) => MEASURED.has(column.group));
    this.pinnedIndex = this.pinned();
    [this.first, this.last] = [first, last];
    const spacer = () =>
      h(
        "tr",
        { class: "spacer", "aria-hidden": "true" },
        h("td", { colspan: String(this.columns.length + 1) }),
      );
    [this.top, this.bottom] = [spacer(), spacer()];
    const lines = [];
    for (let index = first; index < last; index++) lines.push(this.line(index));
    if (this.items.length === 0)
      lines.push(
        h(
          "tr",
          { class: "none" },
          h("td", { colspan: String(this.columns.length + 1) }, "No row passes the filters."),
        ),
      );
    this.body.replaceChildren(this.top, ...lines, this.bottom);
  }

  line(index) {
    const item = this.items[index];
    return item < 0 ? this.groupLine(this.app.view.groups[-1 - item], index) : this.rowLine(item, index);
  }

  setCurrent(index) {
    this.current = index;
    for (const line of this.body.querySelectorAll("tr[data-index]"))
      line.classList.toggle("is-current", Number(line.dataset.index) === index);
  }

  groupLine(group, index) {
    const { data, view } = this.app;
    const isOpen = !view.collapsed.has(group.path);
    const best = group.best < 0 ? null : group.best;
    const how =
      best === null
        ? []
        : ["framework", "mode", "batch", "threads", "requests"]
            .filter((id) => !this.app.state.group.includes(id) && !data.get(id).isMissing(best))
            .map((id) =>
              ["framework", "mode"].includes(id) ? data.text(id, best) : `${id} ${data.text(id, best)}`,
            );
    return h(
      "tr",
      {
        class: `group${index === this.current ? " is-current" : ""}`,
        "data-index": String(index),
        "aria-rowindex": String(index + 2),
        "aria-expanded": String(isOpen),
      },
      h(
        "td",
        { colspan: String(this.columns.length + 1) },
        h(
          "div",
          { class: "group-line", css: { "padding-left": `${group.level * 18}px` } },
          h("span", { class: "caret", "aria-hidden": "true" }, isOpen ? "\u25be" : "\u25b8"),
          h("span", { class: "key" }, group.column.title),
          h("b", {}, group.value || "\u2013"),
          h(
            "span",
            { class: "count" },
            group.okCount === group.count
              ? `${group.count} rows`
              : `${group.count} rows, ${group.okCount} usable`,
          ),
          best === null
            ? null
            : h(
                "span",
                { class: "best" },
                "best ",
                h("b", {}, `${formatNumber(data.number("fps", best))} FPS`),
                ` \u00b7 ${how.join(", ")}`,
              ),
        ),
      ),
    );
  }

  rowLine(row, index) {
    const { data } = this.app;
    const status = data.text("status", row);
    const reason = status === "ok" ? "" : data.text("error", row);
    const cells = [];
    for (let at = 0; at < this.columns.length; at++) {
      const column = this.columns[at];
      if (reason && at === this.metricStart && column.isMissing(row)) {
        let width = 1;
        while (at + width < this.columns.length && this.columns[at + width].isMissing(row)) width++;
        cells.push(h("td", { class: "reason", colspan: String(width), title: reason }, reason));
        at += width - 1;
      } else cells.push(this.cell(column, row, at === this.pinnedIndex));
    }
    const verdict = data.text("verdict", row);
    return h(
      "tr",
      {
        class: `row is-${status}${verdict === "invalid" ? " is-void" : ""}${index === this.current ? " is-current" : ""}`,
        "data-index": String(index),
        "aria-rowindex": String(index + 2),
      },
      cells,
      h("td"),
    );
  }

  cell(column, row, isPinned) {
    if (column.id === "status" || column.id === "verdict") {
      const name = column.text(row);
      return h("td", {}, name ? badge(name) : "");
    }
    const text = column.aligned(row);
    const isLong = !column.isNumber && text.length * 6.9 + 20 > column.width;
    return h(
      "td",
      {
        class: column.isNumber ? "number" : isPinned ? "pinned" : undefined,
        title: isLong ? text : undefined,
      },
      text,
    );
  }

  onClick(event) {
    const line = event.target.closest("tr[data-index]");
    if (line) this.open(Number(line.dataset.index));
  }

  open(index) {
    const item = this.items[index];
    if (item === undefined) return;
    this.setCurrent(index);
    if (item < 0) this.app.toggleGroup(this.app.view.groups[-1 - item]);
    else this.app.showRow(item);
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_HEIGHT) - 2);
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (event.target !== this.element) return;
    if (event.key === "Enter" || event.key === " ") this.open(Math.max(0, this.current));
    else if (event.key in steps) this.move(this.current + steps[event.key]);
    else return;
    event.preventDefault();
  }

  move(index) {
    this.setCurrent(Math.max(0, Math.min(this.items.length - 1, index)));
    const top = this.current * ROW_HEIGHT;
    const inner = this.element.clientHeight - this.head.offsetHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + ROW_HEIGHT > this.element.scrollTop + inner)
      this.element.scrollTop = top + ROW_HEIGHT - inner;
    if (this.app.isRowShown() && this.items[this.current] >= 0)
      this.app.showRow(this.items[this.current], false);
    this.paintWindow();
  }
}
