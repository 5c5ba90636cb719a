// What the tools of the composer write. Pure: a text with a selection in, one replacement and a new selection out.

const WRAPS = { bold: "**", italic: "*", code: "`" };
const LEADS = { list: "- ", ordered: "1. ", quote: "> " };
const ANY_LEAD = /^(?:- |\d+\. |> )/;
const TABLE = "| A | B |\n|---|---|\n| 1 | 2 |";

// Gives { from, to, text, start, end }: replace from…to by text, then select start…end.
export function formatted(value, start, end, kind) {
  if (WRAPS[kind]) return wrapped(value, start, end, WRAPS[kind]);
  if (LEADS[kind]) return led(value, start, end, kind);
  if (kind === "link") return linked(value, start, end);
  if (kind === "table") return tabled(value, end);
  return null;
}

// Pressed on words that wear the mark already, the tool takes it off.
function wrapped(value, start, end, mark) {
  const size = mark.length;
  const wears = value.slice(start - size, start) === mark && value.slice(end, end + size) === mark;
  // One star around is not italic when it is the inner star of bold.
  const isInner = size === 1 && value[start - 2] === mark && value[end + 1] === mark;
  const chosen = value.slice(start, end);
  if (start >= size && wears && !isInner) return { from: start - size, to: end + size, text: chosen, start: start - size, end: end - size };
  return { from: start, to: end, text: mark + chosen + mark, start: start + size, end: end + size };
}

// Whole lines; pressed again, or with another tool, the lead goes or changes.
function led(value, start, end, kind) {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const next = value.indexOf("\n", end);
  const to = next === -1 ? value.length : next;
  const lines = value.slice(from, to).split("\n");
  const wears = lines.every((line) => (kind === "ordered" ? /^\d+\. / : new RegExp(`^${LEADS[kind]}`)).test(line));
  const lead = (n) => (kind === "ordered" ? `${n + 1}. ` : LEADS[kind]);
  const text = lines.map((line, n) => (wears ? "" : lead(n)) + line.replace(ANY_LEAD, "")).join("\n");
  const caret = from + text.length;
  return { from, to, text, start: lines.length > 1 ? from : caret, end: caret };
}

function linked(value, start, end) {
  const chosen = value.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(chosen);
  const words = isAddress ? "" : chosen;
  const text = `[${words}](${isAddress ? chosen : "https://"})`;
  // The caret goes to what is still missing: the words, or the address.
  const missing = words ? start + text.length - 1 : start + 1;
  return { from: start, to: end, text, start: missing, end: missing };
}

function tabled(value, at) {
  const before = value.slice(0, at);
  const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const text = `${gap}${TABLE}\n`;
  return { from: at, to: at, text, start: at + text.length, end: at + text.length };
}
