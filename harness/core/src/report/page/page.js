"use strict";
// The table of all scenarios and what was seen of each. Everything else of the page is there without it. Text reaches the page
// as text only.
(async () => {
  const $ = (id) => document.getElementById(id);
  const app = $("app");
  if (!app || typeof DecompressionStream === "undefined") return;

  const bytesOf = (text) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return bytes;
  };
  const unpack = (id) =>
    new Response(new Blob([bytesOf($(id).textContent)]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  // An element with attributes and children; a string becomes text.
  const h = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  };
  const thousands = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  const quoted = (word) => (/^[\w\-./:=@%+,]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'");

  const rows = JSON.parse(await unpack("rows"));
  const ids = rows.ids === "" ? [] : rows.ids.split("\n");
  const low = rows.ids.toLowerCase().split("\n");
  const count = ids.length;
  const placeOf = (id) => (places ||= new Map(ids.map((id, i) => [id, i]))).get(id);
  let places = null;
  const word = (i) => (rows.verdicts[i] === "x" ? "not-run" : rows.verdict_words[+rows.verdicts[i]]);
  const classAt = (letter) => (letter === "-" ? "none" : rows.class_words[letter.charCodeAt(0) - 97]);
  const classOf = (i) => classAt(rows.classes[i]);
  const seconds = (i) => (rows.times[i] / 1e4).toFixed(rows.times[i] < 1e4 ? 4 : 2);
  const caseOf = (id) => id.slice(0, (/[@#]/.exec(id) || { index: id.length }).index);
  const bits = (list) => {
    const set = new Uint8Array(count);
    for (const i of list) set[i] = 1;
    return set;
  };
  const setOf = (lists, number) => bits(lists[number - 1] || []);
  const waived = bits(rows.waived);
  const known = String.fromCharCode(97 + rows.class_words.indexOf("known"));
  const open = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const fails = "123".includes(rows.verdicts[i]) && rows.classes[i] !== known;
    open[i] = !waived[i] && (fails || rows.unaccounted.includes(rows.classes[i])) ? 1 : 0;
  }
  const componentsOf = rows.defect_sets.map((set) => [...new Set(set.split(" ").map((id) => rows.components[id]).filter(Boolean))]);

  // Filters.
  const member = (sets, column, value) => {
    const has = sets.map((set) => (typeof set === "string" ? set.split(" ") : set).includes(value));
    return (i) => has[column[i]];
  };
  const letterOf = (value) => {
    const at = rows.class_words.indexOf(value);
    return value === "none" ? "-" : at < 0 ? "" : String.fromCharCode(97 + at);
  };
  const keys = {
    verdict: (value) => { const digit = value === "not-run" ? "x" : String(rows.verdict_words.indexOf(value)); return (i) => rows.verdicts[i] === digit; },
    class: (value) => { const letter = letterOf(value); return (i) => rows.classes[i] === letter; },
    component: (value) => member(componentsOf, rows.defects, value),
    tag: (value) => member(rows.tag_sets, rows.tags, value),
    defect: (value) => member(rows.defect_sets, rows.defects, value),
    case: (value) => (i) => ids[i].startsWith(value) && /^($|[@#/])/.test(ids[i].slice(value.length)),
    cause: (value) => { const set = setOf(rows.causes, +value); return (i) => set[i]; },
    cluster: (value) => { const set = setOf(rows.clusters, +value); return (i) => set[i]; },
    slower: (value) => { const least = parseFloat(value) * 1e4; return (i) => rows.times[i] > least; },
    id: (value) => (i) => ids[i] === value,
    is: (value) => (value === "open" ? (i) => open[i] : value === "waived" ? (i) => waived[i] : () => false),
  };
  const axis = (value) => (i) => {
    for (let at = ids[i].indexOf(value); at > 0; at = ids[i].indexOf(value, at + 1)) {
      const after = ids[i][at + value.length];
      if ("@,".includes(ids[i][at - 1]) && (after === undefined || after === "," || after === "#")) return true;
    }
    return false;
  };
  const plain = (value) => {
    const text = value.toLowerCase();
    const sets = (list) => list.map((set) => set.toLowerCase().includes(text));
    const [tags, defects] = [sets(rows.tag_sets), sets(rows.defect_sets)];
    return (i) => low[i].includes(text) || tags[rows.tags[i]] || defects[rows.defects[i]];
  };
  const tokens = (query) => query.match(/-?(?:[a-z]+:)?"[^"]*"|\S+/g) || [];
  const term = (token) => {
    const no = token.length > 1 && token[0] === "-";
    const text = no ? token.slice(1) : token;
    const [, key, value] = /^([a-z]+):(.*)$/.exec(text) || [null, null, text];
    const bare = value.replace(/^"(.*)"$/, "$1");
    const test = key && keys[key] ? keys[key](bare) : !key && /^[\w.-]+=./.test(text) ? axis(text) : plain(text.replace(/"/g, ""));
    return no ? (i) => !test(i) : test;
  };

  // The present view: the rows that the query leaves, and where the reader is.
  let query = "", view = [], at = -1, height = 28;
  const filter = () => {
    const terms = tokens(query).map(term);
    const next = [];
    for (let i = 0; i < count; i++) {
      let holds = true;
      for (const test of terms) if (!test(i)) { holds = false; break; }
      if (holds) next.push(i);
    }
    view = next;
  };

  const box = h("input", { id: "filter", type: "search", spellcheck: "false", autocomplete: "off", "aria-describedby": "hint", placeholder: "word  class:unexplained  axis=value  -tag:slow" });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Counts in this view" });
  const told = h("p", { class: "quiet", role: "status" });
  const tall = h("div", { role: "presentation", class: "tall" });
  const port = h("div", { class: "port", tabindex: "0", role: "rowgroup", "aria-label": "Scenarios, scrollable" }, tall);
  const columns = ["verdict", "class", "scenario", "seconds"];
  const head = h("div", { role: "rowgroup" }, h("div", { role: "row", class: "row head", "aria-rowindex": "1" }, columns.map((name) => h("span", { role: "columnheader" }, name))));
  const table = h("div", { role: "table", class: "table", "aria-label": "All scenarios" }, head, port);
  const hint = h("details", { id: "hint" }, h("summary", {}, "how to filter, and keys"),
    h("p", {}, "Words match ids, tags and defects. Terms: ", h("code", {}, "verdict: class: component: case: tag: defect: cause: cluster: slower:SECONDS id: is:open axis=value"), "; a ", h("code", {}, "-"), " before one turns it round. The address of this page keeps the filter and the open scenario."),
    h("p", {}, h("kbd", {}, "/"), " filter · ", h("kbd", {}, "j"), " ", h("kbd", {}, "k"), " next, previous · ", h("kbd", {}, "n"), " ", h("kbd", {}, "p"), " next, previous to look at · ", h("kbd", {}, "Enter"), " open · ", h("kbd", {}, "Esc"), " back · ", h("kbd", {}, "c"), " copy the command · ", h("kbd", {}, "g"), " then ", h("kbd", {}, "d"), " decision, ", h("kbd", {}, "c"), " causes, ", h("kbd", {}, "f"), " differences, ", h("kbd", {}, "s"), " scenarios · ", h("kbd", {}, "?"), " this"));
  app.append(h("label", { for: "filter" }, "Filter"), box, hint, chips, told, table);
  app.hidden = false;

  const draw = () => {
    const first = Math.max(0, Math.floor(port.scrollTop / height) - 4);
    const last = Math.min(view.length, first + Math.ceil(port.clientHeight / height) + 8);
    const shown = [];
    for (let place = first; place < last; place++) {
      const i = view[place];
      const tone = open[i] ? "bad" : rows.verdicts[i] === "0" ? "good" : "known";
      const row = h("div", { role: "row", class: "row" + (place === at ? " at" : ""), "aria-rowindex": String(place + 2) },
        h("span", { role: "cell" }, h("span", { class: "dot " + tone }), word(i)),
        h("span", { role: "cell", class: "quiet" }, classOf(i) === "none" ? "" : classOf(i), waived[i] ? " (waived)" : ""),
        h("span", { role: "cell", class: "id" }, h("a", { class: "s", href: "#s=" + encodeURIComponent(ids[i]) }, ids[i])),
        h("span", { role: "cell", class: "n quiet" }, seconds(i)));
      row.style.transform = "translateY(" + place * height + "px)";
      shown.push(row);
    }
    tall.replaceChildren(...shown);
  };
  const tally = () => {
    const verdicts = {}, classes = {}, components = {};
    let opened = 0;
    for (const i of view) {
      verdicts[rows.verdicts[i]] = (verdicts[rows.verdicts[i]] || 0) + 1;
      classes[rows.classes[i]] = (classes[rows.classes[i]] || 0) + 1;
      opened += open[i];
      for (const name of componentsOf[rows.defects[i]]) components[name] = (components[name] || 0) + 1;
    }
    const has = tokens(query);
    const chip = (text, number, token) => h("button", { type: "button", "aria-pressed": String(has.includes(token)), onclick: () => toggle(token) }, text + " ", h("b", {}, thousands(number)));
    const some = Object.entries(components).sort((one, other) => other[1] - one[1]).slice(0, 8);
    chips.replaceChildren(
      ...(opened ? [chip("to look at", opened, "is:open")] : []),
      ...Object.entries(verdicts).map(([digit, number]) => { const name = digit === "x" ? "not-run" : rows.verdict_words[+digit]; return chip(name, number, "verdict:" + name); }),
      ...Object.entries(classes).filter(([letter]) => letter !== "-").map(([letter, number]) => chip(classAt(letter), number, "class:" + classAt(letter))),
      ...some.map(([name, number]) => chip(name, number, "component:" + name)));
    told.textContent = view.length === count ? thousands(count) + " scenarios" : thousands(view.length) + " of " + thousands(count) + " scenarios";
    table.setAttribute("aria-rowcount", String(view.length + 1));
  };
  const show = () => {
    filter();
    at = -1;
    height = matchMedia("(max-width: 900px)").matches ? 48 : 28;
    tall.style.height = view.length * height + "px";
    port.scrollTop = 0;
    draw();
    tally();
  };
  const address = (id) => {
    const parts = [query && "q=" + encodeURIComponent(query), id && "s=" + encodeURIComponent(id)].filter(Boolean);
    return parts.length ? "#" + parts.join("&") : location.pathname + location.search;
  };
  const ask = (text) => {
    query = text;
    if (box.value !== text) box.value = text;
    show();
  };
  const toggle = (token) => {
    const has = tokens(query);
    ask((has.includes(token) ? has.filter((other) => other !== token) : [...has, token]).join(" "));
    history.replaceState(null, "", address(null));
  };
  box.addEventListener("input", () => {
    ask(box.value);
    history.replaceState(null, "", address(null));
  });
  port.addEventListener("scroll", draw, { passive: true });
  addEventListener("resize", () => { if (!dialog.open) show(); });

  // One scenario.
  let unpacked = null;
  const details = () => (unpacked ||= unpack("details").then((text) => {
    const all = JSON.parse(text);
    return { ...all, of: new Map(all.rows.map((detail) => [detail.row, detail])) };
  }));
  let sides = false;
  const parts = (text) => text.split("\u0001").flatMap((piece, turn) => {
    const ends = /[ \t]+$/.exec(piece);
    const blank = ends && (turn % 2 || ends.index + ends[0].length === piece.length) ? ends[0] : "";
    const rest = blank ? piece.slice(0, -blank.length) : piece;
    const mark = (text, extra) => (text === "" ? null : turn % 2 || extra ? h("b", { class: extra ? "ws" : null }, text) : text);
    return [mark(rest, false), mark(blank, true)];
  });
  const line = (text) => {
    const sign = text[0], rest = text.slice(1);
    if (sign === "+") return h("ins", {}, "+", parts(rest));
    if (sign === "-") return h("del", {}, "-", parts(rest));
    return sign === " " ? " " + rest : sign === "t" ? rest : h("i", {}, rest);
  };
  const inline = (lines) => h("pre", { class: "d", tabindex: "0" }, lines.flatMap((text) => [line(text), "\n"]));
  const beside = (lines) => {
    const body = h("tbody", {});
    const cell = (text, tag) => h("td", {}, text === undefined ? "" : h("pre", {}, tag ? h(tag, {}, parts(text.slice(1))) : text.slice(1)));
    for (let i = 0; i < lines.length;) {
      const run = (from, sign) => { let end = from; while (end < lines.length && lines[end][0] === sign) end++; return end; };
      if (lines[i][0] === "-" || lines[i][0] === "+") {
        const middle = run(i, "-"), end = run(middle, "+");
        const [old, now] = [lines.slice(i, middle), lines.slice(middle, end)];
        for (let k = 0; k < Math.max(old.length, now.length); k++) body.append(h("tr", {}, cell(old[k], "del"), cell(now[k], "ins")));
        i = end;
      } else {
        body.append(lines[i][0] === " " ? h("tr", {}, cell(lines[i]), cell(lines[i])) : h("tr", {}, h("td", { colspan: "2", class: "quiet" }, h("pre", {}, lines[i].slice(1)))));
        i++;
      }
    }
    return h("table", { class: "sides" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "as it should be"), h("th", { scope: "col" }, "this build"))), body);
  };
  const copy = (text) => h("button", { type: "button", class: "copy", onclick: async (event) => {
    const button = event.currentTarget;
    try { await navigator.clipboard.writeText(text); button.textContent = "copied"; } catch { getSelection().selectAllChildren(button.previousSibling); button.textContent = "selected"; }
  } }, "copy");
  const command = (text) => h("p", { class: "command" }, h("code", {}, text), copy(text));
  const again = (i) => (rows.again[1] === "" ? rows.again[0] : rows.again[0] + quoted(ids[i]) + rows.again[1]);
  const dialog = h("dialog", { "aria-labelledby": "scenario-name" });
  document.body.append(dialog);
  let opened = -1;
  const membership = (lists, key) => lists.flatMap((list, number) => (list.includes(opened) ? [h("a", { href: "#q=" + key + ":" + (number + 1) }, key + " " + (number + 1)), " "] : []));
  const fact = (name, ...value) => (value.flat().some((part) => part) ? [h("dt", {}, name), h("dd", {}, ...value)] : []);
  const fill = async (i) => {
    opened = i;
    const all = await details();
    if (opened !== i) return;
    const detail = all.of.get(i), run = all.commands[i];
    const lines = detail ? detail.lines || (detail.like === undefined ? null : all.rows[detail.like].lines) : null;
    const shape = h("div", {}, lines && (sides ? beside(lines) : inline(lines)));
    const swap = h("button", { type: "button", "aria-pressed": String(sides), onclick: () => {
      sides = !sides;
      swap.setAttribute("aria-pressed", String(sides));
      shape.replaceChildren(sides ? beside(lines) : inline(lines));
    } }, "side by side");
    const [candidate, baseline] = rows.builds;
    const before = baseline && (rows.baseline[i] === "-" ? "did not apply to " + baseline : baseline + " " + rows.verdict_words[+rows.baseline[i]]);
    const stream = (name, text) => (text ? [h("h3", {}, name, " ", h("span", { class: "quiet" }, "as printed, its end")), h("pre", { tabindex: "0" }, text)] : []);
    const strip = detail && detail.strip ? h("ol", { class: "strip" }, rows.past.map((name, at) => {
      const sign = detail.strip[at], verdict = sign === "." ? "nothing" : rows.verdict_words[+sign];
      return h("li", { class: sign === "." ? "good" : "bad" }, h("b", {}, name), " " + verdict);
    })) : "";
    const place = view.indexOf(i);
    dialog.replaceChildren(
      h("div", { class: "bar-of-dialog" },
        h("button", { type: "button", onclick: () => step(-1) }, "previous"), h("button", { type: "button", onclick: () => step(1) }, "next"),
        h("span", { class: "quiet" }, place < 0 ? "not in this view" : thousands(place + 1) + " of " + thousands(view.length)),
        h("button", { type: "button", class: "close", onclick: () => close() }, "close")),
      h("h2", { id: "scenario-name", tabindex: "-1" }, ids[i]),
      h("p", {}, h("span", { class: "dot " + (open[i] ? "bad" : rows.verdicts[i] === "0" ? "good" : "known") }), h("b", {}, word(i)), classOf(i) === "none" ? "" : ", " + classOf(i), detail && detail.waiver ? ", waived: " + detail.waiver : "", detail && detail.explained_by ? " by " + detail.explained_by : ""),
      detail && detail.reason ? h("p", {}, detail.reason) : "",
      ...(lines ? [h("div", { class: "difference" }, swap, shape)] : []),
      ...(detail && detail.cut ? [h("p", { class: "warn" }, "More was seen than this page holds: junit.xml and the run's journal have the rest.")] : []),
      ...stream("stdout", detail && detail.stdout), ...stream("stderr", detail && detail.stderr),
      ...(run ? [h("h3", {}, "What was run"), command(run)] : []),
      h("h3", {}, "Run it again"), command(again(i)),
      ...(open[i] ? [h("p", {}, "which release or fix did it:"), command("fixgate attribute " + quoted(ids[i]))] : []),
      h("dl", {}, fact("history", before ? before + " → " : "", candidate + " " + word(i)), fact("since", detail && detail.since), fact("earlier sign-offs", strip), fact("time", seconds(i) + " s", detail && detail.attempts > 1 ? ", " + detail.attempts + " attempts" : ""),
        fact("stated at", rows.files[rows.file[i]] + ":" + rows.line[i]), fact("defects", rows.defect_sets[rows.defects[i]]), fact("components", componentsOf[rows.defects[i]].join(" ")),
        fact("tags", rows.tag_sets[rows.tags[i]]), fact("cause", membership(rows.causes, "cause")), fact("cluster", membership(rows.clusters, "cluster")),
        fact("claims near it", detail && detail.near ? detail.near.join("; ") : ""),
        fact("case", h("a", { href: "#q=case:" + encodeURIComponent(caseOf(ids[i])) }, caseOf(ids[i])))));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    $("scenario-name").focus();
  };
  const reveal = (place) => {
    at = place;
    const top = place * height;
    if (top < port.scrollTop || top + height > port.scrollTop + port.clientHeight) port.scrollTop = Math.max(0, top - port.clientHeight / 2);
    draw();
  };
  const move = (by, wanted) => {
    for (let place = at + by; place >= 0 && place < view.length; place += by) {
      if (wanted(view[place])) return reveal(place), true;
    }
    return false;
  };
  const step = (by, wanted = () => true) => {
    if (dialog.open) at = view.indexOf(opened);
    if (move(by, wanted) && dialog.open) {
      history.replaceState(null, "", address(ids[view[at]]));
      fill(view[at]);
    }
  };
  const close = () => {
    dialog.close();
    history.replaceState(null, "", address(null));
  };
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });

  const route = () => {
    const parts = new Map(location.hash.slice(1).split("&").filter((part) => part.includes("=")).map((part) => [part.slice(0, part.indexOf("=")), decodeURIComponent(part.slice(part.indexOf("=") + 1))]));
    const wanted = parts.has("cluster") ? "cluster:" + parts.get("cluster") : parts.get("q");
    if (wanted !== undefined) {
      if (dialog.open) dialog.close();
      ask(wanted);
      if (!parts.has("s")) $("scenarios").scrollIntoView();
    }
    const place = parts.has("s") ? placeOf(parts.get("s")) : undefined;
    if (place !== undefined) {
      const inView = view.indexOf(place);
      if (inView >= 0) reveal(inView);
      fill(place);
    } else if (dialog.open) dialog.close();
  };
  addEventListener("hashchange", route);

  let leader = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === box) {
      if (event.target === box && event.key === "Escape") { ask(""); history.replaceState(null, "", address(null)); box.blur(); }
      if (event.target === box && event.key === "Enter") { at = -1; step(1); port.focus(); }
      return;
    }
    const go = { d: "decision", c: "causes", f: "differences", s: "scenarios" };
    if (leader) {
      leader = false;
      if (go[event.key]) { if (dialog.open) close(); $(go[event.key]).scrollIntoView(); }
      return;
    }
    const actions = {
      "/": () => { if (dialog.open) close(); box.focus(); box.select(); },
      j: () => step(1), k: () => step(-1),
      n: () => step(1, (i) => open[i]), p: () => step(-1, (i) => open[i]),
      c: () => { const i = dialog.open ? opened : view[at]; if (i !== undefined && i >= 0) navigator.clipboard?.writeText(again(i)); },
      g: () => { leader = true; },
      "?": () => { if (dialog.open) close(); hint.open = true; hint.scrollIntoView({ block: "center" }); },
    };
    if (event.key === "Enter" && !dialog.open && at >= 0 && (event.target === port || event.target === document.body)) location.hash = address(ids[view[at]]);
    else if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  });

  // The decision refers to details that the page holds already.
  const original = (lines) => lines.map((text) => (" -+".includes(text[0]) ? text : text.slice(1)).replaceAll("\u0001", "") + "\n").join("");
  const decision = async () => {
    const all = await details();
    const text = await unpack("decision-json");
    return text[0] === " " ? text.slice(1) : text.replace(/"\\u0001(\d+)"/g, (_, place) => JSON.stringify(original(all.rows[+place].lines)));
  };
  const save = $("save"), packed = $("decision-json");
  if (save && packed) save.append(h("button", { type: "button", onclick: async () => {
    const link = h("a", { href: URL.createObjectURL(new Blob([await decision()], { type: "application/json" })), download: "signoff.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  } }, "save it"));

  show();
  route();
  document.documentElement.dataset.ready = "yes";
})();
