// What is being typed survives a closed tab, a lost network and another device.
// `form[data-draft="key"]`: its textarea is kept on this device at once, on the server a few seconds later.

import { send } from "./requests.js";

const DELAY = 3000;
const place = (key) => `draft:${document.body.dataset.user ?? ""}:${key}`;

export function forget(form) {
  localStorage.removeItem(place(form.dataset.draft));
  clearTimeout(form.draftTimer);
}

function keep(form, area) {
  const kept = { body: area.value, at: Date.now() };
  try {
    localStorage.setItem(place(form.dataset.draft), JSON.stringify(kept));
  } catch {
    // A full device keeps nothing; the server still does.
  }
  clearTimeout(form.draftTimer);
  form.draftTimer = setTimeout(() => keepThere(form, kept), DELAY);
}

async function keepThere(form, { body, at }) {
  const key = encodeURIComponent(form.dataset.draft);
  const answer = await send(`/brouillons/${key}`, { method: "PUT", json: { body, sequence: at } }).catch(() => null);
  say(form, answer?.ok ? form.dataset.saved ?? "" : "");
}

export function say(form, words) {
  const state = form.querySelector("[data-draft-state]");
  if (state && state.textContent !== words) state.textContent = words;
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const area = form.querySelector("textarea");
  if (!area) continue;
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(place(form.dataset.draft)));
  } catch {
    // Not ours, or from an older version.
  }
  // A page that comes back with a typed text, or the server's own draft, is newer than what this device kept.
  if (kept?.body && !area.value) {
    area.value = kept.body;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.addEventListener("input", () => keep(form, area));
  form.addEventListener("submit", () => {
    clearTimeout(form.draftTimer);
    if (!form.matches("[data-reply]")) localStorage.removeItem(place(form.dataset.draft));
  });
}
