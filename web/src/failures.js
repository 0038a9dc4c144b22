// Every test that gave no valid figure, under its reason.
import { badge, h } from "./dom.js";
import { groupBy } from "./keys.js";
import { COUNTS, setting } from "./rows.js";

const ROWS_AT_ONCE = 100;
const REASONS_AT_ONCE = 50;

// A list that grows by request, so that ten thousand failures do not fill the document.
function growing(items, step, make, what, box) {
  let shown = 0;
  const button = h("button", { class: "plain", onclick: () => grow() });
  function grow() {
    box.append(...items.slice(shown, shown + step).map(make));
    shown = Math.min(items.length, shown + step);
    button.textContent = `${Math.min(step, items.length - shown)} more of ${items.length - shown} ${what}`;
    button.hidden = shown === items.length;
  }
  grow();
  return [box, button];
}

function reasonOf(data, row) {
  return [
    data.text("status", row),
    data.text("error_code", row),
    data.text("failed_phase", row),
    data.text("error", row),
  ];
}

export function failures(data, rows, open) {
  const failed = [...rows].filter((row) => !data.isOk(row));
  const invalid = [...rows].filter((row) => data.isOk(row) && !data.isUsable(row));
  if (failed.length + invalid.length === 0)
    return h(
      "p",
      { class: "card quiet" },
      rows.length ? "Every test on show gave a valid figure." : "No tests.",
    );
  const groups = [...groupBy(failed, (row) => JSON.stringify(reasonOf(data, row))).values()].sort(
    (a, b) => b.length - a.length,
  );
  if (invalid.length) groups.push(invalid);
  const block = (list) => {
    const [status, code, phase, error] = reasonOf(data, list[0]);
    const isInvalid = status === "ok";
    const reason = isInvalid
      ? "Measured, but so disturbed that the figures are not used; the reason stands behind each"
      : error || "no reason given";
    const entry = (row) =>
      h(
        "li",
        {},
        h("button", { class: "link", onclick: () => open(row) }, data.text("model", row)),
        h("span", {}, setting(data, row, ["framework", "device", "precision", "host", ...COUNTS])),
        isInvalid ? h("span", { class: "why" }, data.text("verdict_reasons", row)) : null,
      );
    return h(
      "section",
      { class: "card failure" },
      h(
        "header",
        {},
        badge(isInvalid ? "invalid" : status),
        h("span", { class: "reason" }, reason),
        h(
          "span",
          { class: "meta" },
          [code, phase && `in ${phase}`, `${list.length} test${list.length === 1 ? "" : "s"}`]
            .filter(Boolean)
            .join(" \u00b7 "),
        ),
      ),
      growing(list, ROWS_AT_ONCE, entry, "tests", h("ul", {})),
    );
  };
  return h(
    "div",
    {},
    growing(groups, REASONS_AT_ONCE, block, "reasons", h("div", { class: "failure-list" })),
  );
}
