// What to show when a sheet is opened for writing: what the page came with, or what this device kept. Pure.

export function sameFields(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => plain(one[name]) === plain(other[name]));
}

// `draft` is what the device kept, with the revision it was typed on; `page` what the server gave. The draft is taken
// where the server has nothing newer than what was typed here, which is also so when it holds what this device sent and
// only the answer was lost. Typed on an older state, it is held beside the newer one, for the writer to choose.
export function reconciled(draft, page) {
  if (!draft?.fields || sameFields({ ...page.fields, ...draft.fields }, page.fields)) return "page";
  return draft.revision === page.revision || isOwn(draft, page.fields) ? "draft" : "conflict";
}

// Whether the server holds what this device sent it last.
export const isOwn = (draft, fields) => Boolean(draft?.sentFields) && sameFields({ ...fields, ...draft.sentFields }, fields);

const plain = (value) => (Array.isArray(value) ? [...value].sort().join("\n") : (value ?? "").replaceAll("\r\n", "\n").trim());
