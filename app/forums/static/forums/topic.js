// An open topic: messages arrive in order and never twice, what is the reader's own is added, reading is remembered.

import { send } from "../../../core/static/core/requests.js";
import { emit } from "../../../core/static/core/live/connection.js";
import { announce } from "../../../core/static/core/announcer.js";

const main = document.querySelector("main[data-topic-page]");
const topic = main?.dataset.topicPage;
const me = document.body.dataset.user;
const list = () => document.querySelector(`[data-live-list="topic:${topic}"]`);
const objectOf = (id) => list().querySelector(`[data-object="post:${id}"]`);

// ---- What is the reader's own -------------------------------------------------------------------------------------

let mine = new Map();

function readMine() {
  mine = new Map(
    (list()?.dataset.reactions ?? "")
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map((pair) => pair.split(":"))
      .map(([post, kinds]) => [post, new Set(kinds.split(","))]),
  );
}

export function personalise(article) {
  const own = article.dataset.author === me;
  const holder = list().dataset;
  article.classList.toggle("is-mine", own);
  for (const act of article.querySelectorAll('[data-for="author"]')) act.hidden = !own;
  for (const act of article.querySelectorAll('[data-for="accept"]')) {
    act.hidden = holder.canAccept !== "1" || article.dataset.number === "1" || article.classList.contains("post-held");
  }
  for (const act of article.querySelectorAll("[data-quote]")) act.hidden = holder.isOpen !== "1";
  const chosen = mine.get(article.dataset.object.split(":")[1]) ?? new Set();
  for (const reaction of article.querySelectorAll("[data-react]")) {
    reaction.setAttribute("role", "button");
    reaction.setAttribute("aria-pressed", String(chosen.has(reaction.dataset.react)));
    // One's own message shows what others answered, and offers nothing to press.
    if (own) {
      reaction.setAttribute("aria-disabled", "true");
      reaction.hidden = !reaction.querySelector("[data-reaction-count]")?.textContent;
    }
  }
}

// ---- Messages arriving --------------------------------------------------------------------------------------------

function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("article");
}

// Whether a message of this number stands on this page of the topic.
function belongs(number) {
  const { page, perPage } = list().dataset;
  return number > (page - 1) * perPage && number <= page * perPage;
}

// Put a message where its number says, or replace an older version of it. Returns the article when it is new here.
export function place(article) {
  const shown = list().querySelector(`[data-object="${article.dataset.object}"]`);
  if (shown) {
    if (Number(shown.dataset.version) < Number(article.dataset.version)) {
      const focused = shown.contains(document.activeElement);
      shown.replaceWith(article);
      personalise(article);
      if (focused) article.querySelector("a, button")?.focus();
    }
    return null;
  }
  const number = Number(article.dataset.number);
  if (!belongs(number)) return null;
  const next = [...list().querySelectorAll("article[data-number]")].find((other) => Number(other.dataset.number) > number);
  if (next) next.before(article);
  else list().append(article);
  personalise(article);
  watch(article);
  return article;
}

async function fetchFragment(id) {
  const answer = await fetch(`/messages/${id}/fragment`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.status === 404) objectOf(id)?.remove();
  return answer?.ok ? parse((await answer.json()).html) : null;
}

async function articleOf(message) {
  const french = document.documentElement.lang === "fr";
  return message.html && french ? parse(message.html) : fetchFragment(message.id);
}

const isAtEnd = () => {
  const last = [...list().querySelectorAll("article")].at(-1);
  return !last || last.getBoundingClientRect().top < innerHeight;
};

let waiting = [];

function arrived(article) {
  const away = !isAtEnd() || document.visibilityState !== "visible";
  article.classList.add("is-arriving");
  if (article.dataset.author === me) return;
  if (away && !document.querySelector("[data-new-line]")) article.before(newLine());
  if (away) waiting.push(article);
  showJump();
  announce(article.querySelector(".person-name")?.textContent ?? "");
}

