// Rows by several columns at once: every distinct combination of values has a number of its own.
function codes(column) {
  if (!column.isNumber) return { count: column.texts.length + 1, of: (row) => column.code(row) + 1 };
  if (!column.codeList) {
    const known = new Map();
    column.codeList = new Int32Array(column.count);
    for (let row = 0; row < column.count; row++) {
      const value = column.number(row);
      if (!known.has(value)) known.set(value, known.size);
      column.codeList[row] = known.get(value);
    }
    column.codeCount = known.size;
  }
  return { count: column.codeCount, of: (row) => column.codeList[row] };
}

export function keyOf(data, ids) {
  const parts = ids.map((id) => codes(data.get(id))).filter(({ count }) => count > 1);
  const size = parts.reduce((product, { count }) => product * count, 1);
  if (size <= Number.MAX_SAFE_INTEGER)
    return (row) => parts.reduce((key, { count, of }) => key * count + of(row), 0);
  return (row) => parts.map(({ of }) => of(row)).join();
}

export function groupBy(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const at = key(row);
    const group = groups.get(at);
    if (group) group.push(row);
    else groups.set(at, [row]);
  }
  return groups;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
