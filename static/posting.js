// Posting: what is typed is kept as a draft every few seconds, and the questions of the chosen themes come at once.
// Without this script there is a button for each.
(() => {
  "use strict";
  const WAIT = 4000;

  document.querySelectorAll("form[data-draft]").forEach((form) => {
    const said = form.querySelector("[data-draft-said]");
    let waiting = 0, before = null, running = null;
    const held = () => {
      const data = new FormData(form);
      ["confirmed", "told"].forEach((name) => data.delete(name));
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      data.set("about", form.dataset.draft);
      return new URLSearchParams(data);
    };
    const save = async () => {
      const words = held();
      if (String(words) === before) return;
      running = new AbortController();
      const mark = form.querySelector("[name=drafted]");
      if (mark) mark.value = "1";
      try {
        const answer = await fetch("/feedback/draft", {method: "POST", body: words, signal: running.signal});
        const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
        if (told) said.textContent = told.message;
        if (answer.ok && told) before = String(words);
      } catch { if (!running.signal.aborted) said.textContent = "Not saved: the network is away"; }
    };
    before = String(held());
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(save, WAIT);
    });
    form.addEventListener("submit", () => {
      clearTimeout(waiting);
      running?.abort();
    });
  });

  // A quote goes below what was typed already; without this script the page comes again with the quote in the form.
  document.querySelectorAll("a[data-quote]").forEach((link) => link.addEventListener("click", async (event) => {
    const box = document.querySelector("form[data-draft^='reply:'] textarea");
    if (!box || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.dataset.quote);
      if (!answer.ok || answer.redirected) throw new Error();
      const typed = box.value.trimEnd();
      box.value = (typed ? `${typed}\n\n` : "") + await answer.text();
      box.dispatchEvent(new Event("input", {bubbles: true}));
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
      box.scrollIntoView({block: "center"});
    } catch { location.href = link.href; }
  }));

  // The area filled in from the profile goes when a post is to carry no name; one that was chosen stays.
  document.querySelectorAll("form[data-draft=feedback] [name=force_id]").forEach((area) => {
    const filled = area.value;
    let isChosen = false;
    area.addEventListener("change", () => { isChosen = true; });
    area.form.addEventListener("change", (event) => {
      if (event.target.name !== "attribution" || isChosen) return;
      area.value = event.target.value === "unattributed" ? "" : filled;
    });
  });

  // Threads like the one that is being written come up beside its title, when somebody pauses; how many is said aloud.
  document.querySelectorAll("[data-similar]").forEach((place) => {
    const form = place.closest("form"), said = form.querySelector("[data-similar-said]");
    let waiting = 0, before = "", asking = null;
    const ask = async () => {
      const words = new URLSearchParams();
      ["csrf_token", "title", "happening"].forEach((name) => words.set(name, form.elements[name]?.value.slice(0, 2000) ?? ""));
      if (words.get("title").trim().length < 5 || String(words) === before) return;
      before = String(words);
      asking?.abort();
      asking = new AbortController();
      try {
        const answer = await fetch(place.dataset.similar, {method: "POST", body: words, signal: asking.signal});
        if (!answer.ok || answer.redirected || place.contains(document.activeElement)) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
        const old = [...place.querySelectorAll(".forum-ref")].map((one) => one.textContent).join();
        const found = [...fresh.querySelectorAll(".forum-ref")].map((one) => one.textContent);
        if (found.join() === old) return;
        place.replaceChildren(...fresh.childNodes);
        said.textContent = found.length ? `${found.length} similar ${found.length === 1 ? "thread" : "threads"} below the title` : "";
      } catch { /* the network is away, or something newer was asked */ }
    };
    form.addEventListener("input", (event) => {
      if (!["title", "happening"].includes(event.target.name)) return;
      clearTimeout(waiting);
      waiting = setTimeout(ask, 600);
    });
  });

  const place = document.querySelector("[data-questions]");
  if (!place) return;
  const form = place.closest("form");
  form.querySelector("[data-questions-button]")?.setAttribute("hidden", "");
  const told = form.querySelector("[data-themes-chosen]");
  form.addEventListener("change", async (event) => {
    if (event.target.name !== "theme_ids") return;
    told.lastElementChild.textContent = [...form.querySelectorAll("[name=theme_ids]:checked")].map((box) => box.labels[0].textContent.trim()).join(", ");
    told.hidden = !told.lastElementChild.textContent;
    const chosen = [...form.querySelectorAll("[name=theme_ids]:checked")].map((box) => `theme=${box.value}`).join("&");
    const typed = new FormData(form);
    try {
      const page = await fetch(`${place.dataset.questions}?${chosen}`);
      if (!page.ok || page.redirected) return;
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html").body;
      fresh.querySelectorAll("textarea").forEach((box) => { box.textContent = typed.get(box.name) ?? ""; });
      place.replaceChildren(...fresh.childNodes);
    } catch { /* the network is away: posting asks the same */ }
  });
})();