function newLine() {
  const line = document.querySelector("template[data-topic-words]").content.querySelector("[data-new-line]").cloneNode(true);
  return line;
}

function showJump() {
  const jump = document.querySelector("[data-jump]");
  waiting = waiting.filter((article) => article.isConnected && article.getBoundingClientRect().top > innerHeight - 80);
  jump.hidden = !waiting.length;
  const words = document.querySelector("template[data-topic-words]").content.querySelector(
    waiting.length === 1 ? "[data-one-new]" : "[data-many-new]",
  );
  jump.querySelector("[data-jump-words]").textContent = words.textContent.replace("{n}", waiting.length);
}

const handlers = {
  async "post.added"(message) {
    const article = await articleOf(message);
    if (!article) return;
    if (!belongs(message.data.number)) return beyond(message.data.number);
    const placed = place(article);
    if (placed) arrived(placed);
  },
  async "post.edited"(message) {
    const shown = objectOf(message.id);
    if (!shown || Number(shown.dataset.version) >= message.version) return;
    const article = await articleOf(message);
    if (article) place(article);
  },
  "post.deleted": (message) => handlers["post.edited"](message),
  async "post.hidden"(message) {
    if (!objectOf(message.id)) return;
    const article = await fetchFragment(message.id);
    if (article) place(article);
  },
  async "post.restored"(message) {
    const article = await fetchFragment(message.id);
    if (article) place(article);
  },
  "post.reactions"(message) {
    const shown = objectOf(message.id);
    if (!shown || Number(shown.dataset.version) >= message.version) return;
    shown.dataset.version = message.version;
    count(shown, message.data.counts);
  },
  "topic.accepted": (message) => hold(message),
  "topic.closed": (message) => refreshPage(message),
  "topic.reopened": (message) => refreshPage(message),
  "topic.hidden": () => location.reload(),
  "topic.restored": () => location.reload(),
};

function count(article, counts) {
  for (const [kind, number] of Object.entries(counts)) {
    const place = article.querySelector(`[data-reaction-count="${kind}"]`);
    if (place) place.textContent = number || "";
  }
}

// The answer held up changes two messages: both are fetched again.
async function hold(message) {
  if (Number(main.dataset.version) >= message.version) return;
  main.dataset.version = message.version;
  const ids = new Set([...list().querySelectorAll(".post-held")].map((article) => article.dataset.object.split(":")[1]));
  if (message.data.post) ids.add(String(message.data.post));
  for (const id of ids) {
    const shown = objectOf(id);
    const fresh = shown && (await fetchFragment(id));
    if (!fresh) continue;
    shown.replaceWith(fresh);
    personalise(fresh);
    watch(fresh);
  }
}

async function refreshPage(message) {
  if (Number(main.dataset.version) >= message.version) return;
  main.dataset.version = message.version;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const state = fresh.querySelector('[data-live-region="topic-state"]');
  if (state) document.querySelector('[data-live-region="topic-state"]')?.replaceWith(state);
  const open = Boolean(fresh.querySelector("[data-reply]"));
  list().dataset.isOpen = open ? "1" : "0";
  const dock = document.querySelector("[data-reply]");
  if (dock) dock.querySelector("[data-submit]").disabled = !open;
  for (const article of list().querySelectorAll("article")) personalise(article);
}

// Messages past this page: say so beside the link that leads there.
function beyond(number) {
  const { page, perPage, pages } = list().dataset;
  if (number > page * perPage && Number(pages) <= Number(page)) {
    list().dataset.pages = String(Number(page) + 1);
    const more = document.querySelector("template[data-topic-words]").content.querySelector("[data-more]").cloneNode(true);
    more.querySelector("a").href = `${location.pathname}?page=${Number(page) + 1}`;
    list().after(more);
  }
}

// ---- Reading ------------------------------------------------------------------------------------------------------

