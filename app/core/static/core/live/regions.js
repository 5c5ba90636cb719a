// Bringing a page up to date without disturbing its reader.

// Change the page while what the reader looks at stays where it is on the screen, and the focus where it was.
export function steady(change) {
  const focused = document.activeElement;
  const anchor = [...document.querySelectorAll("[data-object]")].find((item) => item.getBoundingClientRect().bottom > 0);
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  if (!anchor?.isConnected) return;
  const moved = anchor.getBoundingClientRect().top - before;
  // A page at its very top stays there: what is new above is what its reader waits for.
  if (moved && scrollY > 0) scrollBy({ top: moved, behavior: "instant" });
}

// Take over every region that a fresh copy of the page also has; what is being typed is left alone.
export function takeRegions(fresh) {
  steady(() => {
    for (const region of document.querySelectorAll("[data-live-region]")) {
      if (region.contains(document.activeElement?.closest("input, textarea, select"))) continue;
      const next = fresh.querySelector(`[data-live-region="${region.dataset.liveRegion}"]`);
      if (next) renew(region, next);
      else region.remove();
    }
  });
}

// Things that did not change keep their element: pictures stay loaded, open menus open.
function renew(region, next) {
  const shown = new Map([...region.querySelectorAll(":scope > [data-object]")].map((item) => [item.dataset.object, item]));
  const children = [...next.childNodes].map((child) => {
    const same = shown.get(child.dataset?.object);
    return same && isSame(same, child) ? same : document.adoptNode(child);
  });
  for (const { name, value } of next.attributes) region.setAttribute(name, value);
  region.replaceChildren(...children);
}

const isSame = (one, other) => one.dataset.version === other.dataset.version && wordsOf(one) === wordsOf(other);

// The words the server wrote: what a script added for this reader is not in a fresh copy.
const wordsOf = (node) =>
  node.nodeType === Node.TEXT_NODE
    ? node.data
    : [...node.childNodes].map((child) => (child.dataset?.added === undefined ? wordsOf(child) : "")).join("");
