// What to show when a sheet is opened for writing: what the page came with, or what this device kept. Pure.

export function sameFields(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => plain(one[name]) === plain(other[name]));
}

// `draft` is what the device kept, with the revision it was typed on; `page` what the server gave. The draft is taken
// where the server has nothing newer; typed on an older revision it is held beside it, for the writer to choose. A form
// that was sent and is no longer what the server holds was refused or never came: it is not thrown away either.
export function reconciled(draft, page) {
  if (!draft?.fields || sameFields({ ...page.fields, ...draft.fields }, page.fields)) return "page";
  return draft.revision === page.revision ? "draft" : "conflict";
}

const plain = (value) => (Array.isArray(value) ? [...value].sort().join("\n") : (value ?? "").replaceAll("\r\n", "\n").trim());
