// Counters of the frame: a dot at once when something moves elsewhere, the true numbers a moment later.

const SPREAD = [1000, 5000];
let timer = null;

document.addEventListener("live:entry", ({ detail: message }) => {
  if (String(message.actor) === document.body.dataset.user) return;
  const counts = ["post.added", "topic.added", "notification.added", "report.added", "report.decided"];
  if (!counts.includes(message.kind)) return;
  const here = document.querySelector("main")?.dataset.topicPage;
  if (message.room && String(message.topic) !== here) mark(message.room);
  soon();
});
document.addEventListener("live:reset", () => soon());
document.addEventListener("topic:read", () => soon());

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, SPREAD[0] + Math.random() * (SPREAD[1] - SPREAD[0]));
}

async function refresh() {
  if (document.visibilityState !== "visible") return;
  const answer = await fetch("/non-lus", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { rooms, notifications, pending } = await answer.json();
  for (const link of document.querySelectorAll("a[data-room]")) show(link, rooms[link.dataset.room] ?? 0, "count");
  for (const bell of document.querySelectorAll("[data-bell]")) show(bell, notifications, "bubble");
  for (const desk of document.querySelectorAll("[data-pending]")) show(desk, pending, "count");
}

function mark(room) {
  for (const link of document.querySelectorAll(`a[data-room="${room}"]`)) {
    const shown = Number.parseInt(link.querySelector("[data-count]")?.textContent ?? "0", 10) || 0;
    show(link, Math.max(1, shown), "count");
  }
}

function show(link, number, look) {
  link.closest("li")?.classList.toggle("is-unread", number > 0);
  let badge = link.querySelector("[data-count]");
  if (!number) return badge?.remove();
  if (!badge) {
    badge = document.createElement("span");
    badge.className = look;
    badge.dataset.count = "";
    link.append(badge);
  }
  badge.textContent = number > 99 ? "99+" : String(number);
}
