// An open topic under every accident of a network ends equal to a fresh load of its page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Sequencer } from "../../app/core/static/core/live/sequencer.js";
import { Thread } from "../../app/forums/static/forums/thread.js";
import { randomFrom } from "./random.js";

const PER_PAGE = 8;
const LIMIT = 25;

// A topic and its journal, as the server keeps them. Messages carry the content their object has when they are sent.
class Server {
  posts = new Map();
  topic = { version: 1, accepted: null, isOpen: true, lastNumber: 0 };
  journal = [];

  record(kind, id, version) {
    this.journal.push({ kind, id, version });
    return this.journal.length;
  }

  add() {
    const number = (this.topic.lastNumber += 1);
    const id = 100 + number;
    this.posts.set(id, { id, number, version: 1, words: `m${number}`, state: "shown", thanks: 0 });
    return this.record("post.added", id, 1);
  }

  touch(post, kind, change) {
    Object.assign(post, change, { version: post.version + 1 });
    return this.record(kind, post.id, post.version);
  }

  become(kind, change) {
    Object.assign(this.topic, change, { version: this.topic.version + 1 });
    return this.record(kind, 7, this.topic.version);
  }

  // Something happens; gives the number of its entry.
  live(random) {
    const chance = random();
    const post = [...this.posts.values()][Math.floor(random() * this.posts.size)];
    if (!post || chance < 0.35) return this.add();
    if (chance < 0.5) return this.touch(post, "post.edited", { words: `${post.words}'` });
    if (chance < 0.7) return this.touch(post, "post.reactions", { thanks: post.thanks + (post.thanks && random() < 0.3 ? -1 : 1) });
    if (chance < 0.75) return this.touch(post, "post.deleted", { state: "deleted" });
    if (chance < 0.8 && post.state !== "hidden") return this.touch(post, "post.hidden", { state: "hidden" });
    if (chance < 0.85 && post.state === "hidden") return this.touch(post, "post.restored", { state: "shown" });
    if (chance < 0.95) return this.become("topic.accepted", { accepted: this.topic.accepted === post.id ? null : post.id });
    return this.become(this.topic.isOpen ? "topic.closed" : "topic.reopened", { isOpen: !this.topic.isOpen });
  }

  markup(post) {
    const { state, words, thanks, id } = post;
    return { words: state === "shown" ? words : state, thanks: state === "shown" ? thanks : 0, held: this.topic.accepted === id };
  }

  message(seq) {
    const { kind, id, version } = this.journal[seq - 1];
    const entry = { scope: 1, seq, kind, id, version, topic: 7 };
    if (kind.startsWith("topic.")) {
      return { ...entry, version: this.topic.version, data: { post: this.topic.accepted, is_open: this.topic.isOpen } };
    }
    const post = this.posts.get(id);
    if (kind === "post.hidden" || kind === "post.restored") return { ...entry, data: { number: post.number } };
    if (kind === "post.reactions") return { ...entry, version: post.version, data: { counts: { thanks: post.thanks } } };
    const html = post.state === "hidden" ? undefined : this.markup(post);
    return { ...entry, version: post.version, html, data: { number: post.number } };
  }

  fragment(id) {
    const post = this.posts.get(id);
    return { id, number: post.number, version: post.version, html: this.markup(post) };
  }

  catchUp(after) {
    const seq = this.journal.length;
    if (seq - after > LIMIT) return { scopes: { 1: { seq, reset: true } } };
    const entries = this.journal.slice(after).map((_, n) => this.message(after + n + 1));
    return { scopes: { 1: { seq, entries } } };
  }

  page(number) {
    const posts = [...this.posts.values()].filter((post) => post.number > (number - 1) * PER_PAGE && post.number <= number * PER_PAGE);
    const shown = new Map(posts.map((post) => [post.id, { number: post.number, version: post.version, ...this.markup(post) }]));
    return { shown, version: this.topic.version, isOpen: this.topic.isOpen };
  }
}

// The page in a reader's browser: Thread and Sequencer are the real ones, the elements are plain values.
class Page {
  isOnline = true;
  stale = false;
  asked = false;
  timers = [];
  work = Promise.resolve();

