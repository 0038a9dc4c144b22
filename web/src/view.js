// Filter, sort and group: from the state to a list of items, each a row (>= 0) or a group head (-1 - index).
export class View {
  constructor(data) {
    this.data = data;
    this.collapsed = new Set();
    this.rows = new Uint32Array(0);
    this.items = [];
    this.groups = [];
  }

  update(state) {
    this.rows = this.filter(state);
    this.sort(state);
    this.layOut(state);
  }

  // Rows that pass all filters, but not the one of column `except`: what a filter's check list counts.
  filter(state, except = null) {
    const tests = [];
    for (const [id, filter] of Object.entries(state.filters)) {
      const column = this.data.get(id);
      if (column && id !== except) tests.push(...makeTests(column, filter));
    }
    for (const word of state.query.toLowerCase().split(/\s+/).filter(Boolean))
      tests.push(makeSearch(this.data, word));
    const rows = new Uint32Array(this.data.count);
    let count = 0;
    for (let row = 0; row < this.data.count; row++) if (tests.every((test) => test(row))) rows[count++] = row;
    return rows.slice(0, count);
  }

  sort(state) {
    const keys = [
      ...state.group.map((id) => ({ id, isDown: false })),
      ...state.sort.filter(({ id }) => !state.group.includes(id)),
    ].filter(({ id }) => this.data.get(id));
    if (keys.length === 0) return;
    const lists = keys.map(({ id, isDown }) => {
      const key = this.data.get(id).key;
      const list = new Float64Array(this.data.count);
      for (const row of this.rows) {
        const value = key(row);
        // Missing values stand last in both directions.
        list[row] = Number.isNaN(value) ? Infinity : isDown ? -value : value;
      }
      return list;
    });
    const [first] = lists;
    const compare = (a, b) => {
      for (const list of lists) if (list[a] !== list[b]) return list[a] < list[b] ? -1 : 1;
      return a - b;
    };
    this.rows.sort(
      lists.length === 1 ? (a, b) => (first[a] === first[b] ? a - b : first[a] < first[b] ? -1 : 1) : compare,
    );
  }

  layOut(state) {
    const columns = state.group.map((id) => this.data.get(id)).filter(Boolean);
    this.groups = [];
    if (columns.length === 0) {
      this.items = this.rows;
      return;
    }
    const items = [];
    const open = [];
    for (const row of this.rows) {
      let level = 0;
      const values = columns.map((column) => column.text(row));
      while (level < open.length && open[level].value === values[level]) level++;
      open.length = level;
      for (; level < columns.length; level++) {
        const path = JSON.stringify(values.slice(0, level + 1));
        const group = {
          level,
          column: columns[level],
          value: values[level],
          path,
          count: 0,
          okCount: 0,
          best: -1,
        };
        group.isHidden = open.some((outer) => this.collapsed.has(outer.path));
        open.push(group);
        if (!group.isHidden) items.push(-1 - this.groups.length);
        this.groups.push(group);
      }
      for (const group of open) this.countRow(group, row);
      if (!open.some((group) => this.collapsed.has(group.path))) items.push(row);
    }
    this.items = Int32Array.from(items);
  }

  countRow(group, row) {
    group.count++;
    if (!this.data.isUsable(row)) return;
    group.okCount++;
    const fps = this.data.number("fps", row);
    if (fps > 0 && (group.best < 0 || fps > this.data.number("fps", group.best))) group.best = row;
  }

  setAll(isCollapsed) {
    this.collapsed = new Set(isCollapsed ? this.groups.map((group) => group.path) : []);
  }
}

function makeTests(column, filter) {
  const tests = [];
  if (filter.text) {
    const part = filter.text.toLowerCase();
    if (column.isNumber) tests.push((row) => column.text(row).includes(part));
    else {
      const matches = column.texts.map((text) => text.toLowerCase().includes(part));
      tests.push((row) => matches[column.code(row)] === true);
    }
  }
  if (filter.min !== undefined) tests.push((row) => column.number(row) >= filter.min);
  if (filter.max !== undefined) tests.push((row) => column.number(row) <= filter.max);
  if (filter.values) {
    const wanted = new Set(filter.values);
    if (column.isNumber)
      tests.push((row) => wanted.has(column.isMissing(row) ? "" : String(column.number(row))));
    else {
      const matches = column.texts.map((text) => wanted.has(text));
      const takesNone = wanted.has("");
      tests.push((row) => (column.code(row) < 0 ? takesNone : matches[column.code(row)]));
    }
  }
  return tests;
}

function makeSearch(data, word) {
  const found = [];
  for (const column of data.columns) {
    if (column.isNumber || column.isEmpty) continue;
    const matches = Uint8Array.from(column.texts, (text) => text.toLowerCase().includes(word));
    if (matches.includes(1)) found.push([column, matches]);
  }
  return (row) => found.some(([column, matches]) => matches[column.code(row)] === 1);
}
