// Texts on their way: kept on this device until the server said that it has them, and sent again under the very same
// request id, so that a lost answer, a closed tab or two tabs never make two messages of one. Pure: `storage` is the
// device, `send` the network.

const KEPT_FOR = 7 * 24 * 3_600_000;

export class Outbox {
  #storage;
  #prefix;
  #now;
  #leaving = new Set();

  constructor({ storage, owner, now = Date.now }) {
    this.#storage = storage;
    this.#prefix = `outbox:${owner}:`;
    this.#now = now;
  }

  // `fields` hold the request id. Throws nothing: a device that keeps nothing still sends.
  put(key, { url, fields }) {
    const item = { url, fields, at: this.#now() };
    try {
      this.#storage.setItem(this.#prefix + key, JSON.stringify(item));
    } catch {
      // Full or forbidden.
    }
    return item;
  }

  get(key) {
    try {
      return JSON.parse(this.#storage.getItem(this.#prefix + key));
    } catch {
      return null;
    }
  }

  drop(key) {
    this.#storage.removeItem(this.#prefix + key);
  }

  keys() {
    const all = Array.from({ length: this.#storage.length }, (_, n) => this.#storage.key(n));
    return all.filter((name) => name.startsWith(this.#prefix)).map((name) => name.slice(this.#prefix.length));
  }

  // What has waited too long is for its author to send again, not for us.
  isFresh(item) {
    return this.#now() - item.at < KEPT_FOR;
  }

  // Send one text. Gives { verdict, answer, item }, or null when it is leaving already.
  async deliver(key, send, item = this.get(key)) {
    if (!item || this.#leaving.has(key)) return null;
    this.#leaving.add(key);
    const answer = await send(item).catch(() => null);
    this.#leaving.delete(key);
    const verdict = verdictOf(answer);
    const isStillIt = this.get(key)?.fields.request_id === item.fields.request_id;
    if (isStillIt && verdict !== "later" && verdict !== "signed-out") this.drop(key);
    return { verdict, answer, item };
  }
}

// What an answer means for the text: `later` and `signed-out` keep it for another go.
export function verdictOf(answer) {
  if (!answer || [408, 429, 502, 503, 504].includes(answer.status)) return "later";
  if (answer.ok) return "sent";
  if (answer.status === 401) return "signed-out";
  return answer.status === 409 ? "repeated" : "refused";
}

// How long to wait before the next go: 5, 10, 20, 40, then 60 seconds.
export const pause = (attempt) => Math.min(60, 5 * 2 ** attempt) * 1000;
