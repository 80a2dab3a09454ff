// The attendance list on a phone: a tick is kept without leaving the page, and the search box narrows it as one types.
(() => {
  "use strict";
  const list = document.querySelector("[data-ticks]");
  const box = document.querySelector("[data-find-in]");
  if (!list) return;
  const trouble = list.querySelector(".forum-tick-trouble");

  list.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || !window.DOMParser) return;
    event.preventDefault();
    const row = button.closest(".forum-tick");
    const nth = [...row.querySelectorAll("button")].indexOf(button);
    const said = new FormData(list);
    said.append(button.name, button.value);
    button.setAttribute("aria-busy", "true");
    try {
      const page = await fetch(list.action, {method: "POST", body: said, headers: {"X-Requested-With": "fetch"}});
      if (page.redirected || page.status === 401) return location.reload(); // signed out meanwhile
      if (!page.ok) throw new Error(page.status);
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      document.getElementById("counts").replaceChildren(...fresh.getElementById("counts").childNodes);
      const mine = fresh.getElementById(row.id);
      if (mine && mine.matches(".forum-tick")) {
        row.replaceWith(mine);
        (mine.querySelectorAll("button")[nth] || mine.querySelector("button")).focus();
      } else {
        row.remove();
      }
      trouble.hidden = true;
    } catch {
      button.removeAttribute("aria-busy");
      trouble.textContent = "The last tick was not kept. Check your connection and press it again.";
      trouble.hidden = false;
      trouble.scrollIntoView({block: "nearest"});
    }
  });

  if (!box || document.querySelector(".forum-pager")) return; // on a long list the server looks for people
  const plain = (words) => words.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const find = () => {
    const words = plain(box.value.trim());
    let shown = 0;
    for (const row of list.querySelectorAll(".forum-tick")) {
      row.hidden = !plain(row.dataset.find).includes(words);
      shown += !row.hidden;
    }
    for (const group of list.querySelectorAll(".forum-tick-group")) group.hidden = !group.querySelector(".forum-tick:not([hidden])");
    document.getElementById("found").textContent = words ? `${shown} found` : "";
  };
  if (!new URLSearchParams(location.search).get("q")) box.addEventListener("input", find);
})();
