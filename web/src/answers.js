// What the rows say, model by model, and nothing that they do not: only usable rows, like compared with like.
import { h } from "./dom.js";
import { formatNumber } from "./data.js";
import { groupBy, keyOf } from "./keys.js";
import { COUNTS, interval, latencyInterval, setting } from "./rows.js";

const SHOWN = 60;
const WORTH = 1.005; // less is no gain
const ALIKE = ["device", "precision", "mode", "batch", "threads", "streams", "requests", "timing", "machine"];

export function best(rows, value, isLess = false) {
  let found = null;
  for (const row of rows) {
    const at = value(row);
    if (at > 0 && (found === null || (isLess ? at < found.value : at > found.value)))
      found = { row, value: at };
  }
  return found;
}

const isSync = (data, row) => data.text("mode", row) === "sync";

export const fastest = (data, rows) => best(rows, (row) => data.number("fps", row));
const quickest = (data, rows) =>
  best(
    rows,
    (row) => (isSync(data, row) && data.number("batch", row) === 1 ? data.number("latency_ms", row) : NaN),
    true,
  );

// Gain of the best batch over batch 1 of the same framework, device and threads.
function batchGain(data, rows) {
  const sync = rows.filter((row) => isSync(data, row) && data.number("fps", row) > 0);
  let found = null;
  for (const group of groupBy(
    sync,
    keyOf(data, ["framework", "host", ...ALIKE.filter((id) => id !== "batch")]),
  ).values()) {
    const single = best(group, (row) => (data.number("batch", row) === 1 ? data.number("fps", row) : NaN));
    const most = best(group, (row) => (data.number("batch", row) > 1 ? data.number("fps", row) : NaN));
    if (single && most && (!found || most.value > found.fps))
      found = { row: most.row, fps: most.value, gain: most.value / single.value, single: single.row };
  }
  return found;
}

// Highest asynchronous rate at batch 1 against the highest synchronous one of the same framework and device.
function asyncGain(data, rows) {
  let found = null;
  for (const group of groupBy(
    rows,
    keyOf(data, ["framework", "host", "device", "precision", "timing", "machine"]),
  ).values()) {
    const flight = best(group, (row) =>
      !isSync(data, row) && data.number("batch", row) === 1 ? data.number("fps", row) : NaN,
    );
    const sync = best(group, (row) => (isSync(data, row) ? data.number("fps", row) : NaN));
    if (flight && sync && (!found || flight.value > found.fps))
      found = { row: flight.row, sync: sync.row, fps: flight.value, share: flight.value / sync.value };
  }
  return found;
}

// The two of `id` (framework, host) that stand farthest apart in the same configuration: the smallest batch, most threads.
function contest(data, rows, id) {
  const alike = [...ALIKE, id === "framework" ? "host" : "framework"];
  const sync = rows.filter((row) => isSync(data, row) && data.number("fps", row) > 0);
  const rank = (row) => data.number("batch", row) * 1000 - data.number("threads", row);
  let chosen = null;
  for (const group of groupBy(sync, keyOf(data, alike)).values()) {
    if (chosen && rank(group[0]) >= rank(chosen[0])) continue;
    const bests = [...groupBy(group, keyOf(data, [id])).values()].map((own) => fastest(data, own).row);
    if (bests.length > 1) chosen = bests;
  }
  if (!chosen) return null;
  chosen.sort((a, b) => data.number("fps", b) - data.number("fps", a));
  const [first, second] = [chosen[0], chosen.at(-1)];
  const isKnown =
    !Number.isNaN(data.number("fps_low", first)) && !Number.isNaN(data.number("fps_high", second));
  const isSure = isKnown && data.number("fps_low", first) > data.number("fps_high", second);
  return { first, second, ratio: data.number("fps", first) / data.number("fps", second), isSure };
}

function contestCell(data, rows, id) {
  const found = contest(data, rows, id);
  if (!found) return "\u2013";
  const [first, second] = [data.text(id, found.first), data.text(id, found.second)];
  return found.isSure
    ? [
        h("b", {}, `${found.ratio.toFixed(2)}\u00d7`),
        ` ${first}`,
        h("small", {}, `over ${second}, ${setting(data, found.first, ["batch", "threads"])}`),
      ]
    : [h("b", {}, "cannot tell"), h("small", {}, `${first}, ${second}: the intervals overlap`)];
}

function card(title, value, unit, range, how, open) {
  return h(
    "button",
    { class: "card key", onclick: open },
    h("span", { class: "label" }, title),
    h("span", { class: "value" }, value, h("span", { class: "unit" }, unit)),
    h("span", { class: "range" }, range ?? "\u00a0"),
    h("span", { class: "how" }, how),
  );
}

const rangeText = (range) =>
  range ? `95 % interval ${formatNumber(range[0])} \u2013 ${formatNumber(range[1])}` : null;

