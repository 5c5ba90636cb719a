// Says in a word how strong the password being typed is. The server judges by the same lengths, and by its list of
// passwords that anybody would try; this only spares a refusal.

const CLASSES = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[^\w\s]|_/, 30], [/[^\u0000-\u007f]/, 40]];

for (const input of document.querySelectorAll("[data-password-meter]")) {
  const meter = document.getElementById(input.dataset.passwordMeter);
  if (!meter) continue;
  const words = meter.dataset.words.split("|");
  const word = meter.querySelector("strong");
  input.addEventListener("input", () => {
    meter.hidden = input.value === "";
    const next = words[level(input.value)];
    if (word.textContent !== next) word.textContent = next;
  });
}

function level(password) {
  if (!isLongEnough(password)) return 0;
  if (effectiveLength(password) < 9) return 1;
  const bits = entropy(password);
  return bits < 75 ? 2 : bits < 100 ? 3 : 4;
}

function isLongEnough(password) {
  if (phrase(password).size >= 6 && phraseLength(password) >= 7) return true;
  const mixed = /\p{Ll}/u.test(password) && /\p{Lu}/u.test(password) && /\d/.test(password) && /[^\p{L}\p{N}]/u.test(password);
  if (password.length >= 12 && mixed) return true;
  return password.length >= 14 && /\d/.test(password) && /\p{L}/u.test(password);
}

function entropy(password) {
  if (phraseLength(password) >= 7) return 12 * phrase(password).size;
  const alphabet = CLASSES.reduce((sum, [pattern, size]) => sum + (pattern.test(password) ? size : 0), 0);
  return effectiveLength(password) * Math.log2(Math.max(alphabet, 2));
}

function effectiveLength(text) {
  let total = 0;
  for (let i = 0; i < text.length; i += 1) {
    const step = i ? text.charCodeAt(i) - text.charCodeAt(i - 1) : 9;
    total += Math.abs(step) <= 1 ? 0.25 : 1;
  }
  return Math.min(total, 2 * new Set(text).size);
}

function parts(password) {
  return password.split(/[\s\-_.,;:!?'’]+/).filter((part) => part.length >= 2);
}

function phrase(password) {
  return new Set(parts(password).map((part) => part.toLowerCase()));
}

function phraseLength(password) {
  return parts(password).length;
}
