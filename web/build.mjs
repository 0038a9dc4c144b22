// Bundles src/ into dist/page.js and dist/page.css. `--check` compares with what is committed instead. The bundle begins with a
// hash of what it was made from, so that tests/page/dist_test.py can tell without npm whether it is stale.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { build } from "esbuild";

async function sources() {
    const inside = await readdir("src", { recursive: true, withFileTypes: true });
    const files = inside.filter((entry) => entry.isFile()).map((entry) => `${entry.path}/${entry.name}`);
    return [...files, "build.mjs", "package.json", "package-lock.json"].sort();
}

const hash = createHash("sha256");
for (const file of await sources())
    hash.update(`${file}\0`)
        .update(await readFile(file))
        .update("\0");

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
    banner: {
        js: `/* sources ${hash.digest("hex")} */`,
        css: "/* Typeface Inter: Copyright The Inter Project Authors, SIL Open Font License 1.1 */",
    },
    write: !checks,
});
for (const file of checks ? result.outputFiles : []) {
    const committed = await readFile(file.path, "utf8").catch(() => "");
    if (committed !== file.text) {
        console.error(`${file.path} is stale: run «npm run build» in web/`);
        process.exitCode = 1;
    }
}
