// Mentions: behind an "@" a list of members, organisations and sectors opens below the box. Up, Down, Enter and Escape
// work as in any list. Without this script a name is typed in full.
(() => {
  "use strict";
  const WAIT = 150;
  const TYPED = /(?:^|[\s(])@([\p{L}\p{N}][\p{L}\p{N}'’ -]{0,39})$/u;

  document.querySelectorAll("form[data-keep-words] textarea").forEach((box) => {
    const list = document.createElement("ul"), told = document.createElement("p");
    let waiting = 0, typed = null, at = -1;
    list.id = `${box.id}-mentions`;
    list.className = "forum-suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "People, organisations and sectors");
    list.hidden = true;
    told.className = "govuk-visually-hidden";
    told.setAttribute("role", "status");
    box.after(list, told);
    box.setAttribute("aria-autocomplete", "list");

    const close = () => {
      list.hidden = true;
      list.replaceChildren();
      at = -1;
      ["aria-controls", "aria-activedescendant"].forEach((name) => box.removeAttribute(name));
    };
    const go = (place) => {
      at = (place + list.children.length) % list.children.length;
      [...list.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
      box.setAttribute("aria-activedescendant", list.children[at].id);
    };
    const take = (words) => {
      const end = box.selectionStart, start = end - typed.length;
      box.setRangeText(`${words} `, start, end, "end");
      close();
      box.dispatchEvent(new Event("input", {bubbles: true}));
      box.focus();
    };
    const open = (found) => {
      list.replaceChildren(...found.map((one, number) => {
        const item = document.createElement("li"), about = document.createElement("span");
        item.id = `${list.id}-${number}`;
        item.setAttribute("role", "option");
        about.textContent = one.about;
        item.append(`${one.words} `, about);
        item.addEventListener("mousedown", (event) => { event.preventDefault(); take(one.words); });
        item.dataset.words = one.words;
        return item;
      }));
      list.hidden = false;
      box.setAttribute("aria-controls", list.id);
      told.textContent = found.length === 1 ? "1 suggestion" : `${found.length} suggestions, use up and down arrows`;
      go(0);
    };
    box.addEventListener("input", () => {
      clearTimeout(waiting);
      typed = TYPED.exec(box.value.slice(Math.max(0, box.selectionStart - 60), box.selectionStart))?.[1] ?? null;
      if (typed === null) return close();
      const asked = typed;
      waiting = setTimeout(async () => {
        try {
          const answer = await fetch(`/feedback/mention?q=${encodeURIComponent(asked)}`);
          const found = answer.ok && !answer.redirected ? await answer.json() : [];
          if (asked !== typed) return;
          found.length ? open(found) : close();
        } catch { close(); }
      }, WAIT);
    });
    box.addEventListener("keydown", (event) => {
      if (list.hidden || event.isComposing) return;
      if (event.key === "ArrowDown") go(at + 1);
      else if (event.key === "ArrowUp") go(at - 1);
      else if (event.key === "Enter") take(list.children[at].dataset.words);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    box.addEventListener("blur", close);
  });
})();
