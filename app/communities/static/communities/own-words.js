// Pages that show what firms or people say of themselves take it anew when it changes: `data-shows` names one thing
// (`company:12`) or a whole kind (`company`).
import { refresh } from "../../../core/static/core/live/connection.js";

const shown = document.querySelector("main[data-shows]")?.dataset.shows;

if (shown) {
  document.addEventListener("live:entry", ({ detail: message }) => {
    if (shown !== message.type && shown !== `${message.type}:${message.id}`) return;
    // A whole community hears it at once: do not ask all together.
    setTimeout(refresh, Math.random() * 2000);
  });
}
