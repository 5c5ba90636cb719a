// Counters of the frame: a dot at once when something moves elsewhere, the true numbers a moment later.

import { word } from "./words.js";

const FROM = 1000;
const SPREAD = 4000;
const COUNTED = [
  "post.added", "topic.added", "topic.moved", "notification.added", "report.added", "report.decided", "desk.changed",
  "membership.requested", "membership.admitted", "membership.refused",
];

let timer = null;
let due = false;

// A whole community hears the same entry: ask one after the other.
function refreshSoon() {
  due = true;
  clearTimeout(timer);
  timer = setTimeout(refresh, FROM + Math.random() * SPREAD);
}

async function refresh() {
  if (!due || document.visibilityState !== "visible") return;
  due = false;
  const answer = await fetch("/non-lus", { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (!answer?.ok) {
    due = true;
    return;
  }
  const { rooms, elsewhere, notifications, pending } = await answer.json();
  for (const link of document.querySelectorAll("a[data-room]")) show(link, rooms[link.dataset.room] ?? 0, "count", "unread-words");
  for (const link of document.querySelectorAll("a[data-elsewhere]")) show(link, elsewhere, "count", "unread-words");
  for (const bell of document.querySelectorAll("[data-bell]")) show(bell, notifications, "bubble", "unread-news-words");
  for (const desk of document.querySelectorAll("[data-pending]")) show(desk, pending, desk.dataset.pending, "pending-words");
}

function mark(room) {
  for (const link of document.querySelectorAll(`a[data-room="${room}"]`)) {
    const shown = Number.parseInt(link.querySelector("[data-count]")?.textContent ?? "0", 10) || 0;
    show(link, Math.max(1, shown), "count", "unread-words");
  }
}

// The number is the first text of its badge; words for those who listen follow it.
export function show(link, number, look, words) {
  link.closest("li, .rail-desk")?.classList.toggle("is-unread", number > 0);
  let badge = link.querySelector("[data-count]");
  if (!number) return badge?.remove();
  const shown = number > 99 ? "99+" : String(number);
  if (badge) {
    badge.firstChild.textContent = shown;
    badge.querySelector(".visually-hidden")?.replaceChildren(` ${counted(words, number)}`);
    return;
  }
  badge = document.createElement("span");
  badge.className = look;
  badge.dataset.count = "";
  const said = document.createElement("span");
  said.className = "visually-hidden";
  said.textContent = ` ${counted(words, number)}`;
  badge.append(shown, said);
  link.append(badge);
}

// Words without a singular of their own are the same for one.
function counted(words, number) {
  return (number === 1 && word(`${words}-one`)) || word(words);
}

document.addEventListener("live:entry", ({ detail: message }) => {
  if (String(message.actor) === document.body.dataset.user || !COUNTED.includes(message.kind)) return;
  const here = document.querySelector("main")?.dataset.topicPage;
  const adds = message.kind === "post.added" || message.kind === "topic.added";
  if (adds && message.room && String(message.topic) !== here) mark(message.room);
  refreshSoon();
});
document.addEventListener("live:reset", refreshSoon);
document.addEventListener("topic:read", refreshSoon);
document.addEventListener("visibilitychange", () => due && refreshSoon());
