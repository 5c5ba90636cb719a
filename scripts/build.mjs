// Bundles what the browser loads: one script, one stylesheet, the font, the icons, the pictures of the features.
// Every file leaves under a name carrying the hash of its content; manifest.json tells templates which is which.

import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import esbuild from "esbuild";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const CORE = path.join(ROOT, "app/core/static/core");
const DIST = path.join(ROOT, "app/static/dist");
// Built aside, then swapped: a running server never sees half a build.
const RETIRED = `${DIST}.old-${process.pid}`;
const STAGE = `${DIST}.${process.pid}`;
const ICONS = path.join(ROOT, "node_modules/@tabler/icons/icons/outline");

const PEN = 'fill="none" stroke="#000" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';

const manifest = {};

// A stylesheet says url("icon:quote") for an icon repeated so often that its markup would weigh.
const drawnByStylesheet = {
  name: "icons",
  setup(build) {
    build.onResolve({ filter: /^icon:/ }, ({ path: name }) => ({ path: `${name.slice("icon:".length)}.svg`, namespace: "icon" }));
    build.onLoad({ filter: /.*/, namespace: "icon" }, ({ path: file }) => ({
      contents: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" ${PEN}>${shapes(icons().get(path.parse(file).name))}</svg>`,
      loader: "dataurl",
    }));
  },
};

rmSync(STAGE, { recursive: true, force: true });
mkdirSync(STAGE, { recursive: true });
await bundle();
keep("icons.svg", sprite());
for (const picture of globSync("app/*/static/*/**/*.{svg,png,jpg,webp,webmanifest}", { cwd: ROOT })) {
  keep(assetName(picture), readFileSync(path.join(ROOT, picture)));
}
writeFileSync(path.join(STAGE, "manifest.json"), JSON.stringify(manifest, null, 2));
compress();
rmSync(RETIRED, { recursive: true, force: true });
try {
  renameSync(DIST, RETIRED);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
renameSync(STAGE, DIST);
rmSync(RETIRED, { recursive: true, force: true });

async function bundle() {
  const result = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ["main.js", "main.css", "inside.css"].map((name) => path.join(CORE, name)),
    outdir: STAGE,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome111", "firefox113", "safari16.4"],
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    plugins: [drawnByStylesheet],
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  for (const [output, made] of Object.entries(result.metafile.outputs)) {
    const source = made.entryPoint ?? Object.keys(made.inputs)[0];
    manifest[path.basename(source)] = path.basename(output);
  }
}

// The icons that icons.txt names, each as a symbol: "name", or "name = tabler-name" where the two differ.
function sprite() {
  // Strokes are left to the stylesheet, which draws small icons heavier than large ones.
  const symbols = [...icons()].map(([name, drawing]) => `<symbol id="${name}" viewBox="0 0 24 24">${shapes(drawing)}</symbol>`);
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

function icons() {
  const lines = readFileSync(path.join(CORE, "icons.txt"), "utf8").split("\n");
  const named = lines.map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
  return new Map(
    named.map((line) => {
      const [name, drawing = name] = line.split("=").map((part) => part.trim());
      return [name, drawing];
    }),
  );
}

function shapes(drawing) {
  const drawn = readFileSync(path.join(ICONS, `${drawing}.svg`), "utf8");
  const inside = drawn.slice(drawn.indexOf(">", drawn.indexOf("<svg")) + 1, drawn.lastIndexOf("</svg>"));
  return inside.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s*\n\s*/g, "");
}

// Pictures of core go by their own name, those of a feature by "feature/name".
function assetName(file) {
  const parts = file.split(path.sep);
  const rest = parts.slice(4).join("/");
  return parts[1] === "core" ? rest : `${parts[3]}/${rest}`;
}

function keep(name, content) {
  const { name: stem, ext } = path.parse(name.replaceAll("/", "-"));
  const hash = createHash("sha256").update(content).digest("base64url").replace(/[-_]/g, "").slice(0, 8).toUpperCase();
  manifest[name] = `${stem}-${hash}${ext}`;
  writeFileSync(path.join(STAGE, manifest[name]), content);
}

function compress() {
  for (const name of readdirSync(STAGE).filter((name) => /\.(js|css|svg)$/.test(name))) {
    const content = readFileSync(path.join(STAGE, name));
    writeFileSync(path.join(STAGE, `${name}.gz`), gzipSync(content, { level: 9 }));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    writeFileSync(path.join(STAGE, `${name}.br`), brotliCompressSync(content, { params: quality }));
  }
}
