// A plain text field for SQL: colors behind it, suggestions beside the caret. Everything it shows of the data is set as
// text, never as HTML.

const MOST_CHOICES = 60;
const MOST_PAINTED = 20000;
const TOKENS = /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*(?:'|$))|("(?:[^"]|"")*(?:"|$))|([\p{L}_][\p{L}\p{N}_]*)|([^])/gu;

const editors = new WeakMap();

// What was typed and not run yet, while another view is shown: in this window's memory alone. Telling the server of it
// when the field is left would draw the page anew in the middle of the click that left it.
const drafts = (globalThis.gladlyToolsDrafts ??= new Map());

export default function (component) {
  const root = component.parentElement;
  let editor = editors.get(root);
  if (!editor) {
    editor = open(root);
    editors.set(root, editor);
  }
  editor.update(component);
}

function open(root) {
  const field = root.querySelector("textarea");
  const paint = root.querySelector(".paint");
  const list = root.querySelector(".choices");
  const run = root.querySelector(".run");
  const quiet = root.querySelector(".quiet");
  const box = root.querySelector(".box");
  let component = null;
  let data = null;
  let version = null;
  let keywords = new Set();
  let choices = [];
  let chosen = 0;
  let wrong = null;

  function update(next) {
    const first = component === null;
    component = next;
    const before = data;
    data = next.data;
    if (!before || before.words !== data.words)
      keywords = new Set(data.words.filter((word) => word.kind === "keyword").map((word) => word.name));
    if (first || data.version !== version) {
      const draft = first ? drafts.get(data.place) : undefined;
      replace(draft?.version === data.version ? draft.text : data.text, !first);
      version = data.version;
    }
    wrong = data.wrong !== null && data.wrong.text === field.value ? data.wrong.position : null;
    run.disabled = data.running;
    box.classList.toggle("dark", isDark());
    draw();
  }

  function isDark() {
    const probe = getComputedStyle(box).color.match(/[\d.]+/g);
    return probe !== null && Number(probe[0]) + Number(probe[1]) + Number(probe[2]) > 382;
  }

  function replace(text, focus) {
    if (!focus) {
      field.value = text;
    } else {
      field.focus();
      field.select();
      // So that it can be undone as if it had been typed.
      if (!document.execCommand("insertText", false, text)) field.value = text;
    }
    close();
  }

  // Colors

  function draw() {
    const text = field.value;
    const isLong = text.length > MOST_PAINTED;
    field.classList.toggle("plain", isLong);
    paint.replaceChildren();
    if (!isLong) for (const token of text.matchAll(TOKENS)) paint.append(...painted(token));
    paint.append("\n"); // a last empty line has a height, too
    paint.scrollTop = field.scrollTop;
    grow();
  }

  function painted(token) {
    const [whole, comment, string, name, word] = token;
    const kind = comment ? "comment" : string ? "text" : name ? "name"
      : word && keywords.has(word.toUpperCase()) ? "keyword" : "";
    const isWrong = wrong !== null && token.index <= wrong && wrong < token.index + whole.length;
    if (!kind && !isWrong) return [whole];
    const span = document.createElement("span");
    span.className = [kind && `word-${kind}`, isWrong && "wrong"].filter(Boolean).join(" ");
    span.textContent = whole;
    return [span];
  }

  function grow() {
    if (field.style.height) return; // somebody has dragged it to a height of their own
    field.rows = 7;
    while (field.scrollHeight > field.clientHeight && field.rows < 18) field.rows += 1;
  }

  // Suggestions

  // The name that is being written before the caret; null inside a text or a comment.
  function begun() {
    const before = field.value.slice(0, field.selectionStart);
    let last = null;
    for (const token of before.matchAll(TOKENS)) last = token;
    if (last === null) return { start: before.length, typed: "", quoted: false };
    const [whole, comment, string, name, word] = last;
    if (comment && (comment.startsWith("--") || !comment.endsWith("*/"))) return null;
    if (string && !(string.length > 1 && string.endsWith("'"))) return null;
    if (name && !(name.length > 1 && name.endsWith('"')))
      return { start: last.index, typed: name.slice(1).replaceAll('""', '"'), quoted: true };
    if (word) return { start: last.index, typed: word, quoted: false };
    return { start: before.length, typed: "", quoted: false };
  }

  function rank(word, typed, wantsTable, afterDot) {
    if (afterDot && word.kind !== "column") return -1;
    const name = word.name.toLowerCase();
    const part = typed.toLowerCase();
    const place = name.indexOf(part);
    if (place < 0) return -1;
    const inside = place === 0 ? 0 : /[\p{L}\p{N}]/u.test(name[place - 1]) ? 200 : 100;
    const kinds = wantsTable ? { table: 0, keyword: 20, column: 30, function: 40 }
      : { column: 0, table: 10, function: 20, keyword: part.length > 1 ? 15 : 30 };
    return inside + kinds[word.kind] + (name === part ? -300 : 0);
  }

  function suggest(always) {
    const place = begun();
    if (place === null || field.selectionStart !== field.selectionEnd) return close();
    if (!always && !place.quoted && place.typed === "") return close();
    const before = field.value.slice(0, place.start);
    const wantsTable = /\b(from|join)\s+$/i.test(before);
    const afterDot = /\.$/.test(before);
    choices = data.words
      .filter((word) => !place.quoted || word.kind === "column" || word.kind === "table")
      .map((word, order) => ({ word, order, rank: rank(word, place.typed, wantsTable, afterDot) }))
      .filter((each) => each.rank > -1000 && each.rank !== -1)
      .sort((one, other) => one.rank - other.rank || one.order - other.order)
      .slice(0, MOST_CHOICES)
      .map((each) => each.word);
    const only = choices[0];
    if (!only || (!always && !place.quoted && only.name.toLowerCase() === place.typed.toLowerCase()
      && !needsQuotes(only))) return close();
    chosen = 0;
    show(place);
  }

  function needsQuotes(word) {
    return word.text.startsWith('"');
  }

  function show(place) {
    list.replaceChildren(...choices.map((word, number) => {
      const item = document.createElement("li");
      item.id = `choice-${number}`;
      item.setAttribute("role", "option");
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = word.name;
      const kind = document.createElement("span");
      kind.className = "kind";
      kind.textContent = word.about || word.kind;
      item.append(name, kind);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); chosen = number; take(); });
      return item;
    }));
    list.hidden = false;
    field.setAttribute("aria-controls", "choices");
    mark();
    stand(place);
    quiet.textContent = `${choices.length} suggestions, first ${choices[0].name}`;
  }

  function stand(place) {
    const range = document.createRange();
    const { node, offset } = locate(place.start);
    range.setStart(node, offset);
    range.collapse(true);
    const outer = paint.getBoundingClientRect();
    let caret = range.getBoundingClientRect();
    if (!caret.height) caret = { left: outer.left + 12, bottom: outer.top + 32 };
    const most = outer.width - list.offsetWidth - 4;
    list.style.left = `${Math.max(4, Math.min(caret.left - outer.left, most))}px`;
    list.style.top = `${Math.min(caret.bottom - outer.top, outer.height) + 2}px`;
  }

  function locate(offset) {
    let left = offset;
    const walker = document.createTreeWalker(paint, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left <= node.length) return { node, offset: left };
      left -= node.length;
    }
    return { node: paint, offset: 0 };
  }

  function mark() {
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === chosen)));
    field.setAttribute("aria-activedescendant", `choice-${chosen}`);
    list.children[chosen].scrollIntoView({ block: "nearest" });
  }

  function close() {
    if (list.hidden) return;
    list.hidden = true;
    choices = [];
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
    quiet.textContent = "";
  }

  function take() {
    const place = begun();
    const word = choices[chosen];
    if (place === null || !word) return close();
    const text = place.quoted ? `"${word.name.replaceAll('"', '""')}"` : word.text;
    const end = field.selectionStart;
    const after = place.quoted && field.value[end] === '"' ? end + 1 : end;
    field.setSelectionRange(place.start, after);
    if (!document.execCommand("insertText", false, text)) field.setRangeText(text, place.start, after, "end");
    if (word.kind === "function") field.setSelectionRange(field.selectionStart - 1, field.selectionStart - 1);
    wrong = null;
    draw();
    close();
  }

  function start() {
    close();
    if (data.running) return;
    component.setTriggerValue("run", field.value);
  }

  field.addEventListener("input", () => {
    drafts.set(data.place, { version, text: field.value });
    wrong = null;
    draw();
    suggest(false);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return start();
    }
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      return suggest(true);
    }
    if (list.hidden) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) {
      const count = choices.length;
      const step = steps[event.key];
      chosen = Math.abs(step) === 1 ? (chosen + step + count) % count : Math.max(0, Math.min(chosen + step, count - 1));
      mark();
    } else if ((event.key === "Tab" && !event.shiftKey) || event.key === "Enter") {
      take();
    } else if (event.key === "Escape") {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  field.addEventListener("scroll", () => { paint.scrollTop = field.scrollTop; });
  field.addEventListener("click", close);
  field.addEventListener("blur", close);
  run.addEventListener("click", start);
  return { update };
}
