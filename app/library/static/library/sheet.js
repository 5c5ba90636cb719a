// A sheet being written: every change is kept on this device at once, on the server a moment later, and sent again when
// the network is back. Nothing typed is lost by a reload, another tab or a refusal.

import { device } from "../../../core/static/core/device.js";
import { verdictOf } from "../../../core/static/core/outbox.js";
import { send } from "../../../core/static/core/requests.js";
import { word } from "../../../core/static/core/words.js";
import { isOwn, reconciled, sameFields } from "./sheet-drafts.js";

const DELAY = 1500;
const PREFIX = `sheet:${document.body.dataset.user ?? ""}:`;
const MANAGED = ["csrf_token", "files", "propose", "save", "revision", "request_id"];

const form = document.querySelector("form[data-sheet]");

function fieldsOf(shown = form) {
  const fields = {};
  for (const [name, value] of new FormData(shown)) {
    if (MANAGED.includes(name)) continue;
    if (name === "technologies") (fields.technologies ??= []).push(value);
    else fields[name] = value;
  }
  return { technologies: [], ...fields };
}

function show(fields) {
  for (const element of form.elements) {
    const { name, type } = element;
    if (!(name in fields) || MANAGED.includes(name)) continue;
    if (type === "checkbox") element.checked = fields[name].includes(element.value);
    else if (type === "radio") element.checked = element.value === fields[name];
    else if (!element.options || [...element.options].some((option) => option.value === fields[name])) element.value = fields[name];
  }
  for (const area of form.querySelectorAll("textarea")) area.dispatchEvent(new Event("composer:changed", { bubbles: true }));
}

const key = () => PREFIX + (form.dataset.sheet || `new${form.elements.origin.value}`);

function kept() {
  try {
    return JSON.parse(device.getItem(key()));
  } catch {
    return null;
  }
}

function keepHere(changes = {}) {
  const { revision, request_id: requestId } = form.elements;
  const draft = { ...kept(), fields: fieldsOf(), revision: Number(revision.value), requestId: requestId.value, at: Date.now(), ...changes };
  try {
    device.setItem(key(), JSON.stringify(draft));
  } catch {
    // A full device keeps nothing; the server still does.
  }
}

let timer = null;
let saving = false;
let again = false;
// What the last save carried whose answer never came.
let lastSent = null;

function say(name) {
  const state = form.querySelector("[data-sheet-state]");
  state.textContent = name ? state.dataset[name] : "";
}

function soon(delay = DELAY) {
  clearTimeout(timer);
  timer = setTimeout(keepThere, delay);
}

async function keepThere() {
  if (saving) {
    again = true;
    return;
  }
  saving = true;
  say("keeping");
  const fields = fieldsOf();
  keepHere({ sentFields: fields });
  const sent = { ...fields, id: form.dataset.sheet, revision: form.elements.revision.value, request_id: form.elements.request_id.value };
  const answer = await send("/apprendre/brouillons", { method: "PUT", json: sent }).catch(() => null);
  saving = false;
  const verdict = verdictOf(answer);
  if (verdict === "sent") arrived(answer.data, fields);
  else if (verdict === "repeated") await meetNewer();
  else if (verdict === "later" || verdict === "signed-out") {
    lastSent = fields;
    say("device");
    soon(10_000);
  } else form.querySelector("[data-sheet-state]").textContent = answer.data.sentence ?? word("failed");
  if (again) {
    again = false;
    soon(0);
  }
}

function arrived({ id, revision, url }, fields) {
  const before = key();
  form.elements.revision.value = revision;
  if (!form.dataset.sheet) {
    form.dataset.sheet = id;
    form.action = url;
    history.replaceState(history.state, "", url);
    device.removeItem(before);
  }
  if (sameFields(fields, fieldsOf())) device.removeItem(key());
  else keepHere();
  say("kept");
}

async function freshForm() {
  const answer = await fetch(form.action, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-sheet]");
}

// The server holds something newer. Where that is what was sent from here before, only its answer was lost.
async function meetNewer() {
  const fresh = await freshForm();
  if (!fresh || !lastSent || !isOwn({ sentFields: lastSent }, fieldsOf(fresh))) return conflict();
  form.elements.revision.value = fresh.elements.revision.value;
  soon(0);
}

function conflict() {
  clearTimeout(timer);
  say("");
  const box = form.querySelector("[data-sheet-conflict]");
  box.hidden = false;
  box.scrollIntoView({ block: "center" });
}

// The words of this page win: they are saved on top of what the server holds now.
async function winHere() {
  const fresh = await freshForm();
  if (!fresh) return say("device");
  form.elements.revision.value = fresh.elements.revision.value;
  form.querySelector("[data-sheet-conflict]").hidden = true;
  keepHere();
  soon(0);
}

function seeOther() {
  device.removeItem(key());
  leaving = true;
  location.reload();
}

let leaving = false;

function begin() {
  const draft = kept();
  const page = { fields: fieldsOf(), revision: Number(form.elements.revision.value) };
  const isRefusal = Boolean(form.querySelector(".error-summary, .field-error"));
  const found = isRefusal ? "page" : reconciled(draft, page);
  lastSent = draft?.sentFields ?? null;
  if (found === "draft" || found === "conflict") {
    if (!form.dataset.sheet && draft.requestId) form.elements.request_id.value = draft.requestId;
    show(draft.fields);
    if (found === "draft") soon(0);
    else conflict();
  } else if (draft) device.removeItem(key());
}

if (form && form.dataset.state !== "proposed") {
  begin();
  form.addEventListener("input", () => {
    keepHere();
    soon();
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    keepHere({ sent: true });
  });
  form.querySelector("[data-sheet-mine]").addEventListener("click", winHere);
  form.querySelector("[data-sheet-theirs]").addEventListener("click", seeOther);
  addEventListener("online", () => kept() && soon(0));
  // Gone before the next save: what is kept here is found again at the next visit.
  addEventListener("pagehide", () => leaving || (kept() && keepHere()));
}

for (const gone of document.querySelectorAll("form[data-sheet-forget]")) {
  gone.addEventListener("submit", () => device.removeItem(PREFIX + gone.dataset.sheetForget));
}