  constructor(server, number, takesMarkup, random) {
    this.server = server;
    this.number = number;
    this.random = random;
    this.sequencer = new Sequencer({
      apply: (message) => {
        this.work = this.work.then(() => this.thread.apply(message)).catch((error) => {
          if (error instanceof assert.AssertionError) throw error;
          this.stale = true;
        });
      },
      ask: () => (this.asked = true),
      reset: () => (this.stale = true),
      later: (work) => this.timers.push(work),
    });
    this.thread = new Thread({ view: this.view(), fetchPost: async (id) => this.fetchPost(id), takesMarkup });
    this.load();
  }

  // The number is read before the content: what happens in between is in the content and comes again as an entry.
  load(seq = this.server.journal.length) {
    Object.assign(this, this.server.page(this.number));
    this.stale = false;
    this.sequencer.start({ 1: seq });
  }

  fetchPost(id) {
    if (!this.isOnline || this.random() < 0.1) throw new TypeError("network");
    return this.server.fragment(id);
  }

  view() {
    return {
      version: (id) => this.shown.get(id)?.version,
      topicVersion: () => this.version,
      becomes: (version) => {
        assert.ok(version >= this.version, "the topic goes back");
        this.version = version;
      },
      isOpen: () => this.isOpen,
      held: () => [...this.shown].filter(([, post]) => post.held).map(([id]) => id),
      holds: (number) => number > (this.number - 1) * PER_PAGE && number <= this.number * PER_PAGE,
      put: ({ id, number, version, html }) => {
        assert.ok((this.shown.get(id)?.version ?? 0) <= version, "a message goes back");
        this.shown.set(id, { number, version, ...html });
      },
      remove: (id) => this.shown.delete(id),
      count: (id, { thanks }) => {
        const post = this.shown.get(id);
        if (post.words !== "deleted" && post.words !== "hidden") post.thanks = thanks;
      },
      beyond: () => {},
      refresh: () => (this.stale = true),
    };
  }

  async settle() {
    for (const timer of this.timers.splice(0)) timer();
    if (this.asked && this.isOnline) {
      this.asked = false;
      this.sequencer.caughtUp(this.server.catchUp(this.sequencer.known()[1]));
    }
    await this.work;
    if (this.stale && this.isOnline) this.load();
  }

  // What matters to a reader; a version that a reaction raised is not seen.
  seen() {
    const posts = [...this.shown.values()].sort((one, other) => one.number - other.number);
    return { posts: posts.map(({ number, words, thanks, held }) => ({ number, words, thanks, held })), isOpen: this.isOpen };
  }
}

async function run(seed) {
  const random = randomFrom(seed);
  const server = new Server();
  for (let n = 0; n < 1 + random() * 12; n += 1) server.live(random);
  const number = random() < 0.7 ? 1 : 2;
  const page = new Page(server, number, random() < 0.7, random);
  // Entries committed but not yet sent; messages sent but not yet received.
  const committed = [];
  let wire = [];
  for (let step = 0; step < 70; step += 1) {
    const chance = random();
    if (chance < 0.4) committed.push(server.live(random));
    else if (chance < 0.55) {
      for (const seq of committed.splice(0, 1 + Math.floor(random() * 3))) {
        if (random() < 0.85) wire.push(server.message(seq));
        if (random() < 0.15) wire.push(server.message(seq));
      }
    } else if (chance < 0.75) {
      if (random() < 0.3) wire.sort(() => random() - 0.5);
      for (const message of wire.splice(0, 1 + Math.floor(random() * 4))) if (page.isOnline) page.sequencer.receive(message);
    } else if (chance < 0.85) await page.settle();
    else if (chance < 0.9) page.isOnline = !page.isOnline;
    else if (chance < 0.93) wire = [];
    else if (chance < 0.96) page.sequencer.told({ 1: server.journal.length });
    // A load whose number was read a little before its content, and whose scope is therefore told again.
    else if (chance < 0.98 && page.isOnline) page.load(Math.max(0, server.journal.length - Math.floor(random() * 4)));
    // One's own reaction answers before its entry arrives.
    else if (page.shown.size) {
      const id = [...page.shown.keys()][Math.floor(random() * page.shown.size)];
      const post = server.posts.get(id);
      committed.push(server.touch(post, "post.reactions", { thanks: post.thanks + 1 }));
      page.view().count(id, { thanks: post.thanks });
    }
  }
  page.isOnline = true;
  for (const message of wire) page.sequencer.receive(message);
  for (let n = 0; n < 40; n += 1) {
    page.sequencer.told({ 1: server.journal.length });
    await page.settle();
  }
  const fresh = new Page(server, number, true, random);
  assert.deepEqual(page.seen(), fresh.seen(), `seed ${seed}`);
  assert.deepEqual(page.sequencer.known(), { 1: server.journal.length }, `seed ${seed}`);
}

