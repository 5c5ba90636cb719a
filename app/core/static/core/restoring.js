// Whether a draft kept on this device is put back into a page. Pure.

// `shown` is the text the page came with: empty, the text being edited, the draft the server holds, or what a refusal
// gave back. The device's draft is put back where it continues that text: it started from it, or the server has an
// earlier state of it. Anything else was written elsewhere or later, and stays.
export function restores(draft, shown) {
  if (!draft?.body || same(draft.body, shown)) return false;
  return !shown || [draft.from, draft.saved].some((text) => text !== undefined && same(text, shown));
}

const same = (one, other) => one.replaceAll("\r\n", "\n").trim() === other.replaceAll("\r\n", "\n").trim();
