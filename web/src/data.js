// The rows as columns: numbers in typed arrays, texts as codes into a list. A constant column holds one value.
const FIGURE_SPACE = "\u2007";
const POINT_SPACE = "\u2008";
const CHOSEN_BY_FRAMEWORK = new Set(["threads", "streams", "requests"]); // when they are 0

class Column {
  constructor(raw, count) {
    const { constant, values, texts, codes, ...about } = raw;
    Object.assign(this, about, { count });
    this.isNumber = raw.type === "integer" || raw.type === "real";
    this.isPercent = raw.id.endsWith("_frac");
    this.scale = this.isPercent ? 100 : 1;
    if (this.isPercent) this.unit = "%";
    this.isEmpty = constant === null && !values && !texts;
    this.isConstant = !values && !texts;
    if (this.isNumber) this.readNumbers(constant, values);
    else this.readTexts(constant, texts, codes);
  }

  readNumbers(constant, values) {
    if (this.isConstant) {
      const value = constant === null ? NaN : constant * this.scale;
      this.number = () => value;
    } else {
      const numbers = Float64Array.from(values, (value) => (value === null ? NaN : value * this.scale));
      this.number = (row) => numbers[row];
    }
  }

  readTexts(constant, texts, codes) {
    if (this.isConstant) {
      this.texts = constant === null ? [] : [String(constant)];
      const code = this.texts.length - 1;
      this.code = () => code;
    } else {
      this.texts = texts;
      const list = Int32Array.from(codes);
      this.code = (row) => list[row];
    }
  }

  text(row) {
    if (this.isNumber && this.number(row) === 0 && CHOSEN_BY_FRAMEWORK.has(this.id)) return "auto";
    if (this.isNumber) return this.isMissing(row) ? "" : formatNumber(this.number(row), this.type);
    const code = this.code(row);
    return code < 0 ? "" : this.texts[code];
  }

  isMissing(row) {
    return this.isNumber ? Number.isNaN(this.number(row)) : this.code(row) < 0;
  }

  // Sort key: the number, or the rank of the text in natural order ("2" before "10").
  get key() {
    if (this.isNumber) return this.number;
    if (!this.ranks) {
      const collator = new Intl.Collator("en", { numeric: true });
      const order = this.texts
        .map((_, index) => index)
        .sort((a, b) => collator.compare(this.texts[a], this.texts[b]));
      this.ranks = new Float64Array(order.length);
      order.forEach((index, rank) => (this.ranks[index] = rank));
    }
    return (row) => (this.code(row) < 0 ? NaN : this.ranks[this.code(row)]);
  }

  get maxDecimals() {
    if (this.decimals === undefined) {
      this.decimals = 0;
      const step = Math.max(1, Math.floor(this.count / 5000));
      for (let row = 0; row < this.count; row += step)
        if (!this.isMissing(row))
          this.decimals = Math.max(this.decimals, decimalsOf(this.number(row), this.type));
    }
    return this.decimals;
  }

  // Padded with spaces as wide as a digit, so that decimal points stand under each other.
  aligned(row) {
    if (!this.isNumber || this.type === "integer" || this.isMissing(row)) return this.text(row);
    const decimals = decimalsOf(this.number(row), this.type);
    const gap = this.maxDecimals - decimals;
    return this.text(row) + (decimals === 0 && gap > 0 ? POINT_SPACE : "") + FIGURE_SPACE.repeat(gap);
  }
}

function decimalsOf(value, type) {
  if (type === "integer" || value === 0) return 0;
  return Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value)) + 1e-12)));
}

// Four significant digits, thousands set apart, never an exponent for what people compare.
export function formatNumber(value, type = "real") {
  if (!Number.isFinite(value)) return "";
  if (type === "real" && value !== 0 && Math.abs(value) < 1e-6) return value.toExponential(2);
  const [whole, part] = value.toFixed(decimalsOf(value, type)).split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  return part ? `${spaced}.${part}` : spaced;
}

export function load(raw) {
  const columns = raw.columns.map((column) => new Column(column, raw.count));
  const byId = new Map(columns.map((column) => [column.id, column]));
  const data = { ...raw, columns, get: (id) => byId.get(id) };
  data.text = (id, row) => byId.get(id).text(row);
  data.number = (id, row) => byId.get(id).number(row);
  data.isOk = (row) => data.text("status", row) === "ok";
  // What conclusions may be drawn from: measured, outputs right, not declared invalid.
  data.isUsable = (row) => data.isOk(row) && data.text("verdict", row) !== "invalid";
  return data;
}

export function distinct(column, rows) {
  const counts = new Map();
  for (const row of rows) {
    const value = column.isNumber ? column.number(row) : column.code(row);
    const key = column.isNumber
      ? Number.isNaN(value)
        ? ""
        : String(value)
      : value < 0
        ? ""
        : column.texts[value];
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const collator = new Intl.Collator("en", { numeric: true });
  return [...counts].sort((a, b) => collator.compare(a[0], b[0]));
}
