// Says when the network is gone, so that nobody waits for an answer that cannot come.

const line = document.querySelector("[data-offline]");

if (line) {
  const show = () => (line.hidden = navigator.onLine);
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}
