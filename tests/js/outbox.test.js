// What was sent once is published once, whatever is lost on the way and however often the page comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, pause, verdictOf } from "../../app/core/static/core/outbox.js";
import { randomFrom } from "./random.js";

// What a device keeps, as `localStorage` does.
class Device {
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  key(n) {
    return [...this.#items.keys()][n] ?? null;
  }
  getItem(name) {
    return this.#items.get(name) ?? null;
  }
  setItem(name, value) {
    this.#items.set(name, value);
  }
  removeItem(name) {
    this.#items.delete(name);
  }
}

// A server that knows request ids, behind a network that loses requests and answers.
class Server {
  published = new Map();

  constructor(random) {
    this.random = random;
  }

  send = async ({ fields }) => {
    if (this.random() < 0.3) throw new TypeError("request lost");
    if (this.random() < 0.1) return { ok: false, status: 503, data: {} };
    const known = this.published.get(fields.request_id);
    if (known !== undefined && known !== fields.body) return { ok: false, status: 409, data: {} };
    this.published.set(fields.request_id, fields.body);
    if (this.random() < 0.3) throw new TypeError("answer lost");
    return { ok: true, status: 201, data: {} };
  };
}

const item = (id, body = "texte") => ({ url: "/sujets/7/messages", fields: { request_id: id, body } });

test("a thousand bad connections publish each text exactly once", async () => {
  for (let seed = 1; seed <= 1000; seed += 1) {
    const random = randomFrom(seed);
    const device = new Device();
    const server = new Server(random);
    const open = () => new Outbox({ storage: device, owner: "41" });
    let tabs = [open()];
    const sent = new Map();
    for (let step = 0; step < 30; step += 1) {
      const key = `topic:${1 + Math.floor(random() * 3)}:reply`;
      const tab = tabs[Math.floor(random() * tabs.length)];
      const chance = random();
      if (chance < 0.3 && !tab.get(key)) {
        const id = `${seed}-${step}`;
        sent.set(id, `texte ${id}`);
        tab.put(key, item(id, `texte ${id}`));
      } else if (chance < 0.7) await Promise.all([tab.deliver(key, server.send), tabs.at(-1).deliver(key, server.send)]);
      else if (chance < 0.8) tabs.push(open());
      else if (chance < 0.9) tabs = [open()];
    }
    const last = open();
    for (let n = 0; n < 60; n += 1) for (const key of last.keys()) await last.deliver(key, server.send);
    assert.deepEqual(last.keys(), [], `seed ${seed}`);
    assert.deepEqual([...server.published].sort(), [...sent].sort(), `seed ${seed}`);
  }
});

test("a text leaves once at a time", async () => {
  const outbox = new Outbox({ storage: new Device(), owner: "41" });
  outbox.put("topic:7:reply", item("a"));
  let answer;
  const send = () => new Promise((resolve) => (answer = resolve));
  const first = outbox.deliver("topic:7:reply", send);
  assert.equal(await outbox.deliver("topic:7:reply", send), null);
  answer({ ok: true, status: 201, data: {} });
  assert.equal((await first).verdict, "sent");
});

test("a text put in while another leaves is not dropped with it", async () => {
  const outbox = new Outbox({ storage: new Device(), owner: "41" });
  outbox.put("topic:7:reply", item("a"));
  await outbox.deliver("topic:7:reply", async () => {
    outbox.put("topic:7:reply", item("b"));
    return { ok: true, status: 201, data: {} };
  });
  assert.equal(outbox.get("topic:7:reply").fields.request_id, "b");
});

test("a session that ended keeps the text for after the sign-in", async () => {
  const outbox = new Outbox({ storage: new Device(), owner: "41" });
  outbox.put("topic:7:reply", item("a"));
  const { verdict } = await outbox.deliver("topic:7:reply", async () => ({ ok: false, status: 401, data: {} }));
  assert.equal(verdict, "signed-out");
  assert.deepEqual(outbox.keys(), ["topic:7:reply"]);
});

test("a refused text is not sent again by itself", async () => {
  const outbox = new Outbox({ storage: new Device(), owner: "41" });
  outbox.put("topic:7:reply", item("a"));
  await outbox.deliver("topic:7:reply", async () => ({ ok: false, status: 422, data: {} }));
  assert.deepEqual(outbox.keys(), []);
});

test("nobody finds the texts of somebody else on the same device", () => {
  const storage = new Device();
  new Outbox({ storage, owner: "41" }).put("topic:7:reply", item("a"));
  assert.deepEqual(new Outbox({ storage, owner: "4" }).keys(), []);
  assert.deepEqual(new Outbox({ storage, owner: "41" }).keys(), ["topic:7:reply"]);
});

test("a device that keeps nothing still sends", async () => {
  const storage = Object.assign(new Device(), {
    setItem() {
      throw new Error("full");
    },
  });
  const outbox = new Outbox({ storage, owner: "41" });
  const kept = outbox.put("topic:7:reply", item("a"));
  const { verdict } = await outbox.deliver("topic:7:reply", async () => ({ ok: true, status: 201, data: {} }), kept);
  assert.equal(verdict, "sent");
});

test("after a week the author sends it again, not the device", () => {
  let now = 0;
  const outbox = new Outbox({ storage: new Device(), owner: "41", now: () => now });
  outbox.put("topic:7:reply", item("a"));
  assert.ok(outbox.isFresh(outbox.get("topic:7:reply")));
  now = 8 * 24 * 3_600_000;
  assert.ok(!outbox.isFresh(outbox.get("topic:7:reply")));
});

test("answers mean what they should for a text", () => {
  const verdicts = { 201: "sent", 401: "signed-out", 403: "refused", 404: "refused", 409: "repeated", 422: "refused", 429: "later", 503: "later" };
  for (const [status, verdict] of Object.entries(verdicts)) {
    assert.equal(verdictOf({ ok: status === "201", status: Number(status) }), verdict, status);
  }
  assert.equal(verdictOf(null), "later");
});

test("goes grow apart, up to a minute", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 9].map(pause), [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});
