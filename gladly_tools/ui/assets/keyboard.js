// A box that is opened by a key takes the focus: it stands at the end of the page, where Tab would come to it last.
// One that is drawn anew while the focus is in it is left alone; Escape already leads back to its button.

const REACHED =
  "input:not([type=hidden]):not([disabled]), button:not([disabled]), textarea:not([disabled]), a[href], [tabindex='0']";
const PATIENCE = 3000;

function enter() {
  const body = document.querySelector("[data-testid='stPopoverBody']");
  const first = body && body.querySelector(REACHED);
  if (first && !body.contains(document.activeElement)) first.focus();
  return Boolean(first);
}

function pressed(event) {
  if (event.key !== "Enter" && event.key !== " ") return;
  const button = event.target.closest && event.target.closest("[data-testid='stPopover'] button");
  if (!button || button.getAttribute("aria-expanded") === "true") return;
  const watch = new MutationObserver(() => {
    // Whoever went on meanwhile stays where they are.
    if (document.activeElement !== button && document.activeElement !== document.body) watch.disconnect();
    else if (enter()) watch.disconnect();
  });
  watch.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), PATIENCE);
}

export default function () {
  if (globalThis.gladlyToolsKeyboard) return;
  globalThis.gladlyToolsKeyboard = true;
  document.addEventListener("keydown", pressed, true);
}
