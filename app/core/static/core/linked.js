// What is linked with the thing of this page (`data-linked="topic:12"`) is taken anew when a link is made or taken away:
// what each reader may see of the other side differs.
import { refresh } from "./live/connection.js";

document.addEventListener("live:entry", ({ detail: message }) => {
  if (message.kind !== "link.changed" || !document.querySelector(`[data-linked="${message.type}:${message.id}"]`)) return;
  // Everybody who has the page open hears it at once: do not ask all together.
  setTimeout(refresh, Math.random() * 2000);
});
