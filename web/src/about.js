// The machine that was measured, the software on it, and how the figures came about.
import { h } from "./dom.js";
import { formatNumber } from "./data.js";

const UNITS = [
  [/_bytes$|^bytes$/, bytes],
  [/_mib$/, (value) => bytes(value * 1048576)],
  [/_mhz$/, (value) => `${formatNumber(value)} MHz`],
  [/_c$/, (value) => `${formatNumber(value)} \u00b0C`],
  [/_frac$/, (value) => `${formatNumber(value * 100)} %`],
  [/_ns$/, (value) => `${formatNumber(value)} ns`],
];
const SOFTWARE = ["framework", "framework_version", "device", "device_name"];
const MACHINE_COLUMNS = [
  "machine",
  "cpu",
  "cpu_count",
  "memory_mib",
  "os",
  "kernel",
  "governor",
  "container",
];

function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (value >= 1024 && at < units.length - 1) [value, at] = [value / 1024, at + 1];
  return `${formatNumber(value, Number.isInteger(value) ? "integer" : "real")} ${units[at]}`;
}

const NONE = "not available";
const SHORT = { cpu: "CPU", os: "OS", smt: "SMT", numa: "NUMA", dli: "DLI", id: "ID" };

// Keys of `dli machine --json` whose words alone would not do.
const NAMES = {
  logical_count: "Logical processors",
  core_count: "Cores",
  socket_count: "Sockets",
  numa_count: "NUMA nodes",
  cpuset_count: "Processors allowed",
  cpu_quota: "Processor quota",
  cgroup_memory_bytes: "Memory limit",
  frequency_max_mhz: "Highest frequency",
};
const LIMITS = new Set(["cpu_quota", "cgroup_memory_bytes"]);

