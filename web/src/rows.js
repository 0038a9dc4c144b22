// Words and figures about single rows, the same wherever the page speaks of them.
import { h } from "./dom.js";
import { formatNumber } from "./data.js";

const PLURAL = { threads: "thread", streams: "stream", requests: "request" };

// "openvino · batch 8 · 2 threads".
export function setting(data, row, ids) {
  return ids
    .filter((id) => !data.get(id).isMissing(row))
    .map((id) => {
      const value = data.get(id).isNumber ? data.number(id, row) : null;
      if (value === 0) return null; // the framework chose
      if (id === "requests" && value === 1 && data.text("mode", row) === "sync") return null;
      if (id in PLURAL) return `${value} ${PLURAL[id]}${value === 1 ? "" : "s"}`;
      return id === "batch" ? `batch ${value}` : data.text(id, row);
    })
    .filter(Boolean)
    .join(" \u00b7 ");
}

// Which contender a row belongs to: the framework; machine, device and precision where they differ. A Python loop
// is compared with the native one of the same configuration, not with the best of all: where there are native
// rows it is left out.
export function contenders(data, rows) {
  const native = rows.filter((row) => data.text("host", row) !== "python");
  const compared = native.length ? native : rows;
  const ids = ["machine", "framework", "device", "precision"].filter(
    (id) => id === "framework" || new Set(compared.map((row) => data.text(id, row))).size > 1,
  );
  const nameOf = (row) => setting(data, row, ids);
  const names = [...new Set(compared.map(nameOf))].sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  return {
    ids,
    rows: compared,
    nameOf,
    colourOf: (name) => ({ "--c": `var(--series-${names.indexOf(name) % 8})` }),
  };
}

export const COUNTS = ["mode", "batch", "threads", "streams", "requests"];

export function interval(data, row, id) {
  const [low, high] = [data.number(`${id}_low`, row), data.number(`${id}_high`, row)];
  return low <= high ? [low, high] : null;
}

export function latencyInterval(data, row) {
  const [low, high] = [data.number("latency_low_ms", row), data.number("latency_high_ms", row)];
  return low <= high ? [low, high] : null;
}

export function tipOf(data, row, ids, count = 1) {
  const line = (name, value, range, unit) =>
    Number.isNaN(value)
      ? null
      : h(
          "div",
          { class: "tip-line" },
          h("span", {}, name),
          h("b", {}, `${formatNumber(value)} ${unit}`),
          range
            ? h("span", { class: "range" }, `${formatNumber(range[0])} \u2013 ${formatNumber(range[1])}`)
            : null,
        );
  return [
    h("div", { class: "tip-title" }, setting(data, row, ids)),
    line("Latency", data.number("latency_ms", row), latencyInterval(data, row), "ms"),
    line("p99", data.number("p99_ms", row), null, "ms"),
    line("Frame rate", data.number("fps", row), interval(data, row, "fps"), "FPS"),
    data.text("verdict", row) === "noisy"
      ? h("div", { class: "tip-note" }, "noisy: ", data.text("verdict_reasons", row))
      : null,
    count > 1 ? h("div", { class: "tip-note" }, `middle one of ${count} rows`) : null,
  ].filter(Boolean);
}
