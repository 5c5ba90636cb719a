// What the composer does to a text, when a draft comes back, where a name is being typed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatted } from "../../app/core/static/core/formatting.js";
import { nameAt } from "../../app/core/static/core/naming.js";
import { restores } from "../../app/core/static/core/restoring.js";

// A text with its selection between brackets; gives the same after the tool.
function press(kind, marked) {
  const start = marked.indexOf("[");
  const end = marked.indexOf("]") - 1;
  const value = marked.replace("[", "").replace("]", "");
  const change = formatted(value, start, end, kind);
  const text = value.slice(0, change.from) + change.text + value.slice(change.to);
  return `${text.slice(0, change.start)}[${text.slice(change.start, change.end)}]${text.slice(change.end)}`;
}

test("bold and italic go around the words and come off again", () => {
  assert.equal(press("bold", "une [pince] usée"), "une **[pince]** usée");
  assert.equal(press("bold", "une **[pince]** usée"), "une [pince] usée");
  assert.equal(press("italic", "une **[pince]** usée"), "une ***[pince]*** usée");
  assert.equal(press("code", "[]"), "`[]`");
});

test("lists take whole lines, number them, and change kind without piling up", () => {
  assert.equal(press("list", "a\nb[]b\nc"), "a\n- bb[]\nc");
  assert.equal(press("ordered", "a[a\nb]b"), "[1. aa\n2. bb]");
  assert.equal(press("list", "1. a[a\n2. b]b"), "[- aa\n- bb]");
  assert.equal(press("list", "- a[a\n- b]b"), "[aa\nbb]");
  assert.equal(press("quote", "dit[] ainsi"), "> dit ainsi[]");
});

test("a link asks for what is missing", () => {
  assert.equal(press("link", "voir [la fiche]"), "voir [la fiche](https://[])".replace("[la fiche]", "\u0000").replace("\u0000", "[la fiche]"));
});

test("a table starts on a line of its own", () => {
  assert.ok(press("table", "avant[]").startsWith("avant\n\n| A | B |"));
  assert.ok(press("table", "[]").startsWith("| A | B |"));
});

test("a name is being typed after an at sign that begins a word", () => {
  assert.equal(nameAt("bonjour @Élo"), "Élo");
  assert.equal(nameAt("@Jean-Marc D"), "Jean-Marc D");
  assert.equal(nameAt("(@él"), "él");
  assert.equal(nameAt("contact@atelier"), null);
  assert.equal(nameAt("bonjour @"), null);
  assert.equal(nameAt("@{12|Élodie} et"), null);
});

test("a draft comes back where it continues what the page shows", () => {
  assert.ok(restores({ body: "suite" }, ""));
  assert.ok(restores({ body: "texte corrigé", from: "texte" }, "texte"));
  assert.ok(restores({ body: "plus loin", from: "", saved: "plus" }, "plus\r\n"));
});

test("a draft stays away from what was written elsewhere or later", () => {
  assert.ok(!restores(null, ""));
  assert.ok(!restores({ body: "", from: "" }, ""));
  assert.ok(!restores({ body: "le même" }, "le même"));
  assert.ok(!restores({ body: "ancien", from: "texte" }, "texte changé depuis"));
  assert.ok(!restores({ body: "ancien", from: "" }, "rendu par un refus"));
});
