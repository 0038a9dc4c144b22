// Puts the page together: one state, one view of the rows; whatever changes the state calls refresh().
import "./style/base.css";
import "./style/parts.css";
import "./style/grid.css";
import "./style/print.css";
import { h, icon } from "./dom.js";
import { formatNumber, load } from "./data.js";
import { View } from "./view.js";
import { Grid } from "./grid.js";
import { commonColumns, defaultColumns, readHash, writeHash } from "./state.js";
import { describeFilter, openColumns, openFilter, openGroups } from "./filters.js";
import { details } from "./details.js";
import { masthead } from "./header.js";
import { answers, keyCards } from "./answers.js";
import { choose, pickers } from "./picks.js";
import {
  fpsAgainstLatency,
  fpsByBatch,
  fpsByStreamsAndRequests,
  fpsByThreadsAndBatch,
  latencyByThreads,
} from "./pictures.js";
import { failures } from "./failures.js";
import { machinePanel, methodPanel, softwarePanel } from "./about.js";
import { download, makeCsv } from "./csv.js";
import { nextTheme, startTheme } from "./theme.js";
import { groupBy } from "./keys.js";
import { contenders } from "./rows.js";

class App {
  constructor(data, root) {
    this.data = data;
    this.state = readHash(data);
    this.view = new View(data);
    this.grid = new Grid(this);
    this.drawer = h("aside", { class: "details", "aria-label": "Details of a row", hidden: true });
    this.parts = {
      summary: h("div"),
      analysis: h("div"),
      failed: h("div"),
      count: h("span", { class: "row-count", role: "status" }),
      chips: h("div", { class: "chips" }),
    };
    root.append(
      masthead(data, (name) => this.showOutcome(name)),
      this.navigation(),
      this.body(),
      this.drawer,
    );
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeDetails();
    });
    window.addEventListener("hashchange", () => {
      this.state = readHash(data);
      this.search.value = this.state.query;
      this.refresh();
    });
    this.refresh();
  }

  navigation() {
    const jump = (id, title) =>
      h("button", { class: "jump", onclick: () => document.getElementById(id).scrollIntoView() }, title);
    this.themeButton = h("button", { class: "plain", onclick: () => this.nameTheme(nextTheme()) });
    this.nameTheme(startTheme());
    return h(
      "nav",
      { class: "bar", "aria-label": "Sections" },
      h(
        "div",
        { class: "wrap" },
        h(
          "div",
          { class: "jumps" },
          jump("summary", "Summary"),
          jump("analysis", "Analysis"),
          jump("results", "Results"),
          jump("failed", "Failures"),
          jump("about", "Machine and method"),
        ),
        this.parts.chips,
        h(
          "div",
          { class: "tools" },
          this.themeButton,
          h("button", { class: "plain", onclick: () => window.print() }, "Print"),
        ),
      ),
    );
  }

  nameTheme(name) {
    this.themeButton.textContent = `Theme: ${name}`;
  }

  body() {
    this.search = h("input", {
      type: "search",
      placeholder: "Search models, frameworks, errors\u2026",
      "aria-label": "Search all text",
      value: this.state.query,
    });
    this.search.addEventListener("input", () => {
      this.state.query = this.search.value;
      this.refresh();
    });
    const button = (title, act) =>
      h(
        "button",
        { class: "tool", "aria-haspopup": "dialog", onclick: (event) => act(event.currentTarget) },
        title,
      );
    const section = (id, title, ...content) =>
      h("section", { id, class: "part" }, h("h2", {}, title), content);
    return h(
      "main",
      { class: "wrap" },
      section("summary", "Summary", this.parts.summary),
      section("analysis", "Analysis", this.parts.analysis),
      section(
        "results",
        "Results",
        h(
          "div",
          { class: "toolbar" },
          this.search,
          this.parts.count,
          h("span", { class: "gap" }),
          button("Group", (anchor) => openGroups(this, anchor)),
          button("Columns", (anchor) => openColumns(this, anchor)),
          h(
            "button",
            { class: "tool", onclick: () => download("results.csv", makeCsv(this.data, this.view.rows)) },
            "Download CSV",
          ),
        ),
        this.grid.element,
        this.common(),
        h(
          "p",
          { class: "note" },
          "Select a head to sort, with Shift for a further key; \u25be filters. Search and filters hold for the whole page, and the address keeps the view.",
        ),
      ),
      section("failed", "Failed and invalid tests", this.parts.failed),
      section(
        "about",
        "Machine and method",
        machinePanel(this.data),
        softwarePanel(this.data),
        methodPanel(this.data),
      ),
    );
  }

  common() {
    const words = commonColumns(this.data).map((column) => [
      h("span", {}, column.title, " ", h("b", {}, column.text(0))),
    ]);
    return words.length ? h("p", { class: "note common" }, "The same in all rows:", words) : null;
  }

  refresh() {
    this.view.update(this.state);
    this.grid.rebuild();
    this.paintChips();
    const [shown, all] = [this.view.rows.length, this.data.count].map((count) =>
      formatNumber(count, "integer"),
    );
    this.parts.count.textContent =
      shown === all ? `${all} row${all === "1" ? "" : "s"}` : `${shown} of ${all} rows`;
    writeHash(this.state, this.data);
    // The table answers at once; what is drawn from it follows when the reader pauses.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.paintParts(), this.timer === undefined ? 0 : 120);
  }

  paintParts() {
    const rows = Array.from(this.view.rows);
    const usable = rows.filter((row) => this.data.isUsable(row));
    const measured = rows.filter((row) => this.data.isOk(row));
    this.paintAnalysis(usable.length ? usable : measured);
    if (measured.length && !usable.length)
      this.parts.summary.prepend(
        h(
          "p",
          { class: "notice is-bad" },
          icon("invalid"),
          "Every row here is invalid: the machine was too disturbed while they were measured. Summary and pictures show what was measured all the same; conclude nothing from them.",
        ),
      );
    this.parts.failed.replaceChildren(failures(this.data, rows, (row) => this.showRow(row)));
    document.documentElement.dataset.ready = String(Number(document.documentElement.dataset.ready ?? 0) + 1);
  }

  paintAnalysis(usable) {
    const { data, state } = this;
    const open = (row) => this.showRow(row);
    const pick = (id, value) => {
      state.picks[id] = value;
      writeHash(state, data);
      this.paintParts();
    };
    const model = choose(data, usable, state.picks, ["model"]);
    if (usable.length === 0) {
      const text =
        data.count === 0
          ? "There are no rows yet."
          : this.view.rows.length === 0
            ? "No row passes the filters."
            : "None of these tests gave a valid figure; their reasons stand below.";
      this.parts.summary.replaceChildren(h("p", { class: "card quiet" }, text));
      this.parts.analysis.replaceChildren(h("p", { class: "card quiet" }, "Nothing to draw."));
      return;
    }
    const modelCount = groupBy(usable, (row) => data.text("model", row)).size;
    const name = data.text("model", model.rows[0]);
    const who = contenders(data, usable);
    const compared = new Set(who.rows);
    const rows = model.rows.filter((row) => compared.has(row));
    const scatter = fpsAgainstLatency(data, rows, who, open);
    this.parts.summary.replaceChildren(
      ...[
        h(
          "div",
          { class: "model-line" },
          modelCount > 1 ? pickers(model.choices, pick) : h("p", {}, "Model ", h("b", {}, name)),
        ),
        h(
          "div",
          { class: `hero${scatter ? "" : " is-plain"}` },
          keyCards(data, rows.length ? rows : model.rows, who.ids, open),
          scatter,
        ),
        modelCount > 1 ? answers(data, usable, who, (value) => pick("model", value), name) : null,
      ].filter(Boolean),
    );
    const context = choose(data, usable, state.picks);
    const isSync = (row) => data.text("mode", row) === "sync";
    const sync = context.rows.filter(isSync);
    const flight = context.rows.filter((row) => !isSync(row));
    if (context.rows.length < 2) {
      this.parts.analysis.replaceChildren(
        h(
          "div",
          { class: "card quiet nothing" },
          h("p", {}, "One usable row: nothing to compare yet. A sweep gives the pictures."),
          h("code", {}, "dli bench MODEL --threads 1,2,4 --batch 1,8 --mode sync,async --requests 1-4"),
        ),
      );
      return;
    }
    this.parts.analysis.replaceChildren(
      ...[
        pickers(context.choices, pick),
        h(
          "div",
          { class: "figures" },
          latencyByThreads(data, sync, open),
          fpsByBatch(data, sync, open),
          fpsByThreadsAndBatch(data, sync, open),
          fpsByStreamsAndRequests(data, flight, sync, open),
        ),
      ].filter(Boolean),
    );
  }

  paintChips() {
    const { state, data } = this;
    const chip = (text, drop) =>
      h(
        "button",
        {
          class: "chip",
          title: "Remove this filter",
          onclick: () => {
            drop();
            this.refresh();
          },
        },
        text,
        h("span", { "aria-hidden": "true" }, " \u2715"),
      );
    const chips = Object.entries(state.filters)
      .filter(([id]) => data.get(id))
      .map(([id, filter]) => chip(describeFilter(data.get(id), filter), () => delete state.filters[id]));
    if (state.query)
      chips.push(
        chip(`\u201c${state.query}\u201d`, () => {
          state.query = this.search.value = "";
        }),
      );
    for (const id of state.group)
      chips.push(
        chip(`grouped by ${data.get(id).title}`, () => {
          state.group = state.group.filter((each) => each !== id);
        }),
      );
    this.parts.chips.replaceChildren(...chips);
  }

  showOutcome(name) {
    const isVerdict = ["valid", "noisy", "invalid"].includes(name);
    this.state.filters = isVerdict
      ? {
          status: { values: ["ok"] },
          ...(this.data.get("verdict").isConstant ? {} : { verdict: { values: [name] } }),
        }
      : { status: { values: [name] } };
    this.refresh();
    document.getElementById("results").scrollIntoView();
  }

  sortBy(id, isFurther) {
    const { state } = this;
    const known = state.sort.find((order) => order.id === id);
    const rest = isFurther ? state.sort.filter((order) => order.id !== id) : [];
    if (!known) state.sort = [...rest, { id, isDown: false }];
    else if (!known.isDown)
      state.sort = isFurther
        ? state.sort.map((order) => (order === known ? { id, isDown: true } : order))
        : [{ id, isDown: true }];
    else state.sort = rest;
    this.refresh();
    this.grid.focusHead(id);
  }

  openFilter(column, anchor) {
    openFilter(this, column, anchor);
  }

  toggleGroup(group) {
    if (!this.view.collapsed.delete(group.path)) this.view.collapsed.add(group.path);
    this.view.layOut(this.state);
    this.grid.rebuild();
  }

  resetColumns() {
    this.state.columns = defaultColumns(this.data);
    this.refresh();
  }

  isRowShown() {
    return !this.drawer.hidden;
  }

  showRow(row, takesFocus = true) {
    if (this.drawer.hidden) this.cameFrom = document.activeElement;
    this.drawer.hidden = false;
    this.drawer.replaceChildren(details(this.data, row, () => this.closeDetails()));
    this.drawer.scrollTop = 0;
    if (takesFocus) this.drawer.querySelector(".close").focus({ preventScroll: true });
  }

  closeDetails() {
    if (this.drawer.hidden) return;
    this.drawer.hidden = true;
    this.cameFrom?.focus?.({ preventScroll: true });
  }
}

window.dli = new App(
  load(JSON.parse(document.getElementById("data").textContent)),
  document.getElementById("page"),
);
