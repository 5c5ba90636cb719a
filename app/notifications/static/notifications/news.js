// The bell follows what this person is told and reads, on any of their screens; counters come as values.

document.addEventListener("live:entry", ({ detail: message }) => {
  if (message.kind !== "notification.added" && message.kind !== "notification.read") return;
  if (Number.isInteger(message.unread)) ring(message.unread);
  const list = document.querySelector("[data-notifications]");
  const offer = list?.querySelector("[data-notifications-new]");
  if (offer && message.kind === "notification.added") offer.hidden = false;
});

function ring(number) {
  for (const bell of document.querySelectorAll("[data-bell]")) {
    let badge = bell.querySelector("[data-count]");
    if (!number) {
      badge?.remove();
      continue;
    }
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "bubble";
      badge.dataset.count = "";
      bell.append(badge);
    }
    badge.textContent = number < 100 ? String(number) : "99+";
  }
}
