// Title, where and when, how the tests went, and what a reader must know before quoting a figure.
import { h, icon } from "./dom.js";
import { formatNumber } from "./data.js";

const ORDER = [
  "valid",
  "noisy",
  "invalid",
  "mismatch",
  "failed",
  "crashed",
  "timeout",
  "unsupported",
  "unavailable",
];

function outcomes(data) {
  const counts = new Map();
  for (let row = 0; row < data.count; row++) {
    const status = data.text("status", row);
    const name = status === "ok" ? data.text("verdict", row) || "valid" : status;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const place = (name) => (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1);
  return [...counts].sort(([a], [b]) => place(a) - place(b));
}

const few = (texts, most = 2) => (texts.length > most ? `${texts.length}` : texts.join(", "));

function where(data) {
  const texts = (id) => data.get(id).texts;
  const days = [...new Set(texts("started_at").map((text) => text.slice(0, 10)))].sort();
  const versions = new Map();
  for (let row = 0; row < data.count; row++) {
    const name = data.text("framework", row);
    if (!versions.get(name)) versions.set(name, data.text("framework_version", row));
  }
  return [
    [
      "Machine",
      texts("machine").length > 2 ? `${texts("machine").length} machines` : texts("machine").join(", "),
    ],
    ["Processor", few(texts("cpu")) + (texts("cpu").length > 2 ? " kinds" : "")],
    [
      "Frameworks",
      [...versions]
        .slice(0, 6)
        .map(([name, version]) => `${name} ${version.split("-")[0]}`.trim())
        .join(", "),
    ],
    ["Measured", days.length > 1 ? `${days[0]} to ${days.at(-1)}` : days[0]],
    ["By", texts("dli_version").length ? `DLI ${few(texts("dli_version"))}` : ""],
  ].filter(([, text]) => text);
}

function notices(data) {
  const found = [];
  const builds = data.get("build_type").texts.filter((text) => /debug|\+/i.test(text));
  if (builds.length)
    found.push(
      `Some rows come from a build for testing (${builds.join(", ")}): they are slower than what is shipped. Do not publish them.`,
    );
  const stand = new Set();
  for (let row = 0; row < data.count && !data.get("approximate").isEmpty; row++)
    if (data.text("approximate", row) === "true") stand.add(data.text("model", row));
  if (stand.size)
    found.push(
      `Stand-ins for topologies that were never published, alike in cost but not in operators: ${[...stand].slice(0, 6).join(", ")}${stand.size > 6 ? ` and ${stand.size - 6} more` : ""}.`,
    );
  return found.map((text) => h("p", { class: "notice" }, icon("noisy"), text));
}

export function masthead(data, choose) {
  const counts = outcomes(data);
  const shown = counts.filter(([name]) => ORDER.includes(name));
  return h(
    "header",
    { class: "masthead" },
    h(
      "div",
      { class: "wrap" },
      h("p", { class: "eyebrow" }, "DLI report"),
      h("h1", {}, data.title),
      h(
        "dl",
        { class: "where" },
        where(data).map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))),
      ),
      data.count
        ? h(
            "div",
            { class: "outcome" },
            h(
              "div",
              { class: "outcome-bar", "aria-hidden": "true" },
              shown.map(([name, count]) =>
                h("i", { class: `is-${name}`, css: { "flex-grow": String(count) } }),
              ),
            ),
            h(
              "ul",
              {},
              counts.map(([name, count]) =>
                h(
                  "li",
                  {},
                  h(
                    "button",
                    { class: "plain", title: `Show the ${name} rows`, onclick: () => choose(name) },
                    icon(name),
                    h("b", {}, formatNumber(count, "integer")),
                    ` ${name || "unknown"}`,
                  ),
                ),
              ),
              h(
                "li",
                { class: "total" },
                `${formatNumber(data.count, "integer")} test${data.count === 1 ? "" : "s"}`,
              ),
            ),
          )
        : null,
      notices(data),
    ),
  );
}
