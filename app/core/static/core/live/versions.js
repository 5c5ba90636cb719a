// Which version of each object the page shows: an older or equal one changes nothing.

export class Versions {
  #shown = new Map();

  // Whether this message brings something newer; remembers it when it does.
  takes(type, id, version) {
    const key = `${type}:${id}`;
    if ((this.#shown.get(key) ?? 0) >= version) return false;
    this.#shown.set(key, version);
    return true;
  }

  shows(key, version) {
    this.#shown.set(key, Math.max(version, this.#shown.get(key) ?? 0));
  }
}
