// The analysis: latency against threads, frame rate by threads and batch, by streams and requests, and against latency.
import { h } from "./dom.js";
import { formatNumber } from "./data.js";
import { countScale, legend, linearScale, logScale, plot } from "./chart.js";
import { cellsOf, heatTable } from "./heat.js";
import { groupBy } from "./keys.js";
import { COUNTS, tipOf } from "./rows.js";

const DRAWN_LIMIT = 600;
const percent = (share) =>
  `${share >= 0 ? "+" : "\u2212"}${Math.abs(share * 100).toFixed(Math.abs(share) < 0.0995 ? 1 : 0)} %`;
const rampColour = (index, count) => ({
  "--c": `color-mix(in oklab, var(--ramp-high) ${count < 2 ? 100 : Math.round((index / (count - 1)) * 100)}%, var(--ramp-low))`,
});

export function figure(title, finding, body, note) {
  return h(
    "figure",
    { class: "card figure" },
    h("figcaption", {}, h("h3", {}, title), finding ? h("p", { class: "finding" }, finding) : null),
    body,
    note ? h("p", { class: "note" }, note) : null,
  );
}

function missing(title, what, command) {
  return figure(
    title,
    null,
    h("div", { class: "nothing" }, h("p", {}, what), command ? h("code", {}, command) : null),
  );
}

function extent(points, name) {
  let [low, high] = [Infinity, -Infinity];
  for (const point of points) {
    low = Math.min(low, point[name]);
    high = Math.max(high, point[name]);
  }
  return [low, high];
}

// One curve per value of `by`, over the counts in `across`; rows of the same cell give their median.
function curvesOf(data, rows, across, by, id) {
  const cells = cellsOf(
    data,
    rows.filter((row) => data.number(across, row) > 0),
    across,
    by,
    id,
  );
  return cells.downs.map((down, index) => ({
    value: down,
    css: rampColour(index, cells.downs.length),
    points: cells.list
      .filter((cell) => cell.down === down)
      .sort((a, b) => a.across - b.across)
      .map((cell) => ({
        x: cell.across,
        y: cell.value,
        row: cell.row,
        tip: () => tipOf(data, cell.row, COUNTS, cell.count),
        low: id === "latency_ms" ? data.number("latency_low_ms", cell.row) : data.number("fps_low", cell.row),
        high:
          id === "latency_ms" ? data.number("latency_high_ms", cell.row) : data.number("fps_high", cell.row),
      })),
  }));
}

export function latencyByThreads(data, rows, open) {
  const title = "Latency of one batch by threads";
  const curves = curvesOf(data, rows, "threads", "batch", "latency_ms");
  const points = curves.flatMap((curve) => curve.points);
  const base = curves.find((curve) => curve.points.length > 1);
  if (!base)
    return missing(
      title,
      "Needs synchronous rows of one batch size with at least two numbers of threads.",
      "dli bench MODEL --threads 1,2,4 --batch 1,8",
    );
  for (const curve of curves) curve.label = `batch ${curve.value}`;
  const [from, to] = [base.points[0], base.points.at(-1)];
  const ideal = {
    css: { "--c": "var(--ink-3)" },
    isDashed: true,
    hasMarks: false,
    points: [from, { x: to.x, y: (from.y * from.x) / to.x }],
  };
  const gain = from.y / to.y;
  const finding = `Batch ${base.value}: ${to.x} threads are ${gain.toFixed(2)}\u00d7 as fast as ${from.x}; perfect scaling would be ${Number((to.x / from.x).toFixed(2))}\u00d7.`;
  const [low, high] = extent([...points, ...ideal.points], "y");
  return figure(
    title,
    finding,
    plot({
      label: title,
      xTitle: "threads",
      yTitle: "latency, ms (log scale)",
      open,
      rightSpace: 78,
      curves: [ideal, ...curves],
      makeX: (a, b) =>
        countScale(
          points.map((point) => point.x),
          a,
          b,
        ),
      makeY: (a, b) => logScale(low, high, a, b),
    }),
    "Median time of one batch; a curve per batch size. Dashed: latency halves when threads double.",
  );
}

export function fpsByBatch(data, rows, open) {
  const title = "Frame rate by batch size";
  const curves = curvesOf(data, rows, "batch", "threads", "fps");
  const points = curves.flatMap((curve) => curve.points);
  if (new Set(points.map((point) => point.x)).size < 2)
    return missing(
      title,
      "Needs synchronous rows with at least two batch sizes.",
      "dli bench MODEL --batch 1,2,4,8,16",
    );
  for (const curve of curves)
    curve.label = curve.value ? `${curve.value} thread${curve.value === 1 ? "" : "s"}` : "auto threads";
  const best = points.reduce((found, point) => (point.y > found.y ? point : found));
  const single = curves.find((curve) => curve.points.includes(best)).points.find((point) => point.x === 1);
  const finding =
    single && best.x > 1
      ? `Batch ${best.x} is the best: ${percent(best.y / single.y - 1)} over batch 1 with the same threads.`
      : `Batch ${best.x} is the best here: ${formatNumber(best.y)} FPS.`;
  return figure(
    title,
    finding,
    plot({
      label: title,
      xTitle: "batch, images",
      yTitle: "FPS",
      open,
      rightSpace: 86,
      curves,
      makeX: (a, b) =>
        countScale(
          points.map((point) => point.x),
          a,
          b,
        ),
      makeY: (a, b) => linearScale(0, extent(points, "y")[1], a, b),
    }),
    "Synchronous: FPS = batch / median latency.",
  );
}

