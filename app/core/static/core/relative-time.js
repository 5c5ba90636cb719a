// « il y a 5 minutes » stays true while the page stays open; after a day the date says more.

const MINUTE = 60_000;
const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "fr", { numeric: "always" });

export function inWords(milliseconds) {
  const minutes = Math.trunc(milliseconds / MINUTE);
  return Math.abs(minutes) < 60 ? format.format(minutes, "minute") : format.format(Math.trunc(minutes / 60), "hour");
}

function keepTrue(element) {
  const distance = Date.parse(element.dateTime) - Date.now();
  // Below a minute the server's words are the better ones.
  if (Math.abs(distance) < MINUTE) return;
  const isOld = Math.abs(distance) >= 24 * 60 * MINUTE;
  if (isOld) delete element.dataset.ago;
  const words = isOld ? element.title : inWords(distance);
  if (words && element.textContent !== words) element.textContent = words;
}

setInterval(() => {
  if (document.visibilityState === "visible") document.querySelectorAll("time[data-ago]").forEach(keepTrue);
}, MINUTE);