let lastRead = Number(main?.dataset.lastRead ?? 0);
let sent = lastRead;
let readTimer = null;
const dwelling = new Map();

const observer =
  main &&
  new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        clearTimeout(dwelling.get(target));
        if (isIntersecting) dwelling.set(target, setTimeout(() => read(target), 900));
      }
    },
    { threshold: 0.3, rootMargin: "0px 0px -10% 0px" },
  );

function watch(article) {
  observer.observe(article);
}

function read(article) {
  if (document.visibilityState !== "visible") return;
  lastRead = Math.max(lastRead, Number(article.dataset.number));
  waiting = waiting.filter((other) => other !== article);
  showJump();
  clearTimeout(readTimer);
  readTimer = setTimeout(remember, 1200);
}

async function remember() {
  if (lastRead <= sent) return;
  sent = lastRead;
  await send(`/sujets/${topic}/lecture`, { json: { number: lastRead }, keepalive: true }).catch(() => null);
  document.dispatchEvent(new CustomEvent("topic:read"));
}

// ---- Reacting, accepting ------------------------------------------------------------------------------------------

async function react(link) {
  const article = link.closest("article");
  if (article.dataset.author === me) return;
  const id = article.dataset.object.split(":")[1];
  const kind = link.dataset.react;
  const wanted = link.getAttribute("aria-pressed") !== "true";
  link.setAttribute("aria-pressed", String(wanted));
  const answer = await send(`/messages/${id}/reactions`, { json: { kind, wanted: wanted ? "1" : "0" } }).catch(() => null);
  if (!answer?.ok) return link.setAttribute("aria-pressed", String(!wanted));
  const kinds = mine.get(id) ?? new Set();
  if (wanted) kinds.add(kind);
  else kinds.delete(kind);
  mine.set(id, kinds);
  article.dataset.version = answer.data.version;
  count(article, answer.data.counts);
}

async function accept(link) {
  const body = new FormData();
  body.set("post_id", link.dataset.accept);
  await send(`/sujets/${topic}/reponse-retenue`, { body }).catch(() => null);
}

// ---- Typing -------------------------------------------------------------------------------------------------------

let lastTyped = 0;
let typingTimer = null;

function typing() {
  if (Date.now() - lastTyped < 3000) return;
  lastTyped = Date.now();
  emit("typing", { topic: Number(topic) });
}

function someoneTypes({ topic: where, name, user }) {
  if (String(where) !== topic || String(user) === me) return;
  const words = document.querySelector("template[data-topic-words]").content.querySelector("[data-typing-words]");
  document.querySelector("[data-typing]").textContent = words.textContent.replace("{name}", name);
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => (document.querySelector("[data-typing]").textContent = ""), 5000);
}

// ---- Together -----------------------------------------------------------------------------------------------------

function prepare() {
  readMine();
  for (const article of list().querySelectorAll("article")) {
    personalise(article);
    watch(article);
  }
}

if (main) {
  prepare();
  let queue = Promise.resolve();
  document.addEventListener("live:entry", ({ detail: message }) => {
    if (String(message.topic) !== topic || !handlers[message.kind]) return;
    // One after the other: an edit must not overtake the message it changes.
    queue = queue.then(() => handlers[message.kind](message)).catch(() => {});
  });
  document.addEventListener("live:reset", prepare);
  document.addEventListener("live:typing", ({ detail }) => someoneTypes(detail));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-react], [data-accept]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.dataset.react) react(link);
    else accept(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches?.("[data-react]")) {
      event.preventDefault();
      react(event.target);
    }
  });
  document.querySelector("[data-jump]")?.addEventListener("click", () => waiting[0]?.scrollIntoView({ block: "start" }));
  document.querySelector("[data-reply] textarea")?.addEventListener("input", typing);
  addEventListener("scroll", () => waiting.length && showJump(), { passive: true });
  addEventListener("pagehide", remember);
}
