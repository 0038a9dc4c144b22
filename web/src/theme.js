// Light, dark, or as the system has it; kept where the browser allows a local page to keep anything.
const NAMES = ["auto", "light", "dark"];
const system = window.matchMedia("(prefers-color-scheme: dark)");
let chosen = "auto";

function apply() {
  document.documentElement.dataset.theme = chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
}

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null; // a page opened from a file may have none
  }
}

export function startTheme() {
  const kept = storage()?.getItem("dli-theme");
  if (NAMES.includes(kept)) chosen = kept;
  system.addEventListener("change", apply);
  apply();
  return chosen;
}

export function nextTheme() {
  chosen = NAMES[(NAMES.indexOf(chosen) + 1) % NAMES.length];
  storage()?.setItem("dli-theme", chosen);
  apply();
  return chosen;
}
