// The rows on show as the same CSV that the program writes: RFC 4180, guarded against formulas.
const FORMULA = /^(?:[=+\-@\t\r\n]|'['=+\-@\t\r\n])/;

function cell(column, row) {
  if (column.isMissing(row)) return "";
  if (column.isNumber) return String(Number((column.number(row) / column.scale).toPrecision(9)));
  const text = column.text(row);
  if (column.type !== "text") return text;
  const guarded = FORMULA.test(text) ? `'${text}` : text;
  return guarded !== text || /[,"\r\n]/.test(text) ? `"${guarded.replaceAll('"', '""')}"` : text;
}

export function makeCsv(data, rows) {
  const lines = [data.columns.map((column) => column.id).join(",")];
  for (const row of rows) lines.push(data.columns.map((column) => cell(column, row)).join(","));
  return lines.join("\r\n") + "\r\n";
}

export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
