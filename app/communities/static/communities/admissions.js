// The admission desk stays true while it is open: requests and decisions of others appear around the case in hand.
import { refresh } from "../../../core/static/core/live/connection.js";

if (document.querySelector("main[data-admissions]")) {
  // A case being read is left alone; an empty desk takes the first one that comes.
  document.querySelector("[data-live-region='desk-case']:has(.case-card)")?.removeAttribute("data-live-region");
  document.addEventListener("live:entry", ({ detail: message }) => {
    if (message.type === "membership") refresh();
  });
}
