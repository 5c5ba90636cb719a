// The bell follows what this person is told and reads, on any of their screens; counters come as values.

import { show } from "../../../core/static/core/unread.js";

document.addEventListener("live:entry", ({ detail: message }) => {
  if (message.kind !== "notification.added" && message.kind !== "notification.read") return;
  if (Number.isInteger(message.unread)) {
    for (const bell of document.querySelectorAll("[data-bell]")) show(bell, message.unread, "bubble", "unread-news-words");
  }
  const list = document.querySelector("[data-notifications]");
  const offer = list?.querySelector("[data-notifications-new]");
  if (offer && message.kind === "notification.added") offer.hidden = false;
});
