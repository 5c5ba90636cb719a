// An open room: new topics appear, moved ones go, answered ones rise.

const list = document.querySelector('[data-live-list^="room:"]');
const room = list?.dataset.liveList.split(":")[1];
const me = document.body.dataset.user;

function rowOf(topic) {
  return list.querySelector(`[data-object="topic:${topic}"]`);
}

function rise(row) {
  const pinned = [...list.children].filter((other) => other.querySelector(".row-title use[href$='#pin']"));
  if (pinned.includes(row)) return;
  const after = pinned.at(-1);
  if (after) after.after(row);
  else list.prepend(row);
}

function unread(row) {
  row.classList.add("is-unread");
  const link = row.querySelector(".row-title");
  link.href = `/sujets/${row.dataset.topic}/suite`;
}

const handlers = {
  "topic.added"(message) {
    const shown = rowOf(message.topic);
    if (String(message.room) !== room) return shown?.remove();
    if (shown || !message.html) return;
    const holder = document.createElement("template");
    holder.innerHTML = message.html;
    const row = holder.content.querySelector("li");
    if (String(message.actor) !== me) unread(row);
    rise(row);
    document.querySelector(".empty")?.remove();
  },
  "topic.moved": (message) => rowOf(message.topic)?.remove(),
  "topic.hidden": (message) => rowOf(message.topic)?.remove(),
  "post.added"(message) {
    const row = rowOf(message.topic);
    if (!row || String(message.room) !== room) return;
    const words = document.querySelector("template[data-room-words]")?.content.querySelector(
      message.data.posts_count === 2 ? "[data-one-answer]" : "[data-many-answers]",
    );
    if (words) row.querySelector("[data-replies]").textContent = words.textContent.replace("{n}", message.data.posts_count - 1);
    if (String(message.actor) !== me) unread(row);
    rise(row);
  },
};

if (list) {
  document.addEventListener("live:entry", ({ detail: message }) => handlers[message.kind]?.(message));
}
