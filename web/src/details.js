// Everything about one row, beside the table.
import { linearScale, plot } from "./chart.js";
import { badge, h, s } from "./dom.js";
import { formatNumber } from "./data.js";
import { COUNTS, setting } from "./rows.js";

const PERCENTILES = [
  ["p50_ms", 50],
  ["p90_ms", 90],
  ["p99_ms", 99],
  ["p99_9_ms", 99.9],
  ["p99_99_ms", 99.99],
];

export function details(data, row, close) {
  const text = (id) => data.text(id, row);
  const parts = [
    h(
      "header",
      {},
      h(
        "div",
        {},
        h("h2", {}, text("model")),
        h("p", {}, setting(data, row, ["framework", "device", "precision", "host", ...COUNTS])),
      ),
      h("button", { class: "plain close", "aria-label": "Close details", onclick: close }, "\u2715"),
    ),
    h(
      "div",
      { class: "badges" },
      badge(text("status")),
      text("verdict") ? badge(text("verdict")) : null,
      text("check") ? h("span", { class: "badge" }, `outputs: ${text("check")}`) : null,
    ),
  ];
  if (text("error"))
    parts.push(
      h(
        "div",
        { class: "message is-error" },
        h(
          "b",
          {},
          [text("error_code"), text("failed_phase") && `in ${text("failed_phase")}`]
            .filter(Boolean)
            .join(" "),
        ),
        h("p", {}, text("error")),
      ),
    );
  if (text("verdict_reasons"))
    parts.push(
      h("div", { class: "message is-noise" }, h("b", {}, "Disturbed"), h("p", {}, text("verdict_reasons"))),
    );
  if (data.number("latency_ms", row) > 0) parts.push(keyNumbers(data, row));
  parts.push(bar(data, row, "Where the time of one request goes", ["copy_in_ms", "infer_ms", "copy_out_ms"]));
  parts.push(percentileCurve(data, row));
  parts.push(
    bar(data, row, "From start to first inference", [
      "process_start_ms",
      "framework_load_ms",
      "model_read_ms",
      "compile_ms",
      "first_inference_ms",
    ]),
  );
  if (text("test_id")) parts.push(replay(data, row));
  parts.push(everything(data, row));
  return h("div", { class: "details-body" }, parts);
}

function keyNumbers(data, row) {
  const one = (title, id, low, high) => {
    if (data.get(id).isMissing(row)) return null;
    const column = data.get(id);
    const from = data.number(low, row);
    const to = data.number(high, row);
    const hasInterval = from <= to;
    return h(
      "div",
      { class: "key-number" },
      h("span", { class: "label" }, title),
      h("b", {}, column.text(row)),
      h("span", { class: "unit" }, column.unit === "1/s" ? "FPS" : column.unit),
      hasInterval
        ? h("span", { class: "interval" }, `95 % interval ${formatNumber(from)} \u2013 ${formatNumber(to)}`)
        : null,
      hasInterval ? intervalBar(from, data.number(id, row), to) : null,
    );
  };
  return h(
    "div",
    { class: "key-numbers" },
    one("Latency, median", "latency_ms", "latency_low_ms", "latency_high_ms"),
    one("Frame rate", "fps", "fps_low", "fps_high"),
  );
}

// The interval on an axis of +-5 % around the value: how sure is seen at a glance.
function intervalBar(low, value, high) {
  const reach = Math.max(0.05, 1.2 * Math.max(high / value - 1, 1 - low / value));
  const x = (at) => 100 + ((at / value - 1) / reach) * 96;
  return s(
    "svg",
    {
      viewBox: "0 0 200 22",
      class: "interval-bar",
      role: "img",
      "aria-label": `interval ${formatNumber(low)} to ${formatNumber(high)}`,
    },
    s("line", { x1: 4, x2: 196, y1: 8, y2: 8, class: "axis" }),
    s("line", { x1: x(low), x2: x(high), y1: 8, y2: 8, class: "range" }),
    s("circle", { cx: x(value), cy: 8, r: 3.5 }),
    s("text", { x: 4, y: 21 }, `\u2212${Number((reach * 100).toPrecision(2))} %`),
    s("text", { x: 196, y: 21, "text-anchor": "end" }, `+${Number((reach * 100).toPrecision(2))} %`),
  );
}

