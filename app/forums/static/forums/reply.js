// Answering without leaving the page. Offline, the answer waits with its request id and leaves once, when it can.

import { speak } from "../../../core/static/core/announcer.js";
import { grow } from "../../../core/static/core/composer.js";
import { forget, keep, say } from "../../../core/static/core/drafts.js";
import { catchUp } from "../../../core/static/core/live/connection.js";
import { outbox, submit } from "../../../core/static/core/outgoing.js";
import { requestId } from "../../../core/static/core/requests.js";
import { word, worded } from "../../../core/static/core/words.js";
import { place } from "./topic.js";

const form = document.querySelector("form[data-reply]");
const key = form?.dataset.draft;
const area = form?.querySelector("textarea");
const button = form?.querySelector("[data-submit]");

function publish() {
  if (button.disabled || form.getAttribute("aria-busy") === "true") return;
  showError("");
  form.setAttribute("aria-busy", "true");
  const fields = Object.fromEntries([...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && typeof value === "string"));
  return submit(key, form.action, fields);
}

const outcomes = {
  later() {
    say(form, word("waiting-network"));
    form.dataset.waiting = "";
  },
  sent({ data }, item) {
    form.elements.request_id.value = data.request_id_next;
    // What was typed on while it left stays.
    if (area.value.startsWith(item.fields.body)) area.value = area.value.slice(item.fields.body.length).trimStart();
    grow(area);
    if (area.value) keep(form);
    else forget(form);
    area.dispatchEvent(new Event("composer:changed", { bubbles: true }));
    say(form, "");
    speak(word("sent"));
    show(data);
  },
  repeated({ data }) {
    // Pressed again after this warning, it is published apart.
    form.elements.request_id.value = requestId();
    showError(data.message ?? data.sentence);
  },
  "signed-out"({ data }) {
    showError(data.sentence, worded("sign-in"));
  },
  refused({ data }) {
    showError(data.message ?? data.sentence ?? word("failed"));
  },
};

function show({ post, url }) {
  const holder = document.createElement("template");
  holder.innerHTML = post.html;
  const placed = document.getElementById(`message-${post.number}`) ?? place(holder.content.querySelector("article"));
  if (placed) placed.scrollIntoView({ block: "center" });
  else location.assign(url);
  catchUp();
}

function showError(sentence, help) {
  const composer = form.querySelector("[data-composer]");
  let line = composer.querySelector(".field-error");
  if (!sentence) {
    area.removeAttribute("aria-invalid");
    return line?.remove();
  }
  if (!line) {
    line = document.createElement("p");
    line.className = "field-error";
    line.id = `${area.id}-refusal`;
    line.setAttribute("role", "alert");
    composer.prepend(line);
  }
  line.replaceChildren(sentence, ...(help ? [" ", help] : []));
  area.setAttribute("aria-invalid", "true");
  area.setAttribute("aria-describedby", line.id);
  area.focus();
}

if (form) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "preview") return;
    event.preventDefault();
    publish();
  });
  document.addEventListener("outbox:done", ({ detail }) => {
    if (detail.key !== key) return;
    form.removeAttribute("aria-busy");
    delete form.dataset.waiting;
    outcomes[detail.verdict](detail.answer, detail.item);
  });
  // Changing a text that waits takes it back: it leaves again when its author says so, under the same request id.
  area.addEventListener("input", () => {
    if (!("waiting" in form.dataset)) return;
    delete form.dataset.waiting;
    outbox.drop(key);
    say(form, "");
  });
  const left = outbox.get(key);
  if (left) {
    area.value = left.fields.body;
    form.elements.request_id.value = left.fields.request_id;
    grow(area);
    if (outbox.isFresh(left)) outcomes.later();
    else outbox.drop(key);
  }
}