test("a thousand troubled topics end equal to a fresh load", async () => {
  for (let seed = 1; seed <= 1000; seed += 1) await run(seed);
});

function thread(shown, { fetchPost = () => null, takesMarkup = true, topic = { version: 1, isOpen: true, held: [] } } = {}) {
  const told = [];
  const view = {
    version: (id) => shown.get(id),
    topicVersion: () => topic.version,
    becomes: (version) => (topic.version = version),
    isOpen: () => topic.isOpen,
    held: () => topic.held,
    holds: (number) => number <= 20,
    put: (post) => {
      shown.set(post.id, post.version);
      told.push(`put ${post.id} v${post.version}`);
    },
    remove: (id) => shown.delete(id) && told.push(`remove ${id}`),
    count: (id, counts) => told.push(`count ${id} ${JSON.stringify(counts)}`),
    beyond: (number) => told.push(`beyond ${number}`),
    refresh: () => told.push("refresh"),
  };
  return { told, thread: new Thread({ view, fetchPost: async (id) => fetchPost(id), takesMarkup }) };
}

test("a reaction that comes first does not hide the edit that follows it", async () => {
  const { told, thread: open } = thread(new Map([[1, 3]]));
  await open.apply({ kind: "post.reactions", id: 1, version: 5, data: { counts: { thanks: 2 } } });
  await open.apply({ kind: "post.edited", id: 1, version: 5, html: "…", data: { number: 1 } });
  assert.deepEqual(told, ['count 1 {"thanks":2}', "put 1 v5"]);
});

test("counters that the page already has in newer markup are left alone", async () => {
  const { told, thread: open } = thread(new Map([[1, 5]]));
  await open.apply({ kind: "post.reactions", id: 1, version: 4, data: { counts: { thanks: 1 } } });
  assert.deepEqual(told, []);
});

test("what a message says twice is put once", async () => {
  const { told, thread: open } = thread(new Map());
  const message = { kind: "post.added", id: 1, version: 1, html: "…", data: { number: 1 } };
  await open.apply(message);
  await open.apply(message);
  assert.deepEqual(told, ["put 1 v1"]);
});

test("a message of another page of the topic is pointed at, not put", async () => {
  const { told, thread: open } = thread(new Map());
  await open.apply({ kind: "post.added", id: 1, version: 1, html: "…", data: { number: 21 } });
  assert.deepEqual(told, ["beyond 21"]);
});

test("an answer held up and a closing caught up together are both seen", async () => {
  const topic = { version: 1, isOpen: true, held: [] };
  const { told, thread: open } = thread(new Map([[1, 1]]), { topic, fetchPost: (id) => ({ id, version: 1 }) });
  await open.apply({ kind: "topic.accepted", id: 7, version: 3, data: { post: 1, is_open: true } });
  await open.apply({ kind: "topic.closed", id: 7, version: 3, data: { post: 1, is_open: false } });
  assert.deepEqual(told, ["put 1 v1", "refresh"]);
});

test("a hidden message that is no longer for this reader goes", async () => {
  const { told, thread: open } = thread(new Map([[1, 1]]));
  await open.apply({ kind: "post.hidden", id: 1, version: 2, data: { number: 1 } });
  assert.deepEqual(told, ["remove 1"]);
});

test("markup in another language than the reader's is asked for instead", async () => {
  const { told, thread: open } = thread(new Map(), { takesMarkup: false, fetchPost: (id) => ({ id, version: 2 }) });
  await open.apply({ kind: "post.added", id: 1, version: 1, html: "…", data: { number: 1 } });
  assert.deepEqual(told, ["put 1 v2"]);
});

test("what the network kept from being done is not swallowed", async () => {
  const { thread: open } = thread(new Map([[1, 1]]), {
    fetchPost: () => {
      throw new TypeError("network");
    },
  });
  await assert.rejects(open.apply({ kind: "post.hidden", id: 1, version: 2, data: { number: 1 } }));
});

test("kinds of entries that come with later versions are let pass", async () => {
  const { told, thread: open } = thread(new Map());
  await open.apply({ kind: "post.sung", id: 1, version: 1 });
  assert.deepEqual(told, []);
});
