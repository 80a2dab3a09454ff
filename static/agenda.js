// The agenda: items are moved by dragging and without loading the page anew; on the day, the page follows the clock.
// Without this script the buttons do the same, a page at a time.
(() => {
  "use strict";
  const read = async (address, options = {}) => {
    const answer = await fetch(address, options);
    if (!answer.ok) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // --- in order ---
  const agenda = document.querySelector("[data-agenda]");
  const said = document.querySelector("[data-agenda-said]");
  const say = (words) => { said.textContent = ""; setTimeout(() => { said.textContent = words; }, 50); };
  const rows = (list) => [...list.children].filter((one) => one.matches("li"));
  const partsOf = (row) => row.querySelector(":scope > ol");

  const whereIs = (id) => {
    const row = agenda.querySelector(`[data-item="${id}"]`);
    const number = row?.querySelector(".forum-order__number")?.textContent.trim().replace(/\.$/, "");
    return row ? `“${row.dataset.title}” is now item ${number}, ${row.querySelector(".forum-ref").textContent}` : "";
  };
  // What the answer says besides the agenda: a refusal comes before where the item is.
  const take = (page, id) => {
    const fresh = page.getElementById(agenda.id);
    if (!fresh) return location.reload();
    agenda.replaceChildren(...fresh.childNodes);
    const notice = page.querySelector(".govuk-notification-banner__content");
    say(notice ? notice.textContent.trim() : whereIs(id));
  };
  const send = async (form, id, words) => {
    agenda.setAttribute("aria-busy", "true");
    try {
      take(await read(form.action, {method: "POST", body: new FormData(form)}), id);
      const row = agenda.querySelector(`[data-item="${id}"]`);
      const again = words && [...(row?.querySelectorAll(":scope > div button") || [])];
      (again?.find((one) => one.textContent === words) || again?.[0])?.focus();
    } catch {
      form.submit(); // the network or the session is gone: the page says so
    } finally {
      agenda.removeAttribute("aria-busy");
    }
  };
  const order = () => rows(agenda.querySelector("[data-order]")).flatMap((row) => [
    row.dataset.item, ...rows(partsOf(row)).map((part) => `${part.dataset.item}:${row.dataset.item}`),
  ]).join(" ");

  // --- dragging: by mouse, pen or finger ---
  let dragged = null;
  const isPart = (row) => row.parentElement.classList.contains("forum-order__parts");
  const beneath = (event) => {
    const row = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-item]");
    if (!row || dragged.contains(row)) return null;
    return isPart(dragged) || !isPart(row) ? row : row.parentElement.closest("[data-item]");
  };
  const drag = (event) => {
    const row = beneath(event);
    if (!row || row === dragged) return;
    const box = row.getBoundingClientRect();
    if (isPart(dragged) && !isPart(row)) { // a sub-item goes into the item it is held over
      if (dragged.parentElement !== partsOf(row)) partsOf(row).append(dragged);
      return;
    }
    row.parentElement.insertBefore(dragged, event.clientY < box.top + box.height / 2 ? row : row.nextSibling);
  };
  const stop = (event) => {
    if (!dragged) return;
    const row = dragged;
    dragged = null;
    row.classList.remove("forum-order--dragged");
    const form = agenda.querySelector("[data-order-form]");
    form.elements.order.value = order();
    if (event.type === "pointercancel") return location.reload();
    if (form.elements.order.value !== form.elements.seen.value) send(form, row.dataset.item);
  };

  if (agenda && said) {
    agenda.addEventListener("pointerdown", (event) => {
      const handle = event.target.closest("[data-handle]");
      if (!handle || event.button || !event.isPrimary || agenda.hasAttribute("aria-busy")) return;
      dragged = handle.closest("[data-item]");
      dragged.classList.add("forum-order--dragged");
      agenda.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    agenda.addEventListener("pointermove", (event) => dragged && drag(event));
    agenda.addEventListener("pointerup", stop);
    agenda.addEventListener("pointercancel", stop);
    agenda.addEventListener("submit", (event) => {
      const form = event.target;
      if (!/\/(move|part|whole)$/.test(form.action)) return;
      event.preventDefault();
      send(form, form.closest("[data-item]").dataset.item, event.submitter?.textContent);
    });
  }

  // --- on the day: every half minute; said aloud only when another item begins ---
  const live = document.querySelector("[data-live]");
  const follow = async () => {
    if (document.hidden) return;
    try {
      const fresh = (await read(location.href)).getElementById(live.id);
      if (!fresh) return;
      const was = live.querySelector("[data-now]").dataset.now;
      live.replaceChildren(...fresh.childNodes);
      const now = live.querySelector("[data-now]");
      if (now.dataset.now !== was) document.querySelector("[data-live-said]").textContent = now.textContent;
    } catch { /* the network is away: the next time will do */ }
  };
  if (live) {
    setInterval(follow, 30_000);
    document.addEventListener("visibilitychange", follow);
  }
})();
