// « Élodie écrit… »: said while it is true, never stored, lost without harm.

import { emit } from "../../../core/static/core/live/connection.js";
import { word } from "../../../core/static/core/words.js";

const EVERY = 3000;
const LASTS = 5000;

export function tellTyping(topic, me) {
  const line = document.querySelector("[data-typing]");
  const area = document.querySelector("[data-reply] textarea");
  const typists = new Map();
  let said = 0;

  const draw = () => {
    const names = [...typists.values()].map(({ name }) => name);
    line.textContent = names.length ? word(names.length === 1 ? "typing" : "many-typing", { name: names.join(", ") }) : "";
  };
  const stop = (user) => {
    clearTimeout(typists.get(user)?.timer);
    if (typists.delete(user)) draw();
  };

  area?.addEventListener("input", () => {
    if (!area.value.trim() || Date.now() - said < EVERY) return;
    said = Date.now();
    emit("typing", { topic: Number(topic) });
  });
  document.addEventListener("live:typing", ({ detail: { topic: where, name, user } }) => {
    if (String(where) !== topic || String(user) === me || !line) return;
    stop(user);
    typists.set(user, { name, timer: setTimeout(() => stop(user), LASTS) });
    draw();
  });
  // Whose message arrives has stopped typing.
  document.addEventListener("live:entry", ({ detail }) => detail.kind === "post.added" && stop(detail.actor));
}
