// An open topic: messages arrive in order and never twice, and what is the reader's own is added to them.

import { tell } from "../../../core/static/core/announcer.js";
import { refresh } from "../../../core/static/core/live/connection.js";
import { steady } from "../../../core/static/core/live/regions.js";
import { send } from "../../../core/static/core/requests.js";
import { word, worded } from "../../../core/static/core/words.js";
import { Arrivals } from "./arrivals.js";
import { Reading } from "./reading.js";
import { Thread } from "./thread.js";
import { tellTyping } from "./typing.js";

const main = document.querySelector("main[data-topic-page]");
const topic = main?.dataset.topicPage;
const me = document.body.dataset.user;
const list = () => document.querySelector(`[data-live-list="topic:${topic}"]`);
const articles = () => [...list().querySelectorAll("article[data-number]")];
const articleOf = (id) => list().querySelector(`[data-object="post:${id}"]`);
const idOf = (article) => Number(article.dataset.object.split(":")[1]);
const spare = document.querySelector("template[data-post-acts]");

let arrivals = null;
let reading = null;
let mine = new Map();

// ---- What is the reader's own -------------------------------------------------------------------------------------

function readMine() {
  const pairs = (list().dataset.reactions ?? "").trim().split(/\s+/).filter(Boolean);
  mine = new Map(pairs.map((pair) => pair.split(":")).map(([post, kinds]) => [Number(post), new Set(kinds.split(","))]));
}

function personalise(article) {
  const own = article.dataset.author === me;
  const { canAccept, isOpen } = list().dataset;
  const accepts = canAccept === "1" && article.dataset.number !== "1" && !article.classList.contains("post-held");
  article.classList.toggle("is-mine", own);
  if (article.classList.contains("post-withheld")) return;
  offer(article, `[data-react="${article.dataset.number === "1" ? "same_problem" : "applied"}"]`, !own, `/messages/${idOf(article)}`);
  offer(article, "[data-accept]", accepts, `/sujets/${topic}/reponse-retenue`);
  offer(article, "[data-edit]", own, `/messages/${idOf(article)}/modifier`);
  for (const act of article.querySelectorAll("[data-quote]")) act.hidden = isOpen !== "1";
  for (const reaction of article.querySelectorAll("[data-react]")) personaliseReaction(article, reaction);
}

function personaliseReaction(article, reaction) {
  const own = article.dataset.author === me;
  const isCounted = reaction.querySelector("b") !== null;
  reaction.setAttribute("role", "button");
  reaction.setAttribute("aria-pressed", String(mine.get(idOf(article))?.has(reaction.dataset.react) ?? false));
  if (own) reaction.setAttribute("aria-disabled", "true");
  if (own) reaction.hidden = !isCounted;
}

function showCount(reaction, number) {
  const shown = reaction.querySelector("b");
  if (!number) return shown?.remove();
  if (shown) return void (shown.textContent = number);
  const count = document.createElement("b");
  count.textContent = number;
  reaction.append(" ", count);
}

// An act that only some readers have: taken from the page's spare ones the first time it is shown.
function offer(article, selector, wanted, address) {
  const act = article.querySelector(selector) ?? (wanted ? added(article, selector, address) : null);
  if (act) act.hidden = !wanted;
}

function added(article, selector, address) {
  const acts = article.querySelector(".post-acts");
  const act = spare?.content.querySelector(selector)?.cloneNode(true);
  if (!acts || !act) return null;
  act.href = address;
  act.dataset.added = "";
  acts.querySelector(".post-edited, .post-more").before(act);
  return act;
}

function adopt(article) {
  personalise(article);
  reading.watch(article);
}

// ---- The page, as a thread sees it --------------------------------------------------------------------------------

const view = {
  version: (id) => (articleOf(id) ? Number(articleOf(id).dataset.version) : undefined),
  topicVersion: () => Number(main.dataset.version),
  becomes: (version) => (main.dataset.version = version),
  isOpen: () => !main.querySelector("[data-closed]"),
  held: () => [...list().querySelectorAll(".post-held")].map(idOf),

  // Whether a message of this number stands on this page of the topic.
  holds(number) {
    const { page, perPage } = list().dataset;
    return number > (page - 1) * perPage && number <= page * perPage;
  },

  put({ html }) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    place(holder.content.querySelector("article"));
  },

  remove: (id) => steady(() => articleOf(id)?.remove()),

  count(id, counts) {
    const article = articleOf(id);
    for (const [kind, number] of Object.entries(counts)) {
      const selector = `[data-react="${kind}"]`;
      const reaction = article.querySelector(selector) ?? (number ? added(article, selector, `/messages/${id}`) : null);
      if (!reaction) continue;
      showCount(reaction, number);
      personaliseReaction(article, reaction);
    }
  },

  // Messages past this page: say so beside the link that leads there.
  beyond(number) {
    const { page, perPage, pages } = list().dataset;
    if (number <= page * perPage || Number(pages) > Number(page)) return;
    list().dataset.pages = String(Number(page) + 1);
    const more = worded("more");
    more.querySelector("a").href = `${location.pathname}?page=${Number(page) + 1}`;
    list().after(more);
  },

  refresh,
};

