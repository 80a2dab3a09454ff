// The little the Forum does in the browser. Every page works without it.
(() => {
  "use strict";
  const every = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  // Filters stand open where there is room for them.
  every("[data-open-when-wide]", (filters) => {
    if (matchMedia("(min-width: 48.0625rem)").matches) filters.open = true;
  });

  // Leaving with words that were not sent: ask first.
  const unsent = new Set();
  every("form[data-keep-words]", (form) => {
    form.addEventListener("input", (event) => event.target.matches("textarea") && unsent.add(form));
    form.addEventListener("submit", () => unsent.delete(form));
  });
  addEventListener("beforeunload", (event) => unsent.size && event.preventDefault());

  // Copy a link.
  every("[data-copy]", (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    const words = button.textContent;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = words; }, 3000);
    });
  });

  // <div id="progress" data-poll="/address">: fetched every three seconds while it says so; the answer replaces it.
  // <div id="people" data-polled>: tells of the same, and is fetched with the whole page when that is done.
  const read = async (address) => {
    const page = await fetch(address, {headers: {"X-Requested-With": "fetch"}});
    if (page.ok && !page.redirected) return new DOMParser().parseFromString(await page.text(), "text/html");
  };
  const renew = (part, page) => {
    const fresh = page && page.getElementById(part.id);
    if (fresh) part.replaceChildren(...fresh.childNodes);
    return fresh;
  };
  const poll = (part) => setTimeout(async () => {
    if (document.hidden) return poll(part);
    try {
      const fresh = renew(part, await read(part.dataset.poll));
      if (!fresh) return;
      if (fresh.dataset.poll) return poll(part);
      const page = await read(location.href);
      every("[data-polled][id]", (list) => renew(list, page));
    } catch { poll(part); } // the network is away: ask again
  }, 3000);
  every("[data-poll][id]", (part) => {
    part.setAttribute("aria-live", "polite");
    poll(part);
  });

  // <div data-read="/address" data-token="…">: tell once that the page was seen, when it is really on show.
  every("[data-read]", (mark) => {
    const tell = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", tell);
      fetch(mark.dataset.read, {method: "POST", keepalive: true, headers: {"X-CSRFToken": mark.dataset.token}}).catch(() => {});
    };
    document.addEventListener("visibilitychange", tell);
    tell();
  });
})();