function bar(data, row, title, ids) {
  const parts = ids
    .map((id) => ({ column: data.get(id), value: data.number(id, row) }))
    .filter(({ value }) => value >= 0);
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  if (!(total > 0)) return null;
  return h(
    "section",
    {},
    h("h3", {}, title),
    h(
      "div",
      { class: "stack", role: "img", "aria-label": title },
      parts.map(({ column, value }, index) =>
        h("span", {
          class: `series-${index}`,
          css: { width: `${(value / total) * 100}%` },
          title: `${column.title}: ${formatNumber(value)} ms`,
        }),
      ),
    ),
    h(
      "ul",
      { class: "legend" },
      parts.map(({ column, value }, index) =>
        h(
          "li",
          {},
          h("i", { class: `series-${index}` }),
          column.title,
          h("b", {}, `${formatNumber(value)} ms`),
          h("span", { class: "unit" }, `${((value / total) * 100).toFixed(value / total < 0.1 ? 1 : 0)} %`),
        ),
      ),
    ),
  );
}

// Percentiles on a scale that stretches the tail: 90, 99, 99.9 stand equally far apart.
function percentileCurve(data, row) {
  const points = PERCENTILES.map(([id, percent]) => ({
    x: -Math.log10(1 - percent / 100),
    name: data.get(id).title,
    y: data.number(id, row),
  })).filter(({ y }) => y > 0);
  if (points.length < 2) return null;
  for (const point of points)
    point.tip = () => [
      h("div", { class: "tip-line" }, h("span", {}, point.name), h("b", {}, `${formatNumber(point.y)} ms`)),
    ];
  const last = points.at(-1).x;
  const low = data.number("min_ms", row) || points[0].y;
  const text = (id) => formatNumber(data.number(id, row));
  return h(
    "section",
    {},
    h("h3", {}, "Percentiles of latency"),
    plot({
      label: "Percentiles of latency",
      xTitle: "percentile",
      yTitle: "ms",
      height: 220,
      curves: [{ css: { "--c": "var(--series-0)" }, points }],
      formatX: (tick) => points.find(({ x }) => x === tick).name,
      makeX: (from, to) => ({
        ticks: points.map(({ x }) => x),
        place: (x) => from + (x / last) * (to - from),
      }),
      makeY: (from, to) => linearScale(low > 0.6 * points.at(-1).y ? low : 0, points.at(-1).y, from, to, 4),
    }),
    h(
      "p",
      { class: "note" },
      `min ${text("min_ms")} ms, max ${text("max_ms")} ms, ${data.text("iterations", row)} iterations`,
    ),
  );
}

const quote = (text) => (/^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function replayCommand(data, row) {
  const repeat = data.number("repeat", row);
  return `dli replay ${quote(data.journal)} ${quote(data.text("test_id", row))}${repeat > 0 ? ` --repeat ${repeat}` : ""}`;
}

function replay(data, row) {
  const command = replayCommand(data, row);
  const button = h(
    "button",
    {
      class: "plain",
      onclick: () => navigator.clipboard?.writeText(command).then(() => (button.textContent = "Copied")),
    },
    "Copy",
  );
  return h(
    "section",
    {},
    h("h3", {}, "Run this test again"),
    h("div", { class: "command" }, h("code", {}, command), button),
  );
}

function everything(data, row) {
  const groups = [...new Set(data.columns.map((column) => column.group))];
  return h(
    "section",
    {},
    h("h3", {}, "All columns"),
    groups.map((group) => {
      const columns = data.columns.filter((column) => column.group === group && !column.isMissing(row));
      return columns.length === 0
        ? null
        : h(
            "div",
            { class: "all" },
            h("h4", {}, group),
            h(
              "dl",
              {},
              columns.map((column) => [
                h("dt", { title: column.help }, column.title),
                h("dd", {}, column.text(row), column.unit ? h("span", { class: "unit" }, column.unit) : null),
              ]),
            ),
          );
    }),
  );
}
