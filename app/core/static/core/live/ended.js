// What a page shows once it is no longer the reader's: the session ended elsewhere, or a right was lost.

document.addEventListener("live:ended", ({ detail }) => {
  const words = document.body.querySelector("template[data-ended]");
  const main = document.querySelector("main");
  if (!words || !main) return;
  const notice = words.content.querySelector(detail.signedOut ? "[data-signed-out]" : "[data-right-lost]");
  const shown = notice.cloneNode(true);
  const again = shown.querySelector('a[href="/connexion"]');
  if (again) again.href += `?next=${encodeURIComponent(location.pathname)}`;
  main.replaceChildren(shown);
  document.querySelector(".aside")?.remove();
  main.focus();
});
