// Whatever a network does to messages, a page ends equal to a fresh load.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Sequencer } from "../../app/core/static/core/live/sequencer.js";
import { randomFrom } from "./random.js";

// The server: objects with versions, and a journal per scope.
class Server {
  scopes = { 1: [], 2: [], 3: [] };
  objects = new Map();

  write(random) {
    const scope = String(1 + Math.floor(random() * 3));
    const known = [...this.objects.values()].filter((object) => object.scope === scope);
    const edits = known.length && random() < 0.4;
    const object = edits ? known[Math.floor(random() * known.length)] : { id: this.objects.size + 1, scope, version: 0 };
    object.version += 1;
    this.objects.set(object.id, object);
    const seq = this.scopes[scope].length + 1;
    this.scopes[scope].push({ scope, seq, id: object.id, version: object.version });
    return this.message(scope, seq);
  }

  // A message carries the present content of its object, whatever was true when it was written.
  message(scope, seq) {
    const entry = this.scopes[scope][seq - 1];
    return { ...entry, version: this.objects.get(entry.id).version };
  }

  catchUp(known, limit) {
    const scopes = {};
    for (const [scope, after] of Object.entries(known)) {
      const seq = this.scopes[scope].length;
      const missing = seq - after;
      scopes[scope] =
        missing > limit
          ? { seq, reset: true }
          : { seq, entries: this.scopes[scope].slice(after).map((entry) => this.message(scope, entry.seq)) };
    }
    return { scopes };
  }

  page() {
    return new Map([...this.objects].map(([id, { version }]) => [id, version]));
  }

  seqs() {
    return Object.fromEntries(Object.entries(this.scopes).map(([scope, entries]) => [scope, entries.length]));
  }
}

class Page {
  constructor(server, limit) {
    this.server = server;
    this.limit = limit;
    this.timers = [];
    this.applied = 0;
    this.sequencer = new Sequencer({
      apply: (message) => {
        this.applied += 1;
        if ((this.shown.get(message.id) ?? 0) < message.version) this.shown.set(message.id, message.version);
      },
      ask: () => this.questions.push(this.sequencer.known()),
      reset: () => this.load(),
      later: (work) => this.timers.push(work),
    });
    this.load();
  }

  load() {
    this.questions = [];
    this.shown = this.server.page();
    this.sequencer.start(this.server.seqs());
  }

  answer(lost) {
    for (const known of this.questions.splice(0)) {
      if (!lost) this.sequencer.caughtUp(this.server.catchUp(known, this.limit));
    }
  }

  passTime() {
    for (const work of this.timers.splice(0)) work();
  }
}

function run(seed) {
  const random = randomFrom(seed);
  const server = new Server();
  for (let n = 0; n < random() * 5; n += 1) server.write(random);
  const page = new Page(server, 12);
  let wire = [];
  let offline = false;
  for (let step = 0; step < 80; step += 1) {
    const chance = random();
    if (chance < 0.55) {
      const message = server.write(random);
      if (!offline && random() < 0.75) wire.push(message);
      if (random() < 0.2) wire.push(message);
    } else if (chance < 0.75) {
      wire.sort(() => random() - 0.5);
      for (const message of wire.splice(0, 1 + Math.floor(random() * 4))) page.sequencer.receive(message);
    } else if (chance < 0.82) page.passTime();
    else if (chance < 0.88) page.answer(offline || random() < 0.3);
    else if (chance < 0.92) offline = !offline;
    else if (chance < 0.94) wire = [];
    else if (chance < 0.96 && !offline) page.sequencer.told(server.seqs());
    else if (chance < 0.98) page.load();
  }
  // The network comes back: what is on the wire arrives, the heartbeat is heard, questions are answered.
  for (const message of wire) page.sequencer.receive(message);
  for (let n = 0; n < 4; n += 1) {
    page.sequencer.told(server.seqs());
    page.passTime();
    page.answer(false);
  }
  assert.deepEqual([...page.shown].sort(), [...server.page()].sort(), `seed ${seed}`);
  assert.deepEqual(page.sequencer.known(), server.seqs(), `seed ${seed}`);
}

test("a thousand networks that drop, double, reorder and restart leave the page equal to a fresh load", () => {
  for (let seed = 1; seed <= 1000; seed += 1) run(seed);
});

test("entries are applied once and in order", () => {
  const seen = [];
  const sequencer = new Sequencer({ apply: (m) => seen.push(m.seq), ask: () => {}, reset: () => {}, later: () => {} });
  sequencer.start({ 1: 0 });
  for (const seq of [2, 1, 1, 3, 2, 5]) sequencer.receive({ scope: 1, seq });
  assert.deepEqual(seen, [1, 2, 3]);
});

test("a missing entry is asked for after a moment, not at once", () => {
  const asked = [];
  const timers = [];
  const sequencer = new Sequencer({
    apply: () => {},
    ask: (scopes) => asked.push(scopes),
    reset: () => {},
    later: (work) => timers.push(work),
  });
  sequencer.start({ 1: 0 });
  sequencer.receive({ scope: 1, seq: 2 });
  assert.deepEqual(asked, []);
  sequencer.receive({ scope: 1, seq: 1 });
  for (const work of timers) work();
  assert.deepEqual(asked, []);
  sequencer.receive({ scope: 1, seq: 4 });
  for (const work of timers.splice(1)) work();
  assert.deepEqual(asked, [["1"]]);
});

test("a lost last message is noticed by the heartbeat", () => {
  const asked = [];
  const sequencer = new Sequencer({ apply: () => {}, ask: (s) => asked.push(s), reset: () => {}, later: () => {} });
  sequencer.start({ 1: 3 });
  sequencer.told({ 1: 3, 9: 50 });
  assert.deepEqual(asked, []);
  sequencer.told({ 1: 4 });
  assert.deepEqual(asked, [["1"]]);
});
