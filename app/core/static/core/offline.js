// Says when the network is gone, so that nobody waits for an answer that cannot come. A form sent meanwhile stays on its
// page: what somebody was writing leaves by itself once the network is back, any other act is left to them.

import { tell } from "./announcer.js";
import { word } from "./words.js";

const line = document.querySelector("[data-offline]");

if (line) {
  let waiting = null;
  const show = () => (line.hidden = navigator.onLine);
  addEventListener("online", () => {
    show();
    const sent = waiting;
    waiting = null;
    if (sent?.form.isConnected) sent.form.requestSubmit(sent.submitter);
  });
  addEventListener("offline", show);
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (navigator.onLine || event.defaultPrevented || form.method !== "post") return;
    event.preventDefault();
    if ("draft" in form.dataset) waiting = { form, submitter };
    tell(word(waiting ? "waiting-network" : "no-network"));
  });
  show();
}
