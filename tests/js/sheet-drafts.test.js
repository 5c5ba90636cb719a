// What was typed into a sheet comes back, and never silently over what another device saved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { reconciled, sameFields } from "../../app/library/static/library/sheet-drafts.js";

const page = { revision: 3, fields: { title: "Un", solution: "1. Écouter\r\n", technologies: ["lean"] } };

test("a page without a draft, or with the same words, is shown as it came", () => {
  assert.equal(reconciled(null, page), "page");
  assert.equal(reconciled({ revision: 2, fields: { ...page.fields, solution: "1. Écouter\n" } }, page), "page");
});

test("words typed on what the server holds are put back", () => {
  assert.equal(reconciled({ revision: 3, fields: { ...page.fields, title: "Un deux" } }, page), "draft");
});

test("words typed on an older state are held beside the newer one", () => {
  assert.equal(reconciled({ revision: 2, fields: { ...page.fields, title: "Un deux" } }, page), "conflict");
});

test("a save whose answer was lost is no conflict with oneself", () => {
  const typed = { ...page.fields, title: "Un deux trois" };
  assert.equal(reconciled({ revision: 2, fields: typed, sentFields: { ...page.fields } }, page), "draft");
  assert.equal(reconciled({ revision: 2, fields: typed, sentFields: { ...page.fields, title: "Autre" } }, page), "conflict");
});

test("the order of choices does not matter, their number does", () => {
  assert.ok(sameFields({ technologies: ["a", "b"] }, { technologies: ["b", "a"] }));
  assert.ok(!sameFields({ technologies: ["a"] }, { technologies: ["b", "a"] }));
  assert.ok(sameFields({ unit: "" }, {}));
});
