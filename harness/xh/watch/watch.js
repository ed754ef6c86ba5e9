// Asks for the state of the run every two seconds; loads the page again for new results, unless somebody reads in it.
"use strict";
{
  const PAUSE = 2000;
  const live = () => document.getElementById("live");
  const shown = live().dataset.version;
  const inside = (node, selector) => [...node.querySelectorAll(selector)];
  const isRead = () =>
    document.querySelector("th[aria-sort], main details[open] summary:focus") !== null ||
    inside(document, "input[type=search]").some((field) => field.value);

  let last = "";

  const take = (text) => {
    if (text === last) { live().querySelector("#lost").hidden = true; return; }
    last = text;
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("live");
    if (fresh.dataset.version !== shown) {
      if (!isRead()) { location.reload(); return; }
      fresh.querySelector("#newer").hidden = false;
    }
    const folds = inside(live(), "details"), focus = folds.findIndex((fold) => fold.contains(document.activeElement));
    inside(fresh, "details").forEach((fold, number) => { fold.open = folds[number]?.open ?? false; });
    live().replaceWith(document.adoptNode(fresh));
    if (focus >= 0) inside(live(), "summary")[focus]?.focus();
  };
  const follow = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch("live", { cache: "no-store" });
        if (answer.ok) take(await answer.text());
        else if (answer.status !== 503) live().querySelector("#lost").hidden = false;
      }
    } catch { live().querySelector("#lost").hidden = false; }
    setTimeout(follow, PAUSE);
  };
  setTimeout(follow, PAUSE);
}
