// What an open topic does with each entry of the journal, whatever was missed, doubled or came late. Pure: the page is
// the `view`, the network is `fetchPost`.
//
// A message carries the content its object had when it was sent, which may be newer than the entry itself. So posts are
// compared by version, and counters and the state of the topic are taken by value.

export class Thread {
  #view;
  #fetchPost;
  #takesMarkup;

  // `fetchPost(id)` gives { id, number, version, html }, or null when the post is not for this reader any more; it
  // rejects when the network failed. `takesMarkup`: whether pushed markup is in the reader's language.
  constructor({ view, fetchPost, takesMarkup }) {
    this.#view = view;
    this.#fetchPost = fetchPost;
    this.#takesMarkup = takesMarkup;
  }

  // Rejects when the network kept it from doing what the message says: then only a fresh copy of the page is true.
  async apply(message) {
    switch (message.kind) {
      case "post.added":
      case "post.restored":
        return this.#appear(message);
      case "post.edited":
      case "post.deleted":
      case "post.hidden":
        return this.#change(message);
      case "post.reactions":
        return this.#count(message);
      case "topic.accepted":
      case "topic.closed":
      case "topic.reopened":
        return this.#become(message);
      case "topic.hidden":
      case "topic.restored":
      case "topic.moved":
        return this.#view.refresh();
    }
  }

  async #appear(message) {
    const { number } = message.data;
    if (!this.#view.holds(number)) return this.#view.beyond(number);
    if (!this.#shows(message)) await this.#show(message);
  }

  async #change(message) {
    if (this.#view.version(message.id) === undefined || this.#shows(message)) return;
    await this.#show(message);
  }

  #shows({ id, version }) {
    return (this.#view.version(id) ?? 0) >= version;
  }

  async #show(message) {
    if (message.html && this.#takesMarkup) this.#put({ id: message.id, number: message.data.number, version: message.version, html: message.html });
    else await this.#fetchAndPut(message.id);
  }

  async #fetchAndPut(id) {
    const post = await this.#fetchPost(id);
    if (post) this.#put(post);
    else this.#view.remove(id);
  }

  #put(post) {
    if ((this.#view.version(post.id) ?? 0) <= post.version) this.#view.put(post);
  }

  // The version stays: a reaction brings no words, and must not hide an edit that comes with the same version.
  #count({ id, version, data }) {
    if ((this.#view.version(id) ?? Infinity) < version) this.#view.count(id, data.counts);
  }

  async #become({ version, data }) {
    if (this.#view.topicVersion() > version) return;
    if (this.#view.isOpen() !== data.is_open) return this.#view.refresh();
    // The mark is part of a message's markup: whoever wears it wrongly, or lacks it, is fetched again.
    const held = this.#view.held();
    const changed = held.filter((id) => id !== data.post);
    if (data.post && !held.includes(data.post)) changed.push(data.post);
    for (const id of changed) {
      if (this.#view.version(id) !== undefined) await this.#fetchAndPut(id);
    }
    this.#view.becomes(version);
  }
}