function label(key) {
  if (NAMES[key]) return NAMES[key];
  const words = key
    .replace(/_(bytes|mib|mhz|c|frac|ns|count)$/, "")
    .split("_")
    .map((word) => SHORT[word] ?? word)
    .join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function valueText(key, value) {
  if (value === null || value === "" || value === -1) return LIMITS.has(key) ? "none" : NONE;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number")
    return (
      UNITS.find(([pattern]) => pattern.test(key))?.[1] ??
      ((number) => formatNumber(number, Number.isInteger(number) ? "integer" : "real"))
    )(value);
  return String(value);
}

function inline(object) {
  return Object.entries(object)
    .filter(([, value]) => value !== null && value !== "" && typeof value !== "object")
    .map(([key, value]) =>
      key === "count"
        ? `${value}\u00d7`
        : typeof value === "string" || UNITS.some(([pattern]) => pattern.test(key))
          ? valueText(key, value)
          : `${label(key)} ${valueText(key, value)}`,
    )
    .join(", ");
}

// Objects inside become blocks of their own; lists become one line per entry.
function facts(object, title) {
  const lines = [];
  const blocks = [];
  for (const [key, value] of Object.entries(object)) {
    if (Array.isArray(value)) {
      if (value.length)
        lines.push([
          label(key),
          value.map((each) =>
            h("div", {}, each !== null && typeof each === "object" ? inline(each) : valueText(key, each)),
          ),
        ]);
    } else if (value !== null && typeof value === "object") blocks.push(facts(value, label(key)));
    else lines.push([label(key), valueText(key, value)]);
  }
  return [
    lines.length
      ? h(
          "div",
          { class: "facts" },
          title ? h("h4", {}, title) : null,
          h(
            "dl",
            {},
            lines.map(([name, value]) =>
              h(
                "div",
                {},
                h("dt", {}, name),
                h("dd", { class: value === NONE ? "is-none" : undefined }, value),
              ),
            ),
          ),
        )
      : null,
    blocks,
  ];
}

function distinctRows(data, ids, limit = 20) {
  const seen = new Map();
  for (let row = 0; row < data.count && seen.size < limit; row++) {
    const values = ids.map((id) => data.text(id, row));
    if (values.some(Boolean)) seen.set(values.join("\n"), values);
  }
  return [...seen.values()];
}

export function machinePanel(data) {
  const ofRows = () =>
    distinctRows(data, MACHINE_COLUMNS).map((values) =>
      Object.fromEntries(
        MACHINE_COLUMNS.map((id, index) => [
          data.get(id).title,
          values[index] && (id === "memory_mib" ? `${values[index]} MiB` : values[index]),
        ]),
      ),
    );
  const machines = data.machines.length ? data.machines : ofRows();
  if (machines.length === 0)
    return h("p", { class: "card quiet" }, "The rows do not say where they were measured.");
  return h(
    "div",
    { class: "machines" },
    machines.slice(0, 12).map((machine) => h("section", { class: "card machine" }, facts(machine))),
    machines.length > 12
      ? h("p", { class: "note" }, `${machines.length - 12} more machines: see the machine column.`)
      : null,
  );
}

export function softwarePanel(data) {
  const lines = distinctRows(data, SOFTWARE, 40);
  if (lines.length === 0) return null;
  return h(
    "section",
    { class: "card flush" },
    h(
      "div",
      { class: "answers-scroll" },
      h(
        "table",
        { class: "answers", "aria-label": "Frameworks and devices" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Framework", "Version", "Device", "Name"].map((title) => h("th", { scope: "col" }, title)),
          ),
        ),
        h(
          "tbody",
          {},
          lines.map((values) =>
            h(
              "tr",
              {},
              values.map((value, index) =>
                index ? h("td", {}, value || "\u2013") : h("th", { scope: "row" }, value),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

const TIMING = {
  application:
    "Timed as an application sees it: copying the inputs into the framework, the inference, and copying the outputs back.",
  inference: "The inference alone is timed; inputs stay bound.",
};

export function methodPanel(data) {
  const texts = (id) => data.get(id).texts;
  const range = (id) => {
    let [low, high] = [Infinity, -Infinity];
    for (let row = 0; row < data.count; row++) {
      const value = data.number(id, row);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const text = (value) => String(Number(value.toPrecision(2)));
    return high < low ? null : low === high ? text(low) : `${text(low)} to ${text(high)}`;
  };
  const reached = range("precision_reached_frac");
  const items = [
    [
      "What is timed",
      [
        ...texts("timing").map((name) => TIMING[name] ?? name),
        "The clock is monotonic; no measured batch is dropped, however slow.",
      ],
    ],
    ["Latency", ["Median time of one batch."]],
    ["Average time of a single pass", ["Total time of all batches / iterations."]],
    ["FPS", ["Synchronous: batch / latency. Asynchronous: batch \u00d7 iterations / total time."]],
    [
      "How long",
      [
        `A test runs until the 95 % interval of its figure is as narrow as was asked for, or a limit is reached; dependence between neighbouring batches is accounted for.${reached ? ` Half widths here: ${reached} %.` : ""}`,
        "Warm-up ends when the series is stationary and is not measured.",
      ],
    ],
    [
      "Every test alone",
      [
        "Each ran in a process of its own, so none is warmed or slowed by another, and a crash costs one row.",
      ],
    ],
    [
      "Right outputs",
      [
        "Outputs were compared with a reference before timing. Where they differ beyond the tolerance, the speed is void.",
      ],
    ],
    [
      "Verdict",
      [
        "valid: nothing disturbed the measurement beyond its limits. noisy: something did, so a few percent mean nothing. invalid: not used for any figure or statement on this page.",
      ],
    ],
    [
      "Inputs",
      [
        `${texts("inputs").join("; ") || "not recorded"}${data.get("seed").isConstant && !data.get("seed").isEmpty ? `; seed ${data.text("seed", 0)}` : ""}.`,
      ],
    ],
  ];
  return h(
    "section",
    { class: "card method" },
    h(
      "dl",
      {},
      items.map(([name, lines]) =>
        h(
          "div",
          {},
          h("dt", {}, name),
          lines.map((text) => h("dd", {}, text)),
        ),
      ),
    ),
  );
}
