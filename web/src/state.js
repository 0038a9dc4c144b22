// What the reader chose, kept in the address after «#» so that a view can be sent or bookmarked.
const IF_DIFFERENT = new Set(["machine", "host", "timing", "hint", "options"]);
const ALWAYS = new Set(["model", "framework"]);

/** What every row was run with: said once beside the table instead of in a column. */
export function commonColumns(data) {
  const isSetting = (column) => column.group === "test" && (column.shown || IF_DIFFERENT.has(column.id));
  return data.columns.filter(
    (column) =>
      data.count > 1 && isSetting(column) && column.isConstant && !column.isEmpty && !ALWAYS.has(column.id),
  );
}

export function defaultColumns(data) {
  const common = new Set(commonColumns(data));
  const varies = (column) => !column.isConstant && IF_DIFFERENT.has(column.id);
  // Where nothing was measured, the reason takes the place of the figures.
  const isReason = (column) => column.id === "error" && !column.isEmpty && data.get("latency_ms").isEmpty;
  return data.columns
    .filter((column) => (column.shown && !column.isEmpty) || varies(column) || isReason(column))
    .filter((column) => !common.has(column))
    .map((column) => column.id);
}

function initialState(data) {
  return { query: "", sort: [], group: [], columns: defaultColumns(data), filters: {}, picks: {} };
}

const list = (text) => (text ? text.split(",").filter(Boolean) : []);

export function readHash(data) {
  const state = initialState(data);
  const parameters = new URLSearchParams(location.hash.slice(1));
  const known = (id) => data.get(id) !== undefined;
  state.query = parameters.get("q") ?? "";
  state.sort = list(parameters.get("sort"))
    .map((id) => (id.startsWith("-") ? { id: id.slice(1), isDown: true } : { id, isDown: false }))
    .filter(({ id }) => known(id));
  state.group = list(parameters.get("group")).filter(known);
  if (parameters.has("cols")) state.columns = list(parameters.get("cols")).filter(known);
  for (const [name, value] of parameters) {
    if (name.startsWith("p.")) state.picks[name.slice(2)] = value;
    if (!name.startsWith("f.") || !known(name.slice(2))) continue;
    const filter = readFilter(value);
    if (filter) state.filters[name.slice(2)] = filter;
  }
  return state;
}

function readFilter(text) {
  try {
    const raw = JSON.parse(text);
    const filter = {};
    if (typeof raw.text === "string") filter.text = raw.text;
    if (typeof raw.min === "number") filter.min = raw.min;
    if (typeof raw.max === "number") filter.max = raw.max;
    if (Array.isArray(raw.values)) filter.values = raw.values.map(String);
    return Object.keys(filter).length ? filter : null;
  } catch {
    return null; // an address written by hand
  }
}

export function writeHash(state, data) {
  const parameters = new URLSearchParams();
  if (state.query) parameters.set("q", state.query);
  if (state.sort.length)
    parameters.set("sort", state.sort.map(({ id, isDown }) => (isDown ? "-" : "") + id).join(","));
  if (state.group.length) parameters.set("group", state.group.join(","));
  if (state.columns.join() !== defaultColumns(data).join()) parameters.set("cols", state.columns.join(","));
  for (const [id, filter] of Object.entries(state.filters)) parameters.set(`f.${id}`, JSON.stringify(filter));
  for (const [id, value] of Object.entries(state.picks)) parameters.set(`p.${id}`, value);
  const text = parameters.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}
