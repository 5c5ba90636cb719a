// The words scripts say, written by the templates in the reader's language:
// `<template data-words><span data-word="name">…{n}…</span></template>`, as many as a page likes.

export function word(name, values = {}) {
  const text = element(name)?.textContent ?? "";
  return Object.entries(values).reduce((said, [key, value]) => said.replace(`{${key}}`, value), text);
}

// A copy of the element itself, for words with a look or a link.
export function worded(name) {
  return element(name)?.cloneNode(true) ?? null;
}

function element(name) {
  for (const template of document.querySelectorAll("template[data-words]")) {
    const found = template.content.querySelector(`[data-word="${name}"]`);
    if (found) return found;
  }
  return null;
}
