// An open search shows words no longer than they are in sight: when one of its results is hidden, taken back or moved,
// it is asked again.
import { refresh } from "../../../core/static/core/live/connection.js";

const ENDS = /\.(hidden|deleted|moved)$|^(company|person)\.changed$/;
const region = document.querySelector('[data-live-region="found"]');

// A message is found by itself; its topic by the address that leads there.
function shows({ type, id, topic }) {
  const places = [`[data-found="${type}:${id}"]`, ...(topic ? [`[data-found="topic:${topic}"]`, `[href^="/sujets/${topic}-"]`] : [])];
  return region.querySelector(places.join(", "));
}

if (region) {
  document.addEventListener("live:entry", ({ detail: message }) => {
    // A whole community hears it at once: do not ask all together.
    if (ENDS.test(message.kind) && shows(message)) setTimeout(refresh, Math.random() * 2000);
  });
}