export function fpsByThreadsAndBatch(data, rows, open) {
  const title = "FPS by threads and batch";
  const cells = cellsOf(data, rows, "batch", "threads", "fps");
  if (!cells.best)
    return missing(title, "Needs synchronous rows.", "dli bench MODEL --threads 1,2,4 --batch 1,2,4,8");
  const note = (at) => {
    const single = cells.get(at.down, 1);
    return single && at.across > 1 ? percent(at.value / single.value - 1) : "";
  };
  const threads = cells.best.down
    ? `${cells.best.down} thread${cells.best.down === 1 ? "" : "s"}`
    : "threads chosen by the framework";
  return figure(
    title,
    `Most: ${formatNumber(cells.best.value)} FPS with batch ${cells.best.across} and ${threads}.`,
    heatTable({
      data,
      cells,
      label: title,
      acrossTitle: "batch, images",
      downTitle: "threads",
      ids: COUNTS,
      note,
      open,
    }),
    "Small figures: against batch 1 with the same threads.",
  );
}

export function fpsByStreamsAndRequests(data, asyncRows, syncRows, open) {
  const title = "FPS by streams and requests";
  const single = asyncRows.filter((row) => data.number("batch", row) === 1);
  const rows = single.length ? single : asyncRows;
  const cells = cellsOf(data, rows, "requests", "streams", "fps");
  if (!cells.best)
    return missing(
      title,
      "Needs asynchronous rows.",
      "dli bench MODEL --mode async --streams 1,2 --requests 1-4",
    );
  const sync = cellsOf(data, syncRows, "batch", "threads", "fps").best;
  const note = (at) => (sync ? `${((at.value / sync.value) * 100).toFixed(0)} %` : "");
  const batch = single.length ? "batch 1" : "all batches";
  const finding = sync
    ? `Asynchronous ${batch} reaches ${((cells.best.value / sync.value) * 100).toFixed(0)} % of the best synchronous batch (${sync.across}).`
    : `Most: ${formatNumber(cells.best.value)} FPS.`;
  return figure(
    title,
    finding,
    heatTable({
      data,
      cells,
      label: title,
      acrossTitle: "requests in flight",
      downTitle: "streams",
      ids: COUNTS,
      note,
      open,
    }),
    `Asynchronous, ${batch}.${sync ? ` Small figures: share of the best synchronous rate, ${formatNumber(sync.value)} FPS.` : ""}`,
  );
}

// Rows that no other beats in both: least latency first, each with more frames than all before it.
function frontier(points) {
  const best = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || b.y - a.y))
    if (best.length === 0 || point.y > best.at(-1).y) best.push(point);
  return best;
}

export function fpsAgainstLatency(data, rows, who, open) {
  const title = "Frame rate against latency";
  const series = [
    ...groupBy(
      rows.filter((row) => data.number("fps", row) > 0 && data.number("latency_ms", row) > 0),
      who.nameOf,
    ),
  ].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const points = series.flatMap(([, list], index) =>
    list.map((row) => ({
      series: index,
      x: data.number("latency_ms", row),
      y: data.number("fps", row),
      row,
      tip: () => tipOf(data, row, ["framework", "device", "host", ...COUNTS]),
    })),
  );
  if (points.length < 2) return null;
  const edge = frontier(points);
  const onEdge = new Set(edge);
  const step = Math.ceil(points.length / DRAWN_LIMIT);
  const drawn = points.filter((point, index) => onEdge.has(point) || index % step === 0);
  const isAsync = (point) => data.text("mode", point.row) === "async";
  const curves = [
    { css: { "--c": "var(--ink-3)" }, isDashed: true, isStep: true, hasMarks: false, points: edge },
  ];
  series.forEach(([name], index) =>
    [false, true].forEach((asynchronous) =>
      curves.push({
        css: who.colourOf(name),
        isLine: false,
        shape: asynchronous ? "diamond" : "circle",
        points: drawn.filter((point) => point.series === index && isAsync(point) === asynchronous),
      }),
    ),
  );
  const [low, high] = extent(points, "x");
  const entries = series.map(([name]) => ({ name, css: who.colourOf(name) }));
  if (points.some(isAsync))
    entries.push(
      { name: "sync", css: { "--c": "var(--ink-2)" } },
      { name: "async", shape: "diamond", css: { "--c": "var(--ink-2)" } },
    );
  entries.push({ name: "best compromises", isLine: true, isDashed: true, css: { "--c": "var(--ink-3)" } });
  const finding =
    edge.length > 1
      ? `From ${formatNumber(edge[0].x)} ms at ${formatNumber(edge[0].y)} FPS to ${formatNumber(edge.at(-1).y)} FPS at ${formatNumber(edge.at(-1).x)} ms.`
      : "One configuration is best in both.";
  return figure(
    title,
    finding,
    [
      legend(entries),
      plot({
        label: title,
        height: 430,
        xTitle: "latency of one batch, ms (log scale)",
        yTitle: "FPS",
        open,
        curves,
        makeX: (a, b) => logScale(low, high, a, b),
        makeY: (a, b) => linearScale(0, extent(points, "y")[1], a, b),
      }),
    ],
    drawn.length < points.length
      ? `${drawn.length} of ${points.length} rows drawn: all best compromises and every ${step}th of the others.`
      : "Up and to the left is better. Every point is a row; select one to see it.",
  );
}
