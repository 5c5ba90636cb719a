// What is being typed survives a closed tab, a lost network and another device.
// `form[data-draft="key"]`: its fields are kept on this device at once, its text on the server a few seconds later.

import { device, namesKept } from "./device.js";
import { send } from "./requests.js";
import { restores } from "./restoring.js";
import { word } from "./words.js";

const DELAY = 3000;
const PREFIX = `draft:${document.body.dataset.user ?? ""}:`;
const SMALL = 'input[type="text"], input[type="radio"], select';

const areaOf = (form) => form.querySelector("textarea");
const started = new WeakMap();

function kept(key) {
  try {
    return JSON.parse(device.getItem(PREFIX + key));
  } catch {
    return null;
  }
}

function write(key, draft) {
  try {
    device.setItem(PREFIX + key, JSON.stringify(draft));
  } catch {
    // A full device keeps nothing; the server still does.
  }
}

export function forget(form) {
  clearTimeout(form.draftTimer);
  device.removeItem(PREFIX + form.dataset.draft);
  started.set(form, areaOf(form).value);
}

export function keep(form) {
  const key = form.dataset.draft;
  const body = areaOf(form).value;
  const fields = Object.fromEntries(
    [...form.querySelectorAll(SMALL)].filter((field) => field.name && (field.type !== "radio" || field.checked)).map((field) => [field.name, field.value]),
  );
  write(key, { body, fields, from: started.get(form), saved: kept(key)?.saved, at: Date.now() });
  clearTimeout(form.draftTimer);
  form.draftTimer = setTimeout(() => keepThere(form), DELAY);
}

async function keepThere(form) {
  const key = form.dataset.draft;
  const draft = kept(key);
  if (!draft) return;
  const answer = await send(`/brouillons/${encodeURIComponent(key)}`, { method: "PUT", json: { body: draft.body, sequence: draft.at } }).catch(() => null);
  const now = kept(key);
  if (answer?.ok && now) write(key, { ...now, saved: draft.body });
  if (!("waiting" in form.dataset)) say(form, answer?.ok && draft.body ? word("draft-kept") : "");
}

export function say(form, words) {
  const state = form.querySelector("[data-draft-state]");
  if (state && state.textContent !== words) state.textContent = words;
}

function restore(form) {
  const draft = kept(form.dataset.draft);
  const area = areaOf(form);
  started.set(form, area.value);
  if (draft?.sent) write(form.dataset.draft, { ...draft, sent: undefined });
  if (!restores(draft, area.value)) return;
  area.value = draft.body;
  started.set(form, draft.from ?? "");
  for (const [name, value] of Object.entries(draft.fields ?? {})) {
    const field = form.elements[name];
    // A choice that is no longer offered keeps what the page chose.
    const isOffered = !field?.options || [...field.options].some((option) => option.value === value);
    if (field && value && isOffered) field.value = value;
  }
  // Sent, but the page never said so: the same request id makes sure that it is not published twice.
  if (draft.sent && form.elements.request_id) form.elements.request_id.value = draft.sent;
  area.dispatchEvent(new Event("composer:changed", { bubbles: true }));
}

const forms = [...document.querySelectorAll("form[data-draft]")].filter(areaOf);

// What was sent from a page that is no longer here arrived, unless this is the page that says it did not.
const isRefusal = document.querySelector(".error-page, form[data-resend]");
for (const name of isRefusal ? [] : namesKept().filter((name) => name.startsWith(PREFIX))) {
  const key = name.slice(PREFIX.length);
  if (kept(key)?.sent && !forms.some((form) => form.dataset.draft === key)) device.removeItem(name);
}

for (const form of forms) {
  restore(form);
  form.addEventListener("input", () => keep(form));
  form.addEventListener("submit", (event) => {
    clearTimeout(form.draftTimer);
    const draft = kept(form.dataset.draft);
    const isHere = form.matches("[data-reply]") || event.submitter?.name === "preview";
    if (draft && !isHere) write(form.dataset.draft, { ...draft, sent: form.elements.request_id?.value ?? "sent" });
  });
}

document.addEventListener("outbox:done", ({ detail: { key, verdict, item } }) => {
  if (verdict === "sent" && kept(key)?.body === item.fields.body) device.removeItem(PREFIX + key);
});
