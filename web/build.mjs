// Bundles src/ into dist/page.js and dist/page.css. `--check` compares with what is committed instead.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";

const checks = process.argv.includes("--check");
const result = await build({
  entryPoints: { page: "src/main.js" },
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome111", "firefox113", "safari16.4"],
  loader: { ".woff2": "dataurl" },
  charset: "utf8",
  legalComments: "none",
  banner: { css: "/* Typeface Inter: Copyright The Inter Project Authors, SIL Open Font License 1.1 */" },
  write: !checks,
});
for (const file of checks ? result.outputFiles : []) {
  const committed = await readFile(file.path, "utf8").catch(() => "");
  if (committed !== file.text) {
    console.error(`${file.path} is stale: run «npm run build» in web/`);
    process.exitCode = 1;
  }
}
