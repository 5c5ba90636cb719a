// Says things to everybody: politely aloud for those who listen, and in a line of the page when it must be seen.

import { word } from "./words.js";

const names = [];
let timer = null;

export function speak(text) {
  const region = document.querySelector("[data-live-announcer]");
  if (!region) return;
  // The same words twice would not be read again.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

// Several messages arriving together are said in one breath.
export function announce(name) {
  if (name && !names.includes(name)) names.push(name);
  clearTimeout(timer);
  timer = setTimeout(() => speak(word("announce", { name: names.splice(0).join(", ") })), 1500);
}

// A line that stands for a while at the edge of the screen; it never takes the focus.
export function tell(text, url) {
  const line = document.querySelector("[data-told]");
  if (!line || !text) return;
  line.replaceChildren(url ? Object.assign(document.createElement("a"), { href: url, textContent: text }) : text);
  line.hidden = false;
  speak(text);
  clearTimeout(line.timer);
  line.timer = setTimeout(() => (line.hidden = true), url ? 20_000 : 8000);
}