/** The few figures that answer the question for one model. */
export function keyCards(data, rows, ids, open) {
  const who = (row) => setting(data, row, [...ids, ...COUNTS]);
  const most = fastest(data, rows);
  const quick = quickest(data, rows);
  const gain = batchGain(data, rows);
  const flight = asyncGain(data, rows);
  return h(
    "div",
    { class: "cards" },
    most
      ? card(
          "Most frames per second",
          formatNumber(most.value),
          "FPS",
          rangeText(interval(data, most.row, "fps")),
          who(most.row),
          () => open(most.row),
        )
      : null,
    quick
      ? card(
          "Lowest latency, batch 1",
          formatNumber(quick.value),
          "ms",
          rangeText(latencyInterval(data, quick.row)),
          who(quick.row),
          () => open(quick.row),
        )
      : null,
    gain && gain.gain > WORTH
      ? card(
          "Best synchronous batch",
          data.text("batch", gain.row),
          "images",
          `+${((gain.gain - 1) * 100).toFixed(0)} % over batch 1`,
          who(gain.row),
          () => open(gain.row),
        )
      : null,
    gain && gain.gain <= WORTH
      ? card("Best synchronous batch", "1", "image", "larger batches are not faster", who(gain.single), () =>
          open(gain.single),
        )
      : null,
    flight
      ? card(
          "Asynchronous, batch 1",
          (flight.share * 100).toFixed(0),
          "%",
          `of the best synchronous rate, batch ${data.text("batch", flight.sync)}`,
          who(flight.row),
          () => open(flight.row),
        )
      : null,
  );
}

// Every contender's highest rate, as bars on the scale of the model's best.
function bars(data, rows, who) {
  const list = [
    ...groupBy(
      rows.filter((row) => data.number("fps", row) > 0),
      who.nameOf,
    ),
  ]
    .map(([name, own]) => ({ name, ...fastest(data, own) }))
    .sort((a, b) => b.value - a.value);
  const top = list[0]?.value;
  return h(
    "div",
    { class: "bars" },
    list
      .slice(0, 4)
      .map(({ name, row, value }, index) =>
        h(
          "div",
          { class: `bar${index ? "" : " is-first"}` },
          h("span", { class: "name", title: setting(data, row, [...who.ids, ...COUNTS]) }, name),
          h(
            "span",
            { class: "track" },
            h("i", { css: { width: `${Math.max(1, (value / top) * 100)}%`, ...who.colourOf(name) } }),
          ),
          h("b", {}, formatNumber(value)),
        ),
      ),
  );
}

/** A line per model: who is fastest, how fast, and whether that is sure. */
export function answers(data, rows, who, pick, picked) {
  const byModel = [...groupBy(rows, (row) => data.text("model", row))].sort(([a], [b]) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  const compared = new Set(who.rows);
  const shown = byModel.slice(0, SHOWN);
  const hasHosts = new Set(rows.map((row) => data.text("host", row))).size > 1;
  const hasFrameworks = new Set(rows.map((row) => data.text("framework", row))).size > 1;
  const heads = [
    "Model",
    "Highest frame rate, FPS",
    "Lowest latency, batch 1",
    "Best batch, over 1",
    ...(hasFrameworks ? ["Faster framework"] : []),
    ...(hasHosts ? ["Native against Python"] : []),
  ];
  const line = ([name, own]) => {
    const quick = quickest(data, own);
    const gain = batchGain(data, own);
    return h(
      "tr",
      { class: name === picked ? "is-picked" : "" },
      h("th", { scope: "row" }, h("button", { class: "link", onclick: () => pick(name) }, name)),
      h(
        "td",
        { class: "wide" },
        bars(
          data,
          own.filter((row) => compared.has(row)),
          who,
        ),
      ),
      h(
        "td",
        {},
        quick
          ? [
              h("b", {}, `${formatNumber(quick.value)} ms`),
              h("small", {}, setting(data, quick.row, [...who.ids, "threads"])),
            ]
          : "\u2013",
      ),
      h(
        "td",
        {},
        !gain
          ? "\u2013"
          : gain.gain > WORTH
            ? [
                h("b", {}, data.text("batch", gain.row)),
                ` +${((gain.gain - 1) * 100).toFixed(0)} %`,
                h("small", {}, setting(data, gain.row, ["framework", "threads"])),
              ]
            : [h("b", {}, "1"), h("small", {}, "larger ones are not faster")],
      ),
      hasFrameworks ? h("td", {}, contestCell(data, own, "framework")) : null,
      hasHosts ? h("td", {}, contestCell(data, own, "host")) : null,
    );
  };
  const more = byModel.length - shown.length;
  return h(
    "div",
    { class: "card flush" },
    h(
      "div",
      { class: "answers-scroll" },
      h(
        "table",
        { class: "answers", "aria-label": "Best configuration of every model" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            heads.map((title) => h("th", { scope: "col" }, title)),
          ),
        ),
        h("tbody", {}, shown.map(line)),
      ),
    ),
    more > 0 ? h("p", { class: "note" }, `${more} more models: search above to see them here.`) : null,
  );
}
