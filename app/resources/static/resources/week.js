// A lab's day: choosing a slot in place, and staying true while others book.
//
// The server draws everything. A press on a free stretch asks for the same page with that slot chosen and takes its table
// and its sheet; where one presses inside the stretch says the hour. Without this script the links do the same.
import { refresh } from "../../../core/static/core/live/connection.js";
import { speak } from "../../../core/static/core/announcer.js";

const main = document.querySelector("main[data-lab]");
const sheet = () => document.querySelector("[data-choice]");
const form = () => document.querySelector("[data-choice-form]");
let asking = null;

// Take the table and the sheet of this address; what was typed beside the slot stays.
async function show(address, { keepPlace = false } = {}) {
  asking?.abort();
  const turn = (asking = new AbortController());
  const typed = readTyped();
  let fresh;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store", signal: turn.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
    return;
  }
  const week = document.querySelector('[data-live-region="week"]');
  week.replaceChildren(...fresh.querySelector('[data-live-region="week"]').childNodes);
  sheet().replaceChildren(...fresh.querySelector("[data-choice]").childNodes);
  writeTyped(typed);
  history.replaceState(null, "", address);
  if (!keepPlace) {
    sheet().focus({ preventScroll: true });
    const words = sheet().querySelector("h2")?.textContent.trim();
    if (words) speak(words);
  }
}

function readTyped() {
  const fields = form()?.elements;
  return fields && { objet: fields.objet?.value, confidentiel: fields.confidentiel?.checked, open: form().querySelector("details")?.open };
}

function writeTyped(typed) {
  const fields = form()?.elements;
  if (!fields || !typed) return;
  if (fields.objet && typed.objet) fields.objet.value = typed.objet;
  if (fields.confidentiel) fields.confidentiel.checked ||= Boolean(typed.confidentiel);
  const more = form().querySelector("details");
  if (more && typed.open) more.open = true;
}

// The half hour under the pointer; a keyboard has none and takes the first.
function pressed(event, link) {
  const { from, opens, until } = Object.fromEntries(["from", "opens", "until"].map((name) => [name, Number(link.dataset[name])]));
  if (event.detail === 0) return opens;
  const box = link.getBoundingClientRect();
  const step = Number(main.querySelector("[data-day-grid]").dataset.column);
  const columns = Math.round((until - from) / step);
  const column = Math.min(columns - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * columns)));
  return Math.max(opens, from + column * step);
}

function choose(event, link) {
  const address = new URL(link.href);
  const at = pressed(event, link);
  const fields = form()?.elements;
  const machine = address.searchParams.get("machine");
  // A press later on the same machine draws the slot longer, as far as it can be.
  const ends = fields?.machine?.value === machine ? [...fields.fin.options].map((option) => Number(option.value)) : [];
  const end = ends.find((second) => second > at);
  if (event.detail !== 0 && end && at > Number(fields.debut.value)) {
    address.searchParams.set("debut", fields.debut.value);
    address.searchParams.set("fin", end);
  } else address.searchParams.set("debut", at);
  show(address.href);
}

function change(target) {
  const fields = form().elements;
  const address = new URL(form().dataset.address, location.href);
  address.searchParams.set("machine", fields.machine.value);
  if (fields.deplacer) address.searchParams.set("deplacer", fields.deplacer.value);
  if (fields.entreprise) address.searchParams.set("entreprise", fields.entreprise.value);
  address.searchParams.set("debut", fields.debut.value);
  // A new start keeps the length, as far as the server still finds room for it.
  if (target.name === "fin") address.searchParams.set("fin", fields.fin.value);
  const name = target.name;
  show(address.href, { keepPlace: true }).then(() => form()?.elements[name]?.focus({ preventScroll: true }));
}

// Arrows walk the table; the tab key and the links do without them.
function walk(event) {
  const bar = event.target.closest?.("a.bar");
  if (!bar) return;
  const row = bar.closest("tr");
  const links = [...row.querySelectorAll("a.bar")];
  const next = {
    ArrowRight: () => links[links.indexOf(bar) + 1],
    ArrowLeft: () => links[links.indexOf(bar) - 1],
    ArrowDown: () => inRow(row, "nextElementSibling", bar),
    ArrowUp: () => inRow(row, "previousElementSibling", bar),
  }[event.key]?.();
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function inRow(row, towards, bar) {
  const left = bar.getBoundingClientRect().left;
  for (let other = row[towards]; other; other = other[towards]) {
    const links = [...other.querySelectorAll("a.bar")];
    if (links.length) return links.findLast((link) => link.getBoundingClientRect().left <= left + 1) ?? links[0];
  }
}

if (main) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".is-free a.bar");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    choose(event, link);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choice-form] [name=debut], [data-choice-form] [name=fin], [data-choice-form] select[name=entreprise]")) change(event.target);
  });
  document.addEventListener("keydown", walk);
  document.addEventListener("live:entry", ({ detail: message }) => {
    if (!["booking", "machine", "lab", "outage"].includes(message.type)) return;
    // Everybody who has the week open hears it at once: do not ask all together.
    setTimeout(() => (form() ? change(form().elements.fin) : refresh()), Math.random() * 1000);
  });
}
