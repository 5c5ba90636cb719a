// What this device keeps between pages; for this page alone where the browser keeps nothing.

function forThisPage() {
  const items = new Map();
  return {
    get length() {
      return items.size;
    },
    key: (n) => [...items.keys()][n] ?? null,
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
  };
}

function found() {
  try {
    // Reading it throws where the site may not store anything.
    return window.localStorage ?? forThisPage();
  } catch {
    return forThisPage();
  }
}

export const device = found();

export const namesKept = () => Array.from({ length: device.length }, (_, n) => device.key(n));
