// A chart is drawn in the colors of light or of dark. When the browser turns from one to the other, the page is drawn
// anew; a moment later, since what the page is drawn in is told along.

const MOMENT = 200;

export default function (component) {
  const first = globalThis.gladlyToolsDaylight === undefined;
  globalThis.gladlyToolsDaylight = component;
  if (!first) return;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    setTimeout(() => globalThis.gladlyToolsDaylight.setTriggerValue("turned", true), MOMENT);
  });
}
