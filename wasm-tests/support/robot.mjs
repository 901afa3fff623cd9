// A program that presses buttons: a mail scanner, a preview, a browser extension.

/**
 * Opens a page whose script presses as soon as the page is there, and again on what comes then, `times` in all.
 * Resolves with the cookies it was left with. The page is not closed: one that is still on its way may never be.
 */
export async function robot(browser, url, times, press = () => document.forms[0]?.submit()) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(`addEventListener("load", () => {
    sessionStorage.tries = Number(sessionStorage.tries ?? 0) + 1;
    if (sessionStorage.tries <= ${times}) (${press})();
  })`);
  let left = times;
  const posted = new Promise((resolve) => page.on("response", (response) => {
    if (response.request().method() === "POST" && --left === 0) resolve();
  }));
  await page.goto(url, { waitUntil: "commit" });
  await posted;
  return context.cookies();
}