// Put a message where its number says, or in place of its older self; gives the element that stands there.
export function place(article) {
  const shown = list().querySelector(`[data-object="${article.dataset.object}"]`);
  if (shown && Number(shown.dataset.version) > Number(article.dataset.version)) return shown;
  const number = Number(article.dataset.number);
  if (!shown && !view.holds(number)) return null;
  const focused = shown?.contains(document.activeElement);
  steady(() => {
    const next = articles().find((other) => Number(other.dataset.number) > number);
    if (shown) shown.replaceWith(article);
    else if (next) next.before(article);
    else list().append(article);
  });
  adopt(article);
  if (focused) article.querySelector("a, button")?.focus({ preventScroll: true });
  if (!shown && number > reading.last && article.dataset.author !== me) arrivals.add(article, reading.last);
  return article;
}

async function fetchPost(id) {
  const answer = await fetch(`/messages/${id}/fragment`, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`fragment ${answer.status}`);
  return answer.json();
}

// ---- Reacting, accepting, quoting ---------------------------------------------------------------------------------

async function react(link) {
  const article = link.closest("article");
  if (article.dataset.author === me || link.getAttribute("aria-busy") === "true") return;
  const id = idOf(article);
  const kind = link.dataset.react;
  const wanted = link.getAttribute("aria-pressed") !== "true";
  const press = (pressed) => articleOf(id)?.querySelector(`[data-react="${kind}"]`)?.setAttribute("aria-pressed", String(pressed));
  press(wanted);
  link.setAttribute("aria-busy", "true");
  const answer = await send(`/messages/${id}/reactions`, { json: { kind, wanted: wanted ? "1" : "0" } }).catch(() => null);
  link.removeAttribute("aria-busy");
  if (!answer?.ok) {
    press(!wanted);
    tell(answer?.data.sentence ?? word("no-network"));
    return;
  }
  const kinds = mine.get(id) ?? new Set();
  if (wanted) kinds.add(kind);
  else kinds.delete(kind);
  mine.set(id, kinds);
  press(wanted);
  // The version stays: the entry of the journal brings it, together with what came before.
  if (articleOf(id)) view.count(id, answer.data.counts);
}

async function accept(link) {
  const body = new FormData();
  body.set("post_id", idOf(link.closest("article")));
  const answer = await send(`/sujets/${topic}/reponse-retenue`, { body }).catch(() => null);
  tell(answer?.data.message ?? answer?.data.sentence ?? word("no-network"));
}

// The words of a message, above what is being answered to them.
function quote(link) {
  const area = document.querySelector("[data-reply] textarea");
  if (!area) return false;
  const article = link.closest("article");
  const name = article.querySelector(".person-name")?.textContent.trim() ?? "";
  const lines = article.querySelector(".prose").innerText.trim().split(/\n+/).slice(0, 12);
  const quoted = [`**${name}**`, "", ...lines].map((line) => `> ${line}`.trimEnd()).join("\n");
  area.value = `${area.value.trimEnd()}${area.value.trim() ? "\n\n" : ""}${quoted}\n\n`;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  return true;
}

const acts = { react, accept, quote };

// ---- Together -----------------------------------------------------------------------------------------------------

function prepare(fresh) {
  if (fresh) {
    Object.assign(main.dataset, { ...fresh.querySelector("main[data-topic-page]").dataset, scopes: main.dataset.scopes });
    // What one was writing stays, also where it can no longer be sent.
    const button = document.querySelector("[data-reply] [data-submit]");
    if (button) button.disabled = !fresh.querySelector("[data-reply]");
    else if (fresh.querySelector("[data-reply]")) location.reload();
  }
  readMine();
  for (const article of articles()) adopt(article);
}

if (main) {
  arrivals = new Arrivals({ list });
  reading = new Reading({
    address: `/sujets/${topic}/lecture`,
    last: Number(main.dataset.lastRead ?? 0),
    onRead: (number) => arrivals.read(number),
  });
  prepare();
  tellTyping(topic, me);

  const thread = new Thread({ view, fetchPost, takesMarkup: document.documentElement.lang === "fr" });
  let queue = Promise.resolve();
  document.addEventListener("live:entry", ({ detail: message }) => {
    if (String(message.topic) !== topic) return;
    // One after the other: an edit must not overtake the message it changes.
    queue = queue.then(() => thread.apply(message)).catch(() => void refresh());
  });
  document.addEventListener("live:reset", ({ detail }) => prepare(detail));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-react], [data-accept], [data-quote]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !list().contains(link)) return;
    const act = Object.keys(acts).find((name) => name in link.dataset);
    if (acts[act](link) !== false) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches?.("[data-react]")) {
      event.preventDefault();
      react(event.target);
    }
  });
}
