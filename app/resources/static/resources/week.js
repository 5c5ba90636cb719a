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
let written = null;
let soon = null;
let isSent = false;

// Take the table and the sheet of this address; what was typed beside the slot stays. `keepPlace`: the focus stays too.
// What nobody pressed for may fail in silence: the next sign of life asks again, and the server decides anyway.
async function show(address, { keepPlace = false, isPressed = true } = {}) {
  asking?.abort();
  const turn = (asking = new AbortController());
  let fresh;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store", signal: turn.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch (error) {
    if (isPressed && error.name !== "AbortError") location.assign(address);
    return;
  }
  const place = keepPlace && placeOf(document.activeElement);
  readTyped();
  const week = document.querySelector('[data-live-region="week"]');
  week.replaceChildren(...fresh.querySelector('[data-live-region="week"]').childNodes);
  const next = fresh.querySelector("[data-choice]");
  // A sheet that says the same is left as it is, with whoever writes in it.
  if (!keepPlace || saidBy(next) !== saidBy(sheet())) sheet().replaceChildren(...next.childNodes);
  writeTyped();
  history.replaceState(null, "", address);
  if (place) return goBack(place);
  if (keepPlace) return;
  sheet().focus({ preventScroll: true });
  const words = sheet().querySelector("h2")?.textContent.trim();
  if (words) speak(words);
}

function saidBy(choice) {
  const options = [...choice.querySelectorAll("option, button[value]")].map((one) => one.value);
  return [choice.querySelector(".choice-words")?.textContent.trim(), ...options].join("\n");
}

// Where the focus stands in what is about to be replaced: a field of the sheet by its name, a stretch by where it begins.
function placeOf(element) {
  if (sheet().contains(element)) return { element, field: element.name, from: element.selectionStart, to: element.selectionEnd };
  const row = element?.closest?.("tr[data-machine]");
  const bar = element?.closest?.("a.bar");
  return row && { element, machine: row.dataset.machine, left: bar?.getBoundingClientRect().left };
}

function goBack({ element, field, from, to, machine, left }) {
  if (element.isConnected) return;
  const row = machine && document.querySelector(`tr[data-machine="${machine}"]`);
  const next = row ? (left === undefined ? row.querySelector("th a") : nearest(row, left)) : field && form()?.elements[field];
  (next || sheet()).focus({ preventScroll: true });
  if (next && typeof from === "number") next.setSelectionRange?.(from, to);
}

// What is written beside a slot outlives the slot: it waits here while no form asks for it.
function readTyped() {
  const fields = form()?.elements;
  if (!fields?.objet) return;
  written = { objet: fields.objet.value, confidentiel: fields.confidentiel.checked, open: form().querySelector("details").open };
}

function writeTyped() {
  const fields = form()?.elements;
  if (!fields?.objet || !written) return;
  if (fields.objet.value !== written.objet) fields.objet.value = written.objet;
  fields.confidentiel.checked = written.confidentiel;
  form().querySelector("details").open = written.open;
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

// The address of the slot as the form says it; without its end the server gives the usual length, or what room there is.
function addressOf({ withEnd }) {
  const fields = form().elements;
  const address = new URL(form().dataset.address, location.href);
  for (const name of ["machine", "deplacer", "entreprise", "debut", ...(withEnd ? ["fin"] : [])]) {
    if (fields[name]) address.searchParams.set(name, fields[name].value);
  }
  return address.href;
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
    const found = nearest(other, left);
    if (found) return found;
  }
}

function nearest(row, left) {
  const links = [...row.querySelectorAll("a.bar")];
  return links.findLast((link) => link.getBoundingClientRect().left <= left + 1) ?? links[0];
}

// Something changed in this lab. Everybody who has the week open hears it at once, so they do not ask all together; but
// whoever is choosing on that very machine must know at once whether the slot is still there.
function follow(message) {
  const isUrgent = form() && message.data?.machine === Number(form().elements.machine.value);
  clearTimeout(soon);
  soon = setTimeout(() => (form() ? show(addressOf({ withEnd: true }), { keepPlace: true, isPressed: false }) : refresh()), isUrgent ? 0 : Math.random() * 1000);
}

if (main) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".is-free a.bar");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    choose(event, link);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choice-form] [name=debut], [data-choice-form] [name=fin], [data-choice-form] select[name=entreprise]")) {
      show(addressOf({ withEnd: event.target.name === "fin" }), { keepPlace: true });
    }
  });
  document.addEventListener("keydown", walk);
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && event.target.matches("[data-choice-form]")) isSent = true;
  });
  window.addEventListener("pageshow", () => (isSent = false));
  document.addEventListener("live:entry", ({ detail: message }) => {
    // What was just sent is told here too: the slot that is no longer free is one's own.
    if (!isSent && ["booking", "machine", "lab", "outage"].includes(message.type)) follow(message);
  });
}
