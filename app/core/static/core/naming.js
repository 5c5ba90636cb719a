// Where a name is being typed. Pure.

const NAME = /(?:^|[\s(])@(\p{L}[\p{L}’' -]{0,30})$/u;

// The name begun before the caret, without its "@", or null.
export function nameAt(textBeforeCaret) {
  return NAME.exec(textBeforeCaret)?.[1] ?? null;
}
