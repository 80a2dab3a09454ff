// Words selected in a post, for those who keep the log: the bar offers to raise a challenge from them or add them to one.
// Without this script, "Use these words" under each post leads to its sentences.
(() => {
  "use strict";
  const bar = document.querySelector("[data-citing]");
  if (!bar) return;
  const shown = bar.querySelector("[data-citing-words]");

  // The post whose words are selected, when all of them are its words and nothing else's. A click thrice on a paragraph
  // ends the selection at the start of what follows it: nothing of that is selected.
  const postOf = (range) => {
    const words = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".forum-words");
    const own = words(range.startContainer);
    if (!own) return null;
    const within = range.cloneRange();
    if (!own.contains(range.endContainer)) within.setEndAfter(own.lastChild);
    if (within.toString().trim() !== range.toString().trim()) return null;
    const post = own.closest("article");
    return post?.querySelector("[data-cite]") ? post : null;
  };

  const look = () => {
    const selection = getSelection();
    if (bar.contains(document.activeElement)) return;
    const post = selection.rangeCount && !selection.isCollapsed ? postOf(selection.getRangeAt(0)) : null;
    const words = post ? selection.toString().split(/\s+/).filter(Boolean).join(" ") : "";
    bar.hidden = !words;
    if (!words) return;
    bar.elements.words.value = words;
    bar.elements.reply.value = post.querySelector("[data-cite]").dataset.cite;
    shown.textContent = `“${words.length > 160 ? `${words.slice(0, 160)}…` : words}”`;
  };
  let waiting;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 150);
  });
})();
