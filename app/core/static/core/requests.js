// Sending to the server from a script: JSON answers, the CSRF token, one more try when it had gone stale.

export const token = () => document.querySelector('input[name="csrf_token"]')?.value ?? "";

function renew(value) {
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = value;
}

// Answers { ok, status, data }; throws only when there is no network.
export async function send(url, { method = "POST", body, json, keepalive = false } = {}, again = true) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, { method, headers, body: json === undefined ? body : JSON.stringify(json), keepalive });
  const data = await answer.json().catch(() => ({}));
  if (answer.status === 400 && data.error === "csrf" && data.token && again) {
    renew(data.token);
    if (body instanceof FormData) body.set("csrf_token", data.token);
    return send(url, { method, body, json, keepalive }, false);
  }
  return { ok: answer.ok, status: answer.status, data };
}
