// The outbox of this page: what waits leaves when the network is back, whichever page is open by then.
// Forms that send through it hear `outbox:done`.

import { tell } from "./announcer.js";
import { device } from "./device.js";
import { Outbox, pause } from "./outbox.js";
import { send } from "./requests.js";
import { word } from "./words.js";

export const outbox = new Outbox({ storage: device, owner: document.body.dataset.user ?? "" });

let attempt = 0;
let timer = null;

function post({ url, fields }) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return send(url, { body });
}

export async function submit(key, url, fields) {
  await leave(key, outbox.put(key, { url, fields }));
}

async function leave(key, item) {
  const done = await outbox.deliver(key, post, item);
  if (!done) return;
  if (done.verdict === "later") tryAgainLater();
  else attempt = 0;
  document.dispatchEvent(new CustomEvent("outbox:done", { detail: { key, ...done } }));
  const isElsewhere = !document.querySelector(`form[data-reply][data-draft="${CSS.escape(key)}"]`);
  if (isElsewhere && done.verdict === "sent") tell(word("sent-elsewhere"), done.answer.data.url);
}

export function flush() {
  for (const key of outbox.keys()) {
    const item = outbox.get(key);
    if (item && outbox.isFresh(item)) leave(key, item);
  }
}

function tryAgainLater() {
  clearTimeout(timer);
  timer = setTimeout(flush, pause(attempt));
  attempt += 1;
}

if (document.body.dataset.user) {
  addEventListener("online", flush);
  // After every module has attached itself: forms want to hear what happened.
  addEventListener("load", flush);
}
