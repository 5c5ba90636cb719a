// An open sheet or list of sheets is brought up to date when one of them changes.

import { refresh } from "../../../core/static/core/live/connection.js";

const main = document.querySelector("main[data-practice], main[data-practices]");
let timer = null;

// Everybody hears it at once: do not ask all together.
function refreshSoon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 300 + Math.random() * 1500);
}

document.addEventListener("live:entry", ({ detail: message }) => {
  if (!main || message.type !== "practice") return;
  const isThis = main.dataset.practice === String(message.id);
  const isList = main.dataset.practices !== undefined;
  if (isThis || isList) refreshSoon();
});
