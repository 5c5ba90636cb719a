// Sending an answer without leaving the page. Offline, it waits with its request id and leaves once, when it can.

import { forget, say } from "../../../core/static/core/drafts.js";
import { grow } from "../../../core/static/core/composer.js";
import { send } from "../../../core/static/core/requests.js";
import { catchUp } from "../../../core/static/core/live/connection.js";
import { place } from "./topic.js";

const form = document.querySelector("form[data-reply]");
const words = (name) => document.querySelector("template[data-topic-words]")?.content.querySelector(`[data-${name}]`)?.textContent ?? "";

function showError(sentence) {
  const composer = form.querySelector("[data-composer]");
  let line = composer.querySelector(".field-error");
  if (!sentence) return line?.remove();
  if (!line) {
    line = document.createElement("p");
    line.className = "field-error";
    line.setAttribute("role", "alert");
    composer.prepend(line);
  }
  line.textContent = sentence;
}

async function publish() {
  const button = form.querySelector("[data-submit]");
  const area = form.querySelector("textarea");
  if (button.disabled) return;
  button.disabled = true;
  showError("");
  const answer = await send(form.action, { body: new FormData(form) }).catch(() => null);
  button.disabled = false;
  if (!answer || answer.status === 503) {
    say(form, words("waiting-network"));
    addEventListener("online", publish, { once: true });
    setTimeout(() => form.dataset.waiting && publish(), 10_000);
    form.dataset.waiting = "1";
    return;
  }
  delete form.dataset.waiting;
  if (!answer.ok) {
    showError(answer.data.message ?? answer.data.sentence ?? words("failed"));
    area.focus();
    return;
  }
  const { post, request_id_next, url } = answer.data;
  form.querySelector('[name="request_id"]').value = request_id_next;
  area.value = "";
  grow(area);
  area.dispatchEvent(new Event("input", { bubbles: true }));
  forget(form);
  say(form, "");
  const holder = document.createElement("template");
  holder.innerHTML = post.html;
  const placed = place(holder.content.querySelector("article"));
  if (placed) placed.scrollIntoView({ block: "center" });
  else if (!document.getElementById(`message-${post.number}`)) location.assign(url);
  catchUp();
}

form?.addEventListener("submit", (event) => {
  if (event.submitter?.name === "preview") return;
  event.preventDefault();
  publish();
});
