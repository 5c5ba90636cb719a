// An open room: new topics appear, moved ones go, answered ones rise. From every list a hidden topic goes at once.

import { refresh } from "../../../core/static/core/live/connection.js";
import { steady } from "../../../core/static/core/live/regions.js";
import { inWords } from "../../../core/static/core/relative-time.js";
import { word } from "../../../core/static/core/words.js";

const list = () => document.querySelector('[data-live-list^="room:"]');
const room = list()?.dataset.liveList.split(":")[1];
const me = document.body.dataset.user;
// A filtered list, or an older page of it, is not where new things appear.
const isTop = !location.search;
let timer = null;

const rowOf = (topic) => list().querySelector(`[data-object="topic:${topic}"]`);
const isPinned = (row) => Boolean(row.querySelector(".row-title use[href$='#pin']"));

function rise(row) {
  if (isPinned(row)) return;
  steady(() => {
    const lastPinned = [...list().children].filter((other) => other !== row && isPinned(other)).at(-1);
    if (lastPinned) lastPinned.after(row);
    else list().prepend(row);
  });
}

function markUnread(row) {
  row.classList.add("is-unread");
  row.querySelector(".row-title").href = `/sujets/${row.dataset.topic}/suite`;
}

function touch(row, { at, data }) {
  const answers = data.posts_count - 1;
  row.querySelector("[data-replies]").textContent = word(answers === 1 ? "one-answer" : "many-answers", { n: answers });
  const time = row.querySelector(".row-meta time");
  if (!time) return;
  time.dateTime = at;
  time.dataset.ago = "";
  time.textContent = inWords(Math.min(0, Date.parse(at) - Date.now()));
}

// What a row shows changed in a way the message does not carry. Everybody hears it at once: do not ask all together.
function refreshSoon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 500 + Math.random() * 2500);
}

// Lists of topics stand on other pages too.
const remove = (message) =>
  steady(() => {
    const lines = document.querySelectorAll(`:is(li, p, section)[data-object="topic:${message.topic}"]`);
    for (const line of lines) line.remove();
  });
const restate = (message) => rowOf(message.topic) && refreshSoon();

const handlers = {
  "topic.added"(message) {
    if (String(message.room) !== room) return remove(message);
    if (rowOf(message.topic) || !isTop) return;
    if (!message.html || document.documentElement.lang !== "fr") return refreshSoon();
    const holder = document.createElement("template");
    holder.innerHTML = message.html;
    const row = holder.content.querySelector("li");
    if (String(message.actor) !== me) markUnread(row);
    rise(row);
    document.querySelector(".empty")?.remove();
  },
  "topic.moved": remove,
  "topic.hidden": remove,
  "topic.restored": () => isTop && refreshSoon(),
  "topic.accepted": restate,
  "topic.closed": restate,
  "topic.reopened": restate,
  "topic.pinned": restate,
  "post.added"(message) {
    if (String(message.room) !== room) return;
    const row = rowOf(message.topic);
    if (!row) return isTop && refreshSoon();
    touch(row, message);
    if (String(message.actor) !== me) markUnread(row);
    if (isTop) rise(row);
  },
};

document.addEventListener("live:entry", ({ detail: message }) => {
  if (room) handlers[message.kind]?.(message);
  else if (message.kind === "topic.hidden") remove(message);
});
