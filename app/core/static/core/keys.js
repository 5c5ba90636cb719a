// Keys for those who come often: "/" searches, j and k walk through messages or rows, r answers, ? tells them all.
// They can be switched off where they are explained: single keys get in the way of speech input.

import { device } from "./device.js";

const OFF = "keys:off";
const help = document.querySelector("dialog[data-keys]");
const isWriting = (event) => event.target.closest("input, textarea, select, dialog, [contenteditable], [role=listbox]");
const isShown = (element) => element.getClientRects().length > 0;

const isOff = () => device.getItem(OFF) === "1";

function walk(step) {
  const all = [...document.querySelectorAll("article.post, .rows > .row")].filter(isShown);
  if (!all.length) return;
  const here = all.findIndex((item) => item.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, here + step))];
  const target = next.matches("article") ? next : (next.querySelector("a") ?? next);
  if (target === next) next.tabIndex = -1;
  target.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function focusOn(selector) {
  const box = [...document.querySelectorAll(selector)].find(isShown);
  box?.focus();
  return Boolean(box);
}

const keys = {
  "/": () => focusOn('[data-shortcut="/"], input[type="search"]'),
  j: () => walk(1),
  k: () => walk(-1),
  r: () => focusOn("[data-reply] textarea"),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const act = keys[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey || isWriting(event) || isOff()) return;
  if (act() !== false) event.preventDefault();
});

if (help) {
  const box = help.querySelector("[data-keys-on]");
  box.checked = !isOff();
  box.addEventListener("change", () => device.setItem(OFF, box.checked ? "0" : "1"));
  help.addEventListener("click", (event) => event.target === help && help.close());
  for (const opener of document.querySelectorAll("[data-keys-open]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => help.showModal());
  }
}
