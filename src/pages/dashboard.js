// Keeps the dashboard live: fetches the page anew while somebody looks, and puts
// its numbers in place of the old ones without moving the reader.
const EVERY_MS = 10_000;

async function refresh() {
  if (document.hidden) return;
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("live");
  const live = document.getElementById("live");
  // Whoever is in a table keeps their place in it.
  if (!next || live.contains(document.activeElement)) return;
  live.replaceWith(next);
}

setInterval(() => refresh().catch(() => {}), EVERY_MS);
