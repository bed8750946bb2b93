"use strict";
// Draws the graph that stands in #data. Whatever comes from a repository becomes text, never markup.
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const W = 240, H = 52, GAP = 96, FAR = 0.38, LEAST = 0.06, MOST_PAIRS = 300;
  const { nodes, groups, pairs } = DATA;
  const $ = (id) => document.getElementById(id);
  const graph = $("graph"), world = $("world"), panel = $("panel");

  function make(name, properties = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element && key !== "role") element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }
  function shape(name, attributes = {}, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  }
  const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
  const side = (node) => node.side || "published";

  // ---- places: which items there are now, and where -------------------------------------------------
  const expanded = new Set();
  const view = { x: 0, y: 0, k: 1 };
  let items = new Map(), edges = [], current = "", opened = null, opener = null, matches = [], sought = new Set(), matchAt = -1;

  const keyOf = (number) => {
    const group = nodes[number].group;
    return groups[group].size > 1 && !expanded.has(group) ? `g${group}` : `n${number}`;
  };

  function arrange() {
    const extra = DATA.lineages.map((one) => new Array(one.height).fill(0));
    for (const at of expanded) {
      const { lineage, layer, height } = groups[at];
      extra[lineage][layer] = Math.max(extra[lineage][layer], height - 1);
    }
    // How many layers stand below each one, in each lineage; the newest layer is at the top.
    const below = extra.map((added) => { let sum = 0; return added.map((more) => (sum += more) - more); });
    const total = extra.map((added) => added.length + added.reduce((a, b) => a + b, 0));
    const high = (lineage, layer) => (total[lineage] - 1 - layer - below[lineage][layer]) * GAP;
    items = new Map();
    groups.forEach((group, at) => {
      const y = high(group.lineage, group.layer);
      if (group.size > 1 && !expanded.has(at)) items.set(`g${at}`, { key: `g${at}`, group: at, x: group.x, y });
    });
    nodes.forEach((node, number) => {
      const at = groups[node.group];
      if (at.size > 1 && !expanded.has(node.group)) return;
      const y = high(at.lineage, at.layer) - node.layer * GAP;
      items.set(`n${number}`, { key: `n${number}`, number, x: at.x + node.x, y });
    });
    const seen = new Map();
    nodes.forEach((node, number) => {
      const to = keyOf(number);
      const link = (kind) => (parent) => {
        const from = keyOf(parent), key = `${from}|${to}`;
        if (from !== to && !(seen.has(key) && kind)) seen.set(key, { from: items.get(from), to: items.get(to), key, kind });
      };
      node.after.forEach(link("other"));
      node.parents.forEach(link(""));
    });
    const bends = new Map(DATA.bends.map(([key, group, lineage, layer, xs]) => [key, xs.map((x, n) =>
      group < 0 ? [x, high(lineage, layer + n)] : [groups[group].x + x, high(lineage, groups[group].layer) - (layer + n) * GAP])]));
    edges = [...seen.values()].map((edge) => {
      const points = [[edge.from.x, edge.from.y - H / 2], ...(bends.get(edge.key) || []), [edge.to.x, edge.to.y + H / 2]];
      const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
      return { ...edge, way: curve(points), box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
    });
    $("fold").hidden = !expanded.size;
    for (const layer of ["edges", "items", "ties"]) $(layer).replaceChildren();
    shown.clear();
    if (!items.has(current)) current = [...items.keys()].pop() || "";
  }

  function curve(points) {
    let [x, y] = points[0], way = `M${x} ${y}`;
    for (const [right, above] of points.slice(1)) {
      const half = (y + above) / 2;
      way += `C${x} ${half} ${right} ${half} ${right} ${above}`;
      [x, y] = [right, above];
    }
    return way;
  }

  // ---- drawing: only what is in sight is in the document ---------------------------------------------
  const shown = new Map();
  let frame = 0;
  const draw = () => { if (!frame) frame = requestAnimationFrame(drawNow); };

  function drawNow() {
    cancelAnimationFrame(frame);
    frame = 0;
    const { width, height } = graph.getBoundingClientRect();
    world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.k})`);
    graph.classList.toggle("far", view.k < FAR);
    const [left, top] = [(-view.x - 200) / view.k, (-view.y - 200) / view.k];
    const [right, bottom] = [(width + 200 - view.x) / view.k, (height + 200 - view.y) / view.k];
    const meets = ([a, b, c, d]) => c >= left && a <= right && d >= top && b <= bottom;
    const wanted = new Set();
    for (const edge of edges) {
      if (meets(edge.box)) put(wanted, edge.key, "edges", () => shape("path", { class: `edge ${edge.kind}`, d: edge.way }));
    }
    for (const item of items.values()) {
      if (item.key === current || meets([item.x - W / 2, item.y - H / 2, item.x + W / 2, item.y + H / 2]))
        put(wanted, item.key, "items", () => drawItem(item));
    }
    pairs.slice(0, MOST_PAIRS).forEach((pair, at) => {
      const [a, b] = [items.get(keyOf(pair.a)), items.get(keyOf(pair.b))];
      if (meets([Math.min(a.x, b.x) - W, Math.min(a.y, b.y) - H, Math.max(a.x, b.x) + W, Math.max(a.y, b.y) + H]))
        put(wanted, `p${at}`, "ties", () => drawPair(pair, at, a, b));
    });
    DATA.lineages.forEach((one, at) => {
      if (DATA.lineages.length > 1) put(wanted, `l${at}`, "ties", () => shape("text", { class: "lineage", x: one.x, y: -H }, one.name));
    });
    for (const [key, element] of shown) {
      if (!wanted.has(key) && element !== document.activeElement) { element.remove(); shown.delete(key); }
    }
  }

  function put(wanted, key, layer, draws) {
    wanted.add(key);
    if (shown.has(key)) return;
    const element = draws();
    shown.set(key, element);
    $(layer).append(element);
  }

  function drawItem(item) {
    const isFold = item.group !== undefined;
    const node = isFold ? null : nodes[item.number];
    const found = isFold ? sought.has(`g${item.group}`) : sought.has(item.key);
    const classes = ["item", isFold ? "fold" : side(node)];
    if (node && node.clash) classes.push(node.clash);
    if (found) classes.push("match");
    if (opened && opened.key === item.key) classes.push("open");
    const g = shape("g", {
      class: classes.join(" "), role: "button", tabindex: item.key === current ? "0" : "-1",
      "data-key": item.key, "aria-label": isFold ? `${count(groups[item.group].size, "migration")}, folded` : label(node),
    });
    const [left, top] = [item.x - W / 2, item.y - H / 2];
    if (isFold) {
      g.append(shape("rect", { class: "behind", x: left + 5, y: top + 5, width: W, height: H, rx: 9 }));
      g.append(shape("rect", { class: "box", x: left, y: top, width: W, height: H, rx: 9 }));
      g.append(shape("text", { x: item.x, y: item.y + 5 }, `… ${count(groups[item.group].size, "migration")} …`));
    } else {
      g.append(shape("title", {}, `${node.id}\n${node.words}\n${node.path}`));
      g.append(shape("rect", { class: "box", x: left, y: top, width: W, height: H, rx: 9 }));
      g.append(shape("rect", { class: "bar", x: left + 1, y: top + 9, width: 4, height: H - 18, rx: 2 }));
      g.append(shape("text", { class: "id", x: left + 15, y: top + 20 }, clip(node.id, 18)));
      const tag = [node.side, node.head ? "head" : node.parents.length > 1 ? "merge" : ""].filter(Boolean).join(" · ");
      if (tag) g.append(shape("text", { class: `tag ${node.side}`, x: left + W - 11, y: top + 20 }, tag));
      g.append(shape("text", { class: "words", x: left + 15, y: top + 40 }, clip(node.words, 30)));
    }
    g.addEventListener("click", () => { if (!dragged) choose(item.key, g); });
    return g;
  }

  function drawPair(pair, at, a, b) {
    const [one, two] = a.x <= b.x ? [a, b] : [b, a];
    const beside = two.x - one.x >= W;
    const [x1, x2] = [one.x + W / 2, beside ? two.x - W / 2 : two.x + W / 2];
    const [c1, c2] = beside ? [(x1 + x2) / 2, (x1 + x2) / 2] : [x1 + 80, x2 + 80];
    const way = `M${x1} ${one.y}C${c1} ${one.y} ${c2} ${two.y} ${x2} ${two.y}`;
    const [x, y] = [(x1 + x2) / 2 + (beside ? 0 : 60), (one.y + two.y) / 2];
    const g = shape("g", {
      class: `pair ${pair.verdict}${opened && opened.key === `p${at}` ? " open" : ""}`, role: "button",
      tabindex: at < 40 ? "0" : "-1", "data-key": `p${at}`, "aria-label": `${pair.verdict} ${pair.code}: ${pair.message}`,
    });
    g.append(shape("title", {}, pair.message), shape("path", { class: "wide", d: way }), shape("path", { class: "way", d: way }));
    g.append(shape("circle", { cx: x, cy: y, r: 11 }), shape("text", { x, y: y + 5 }, pair.verdict === "conflict" ? "✕" : "?"));
    g.addEventListener("click", () => { if (!dragged) openPair(at, g); });
    return g;
  }

  function label(node) {
    const clashing = node.pairs.map((at) => pairs[at]).map((p) =>
      `${p.verdict} with ${nodes[p.a] === node ? nodes[p.b].id : nodes[p.a].id}`);
    return [node.id, side(node), ...(node.head ? ["head"] : []), node.words, ...clashing].join(", ");
  }
  function clip(text, most) {
    let room = most;
    const kept = [];
    for (const sign of text) {
      room -= sign.codePointAt(0) > 0x10ff ? 2 : 1;
      if (room < 0) return `${kept.join("").trimEnd()}…`;
      kept.push(sign);
    }
    return text;
  }

  // ---- moving about ---------------------------------------------------------------------------------
  function zoom(factor, x, y) {
    const box = graph.getBoundingClientRect();
    const [px, py] = x === undefined ? [box.width / 2, box.height / 2] : [x - box.left, y - box.top];
    const k = Math.min(3, Math.max(LEAST, view.k * factor));
    view.x = px - (px - view.x) * (k / view.k);
    view.y = py - (py - view.y) * (k / view.k);
    view.k = k;
    draw();
  }
  function frameOf(list, most = 1) {
    const box = graph.getBoundingClientRect();
    if (!list.length || !box.width) return;
    const xs = list.map((i) => i.x), ys = list.map((i) => i.y);
    const [left, right] = [least(xs) - W / 2 - 50, greatest(xs) + W / 2 + 50];
    const [top, bottom] = [least(ys) - H / 2 - 40, greatest(ys) + H / 2 + 70];
    view.k = Math.max(LEAST, Math.min(most, box.width / (right - left), box.height / (bottom - top)));
    view.x = box.width / 2 - ((left + right) / 2) * view.k;
    // What does not fit even so is seen from its newest.
    view.y = Math.max(box.height / 2 - ((top + bottom) / 2) * view.k, -top * view.k);
    drawNow();
  }
  const least = (list) => list.reduce((a, b) => Math.min(a, b), Infinity);
  const greatest = (list) => list.reduce((a, b) => Math.max(a, b), -Infinity);
  function start() {
    // What is new and what clashes; else the newest.
    let list = [...items.values()].filter((i) => i.number !== undefined && (nodes[i.number].side || nodes[i.number].clash));
    if (!list.length) list = [...items.values()];
    const top = least(list.map((i) => i.y));
    frameOf([...items.values()]);
    if (view.k >= 0.75) return;
    frameOf(list);
    if (view.k < 0.55) frameOf(list.filter((i) => i.y < top + 7 * GAP));
    if (view.k < 0.55) { view.k = 0.55; const first = list.reduce((a, b) => (b.y < a.y ? b : a)); show(first); }
  }
  function show(item) {
    const box = graph.getBoundingClientRect();
    if (view.k < 0.6) view.k = 1;
    view.x = box.width / 2 - item.x * view.k;
    view.y = box.height / 2 - item.y * view.k;
    drawNow();
  }
  function reveal(item) {
    const box = graph.getBoundingClientRect();
    const [x, y] = [item.x * view.k + view.x, item.y * view.k + view.y];
    const [w, h] = [(W / 2) * view.k + 20, (H / 2) * view.k + 20];
    if (x - w < 0) view.x += w - x; else if (x + w > box.width) view.x -= x + w - box.width;
    if (y - h < 0) view.y += h - y; else if (y + h > box.height - 60) view.y -= y + h - box.height + 60;
    drawNow();
  }
  // One migration at a time is where the tabulator goes to.
  function setCurrent(key) {
    if (shown.has(current)) shown.get(current).setAttribute("tabindex", "-1");
    current = key;
    if (shown.has(current)) shown.get(current).setAttribute("tabindex", "0");
  }
  function focusOn(key) {
    setCurrent(key);
    reveal(items.get(key));
    if (shown.has(key)) shown.get(key).focus({ preventScroll: true });
  }
  function neighbour(from, direction) {
    const links = edges.filter((e) => (direction === "ArrowDown" ? e.to : direction === "ArrowUp" ? e.from : null) === from);
    const ends = links.map((e) => (direction === "ArrowDown" ? e.from : e.to));
    if (ends.length) return ends.reduce((a, b) => (Math.abs(b.x - from.x) < Math.abs(a.x - from.x) ? b : a));
    let best = null, cost = Infinity;
    for (const item of items.values()) {
      const [dx, dy] = [item.x - from.x, item.y - from.y];
      const [along, across] = { ArrowLeft: [-dx, dy], ArrowRight: [dx, dy], ArrowUp: [-dy, dx], ArrowDown: [dy, dx] }[direction];
      const price = along + 3 * Math.abs(across);
      if (along > 1 && price < cost) [best, cost] = [item, price];
    }
    return best;
  }

  // ---- the panel --------------------------------------------------------------------------------------
  function choose(key, from) {
    setCurrent(key);
    const item = items.get(key);
    if (item.group !== undefined) unfold(item.group);
    else openNode(item.number, from);
  }
  function unfold(group, wanted) {
    // What is under the eye stays there.
    const at = items.get(`g${group}`);
    const [x, y] = [at.x * view.k + view.x, at.y * view.k + view.y];
    expanded.add(group);
    const members = nodes.map((n, i) => i).filter((i) => nodes[i].group === group);
    current = `n${wanted ?? members[members.length - 1]}`;
    arrange();
    view.x = x - items.get(current).x * view.k;
    view.y = y - items.get(current).y * view.k;
    focusOn(current);
    say(`${count(members.length, "migration")} unfolded`);
  }
  function mark(key, from) {
    if (opened && shown.has(opened.key)) shown.get(opened.key).classList.remove("open");
    opened = { key };
    opener = (from && from.dataset && from.dataset.key) || from;
    if (shown.has(key)) shown.get(key).classList.add("open");
    for (const button of $("cards").querySelectorAll("button")) button.setAttribute("aria-current", String(button.dataset.pair === key));
  }
  function close() {
    if (!opened) return;
    const back = opener;
    mark("", null);
    opened = null;
    panel.hidden = true;
    $("legend").hidden = !$("table").hidden;
    const element = typeof back === "string" ? shown.get(back) : back;
    if (element && element.isConnected) element.focus({ preventScroll: true });
    else if (items.has(current) && $("table").hidden) focusOn(current);
    draw();
  }
  function openPanel(...children) {
    const closing = make("button", { type: "button", className: "close", textContent: "Close" });
    closing.addEventListener("click", close);
    panel.replaceChildren(...children);
    panel.querySelector(".title").append(closing);
    panel.hidden = false;
    $("legend").hidden = true;
    panel.scrollTop = 0;
    for (const text of panel.querySelectorAll(".text")) {
      const hit = text.querySelector(".hit");
      if (hit) text.scrollTop = Math.max(0, hit.offsetTop - 44);
    }
    $("about").focus({ preventScroll: true });
  }
  const title = (words) => make("h3", { id: "about", tabIndex: -1, className: "name", textContent: words });
  const badge = (words, kind = words) => make("span", { className: `badge ${kind}`, textContent: words });

  function openPair(at, from) {
    const pair = pairs[at];
    mark(`p${at}`, from);
    const list = make("dl");
    const row = (name, ...what) => list.append(make("dt", { textContent: name }), make("dd", {}, ...what));
    row("verdict", `${pair.verdict}: `, pair.verdict === "conflict" ? "the two orders do not end alike" : "it is not known whether both orders end alike");
    if (pair.witness) row("witness", pair.witness);
    if (pair.fix) row("fix", ...(pair.command ? [command(pair.command)] : []), pair.command ? pair.fix.slice(pair.command.length).replace(/^, /, "") : pair.fix);
    const texts = make("div", { className: `sides ${pair.verdict === "conflict" ? "" : "doubted"}` });
    [pair.a, pair.b].forEach((number, n) => texts.append(listing(nodes[number], pair.lines[n])));
    openPanel(make("div", { className: "title" }, badge(pair.verdict), make("code", { textContent: pair.code }), title(pair.message),
      ...(pair.ignored ? [badge("ignored", "published")] : [])), list, texts);
    const [a, b] = [items.get(keyOf(pair.a)), items.get(keyOf(pair.b))];
    if ($("table").hidden) frameOf([a, b]);
  }
  function openNode(number, from) {
    const node = nodes[number];
    mark(`n${number}`, from);
    const list = make("dl");
    const row = (name, ...what) => list.append(make("dt", { textContent: name }), make("dd", {}, ...what));
    row("file", make("span", { className: "name mono", textContent: node.path }));
    const named = (numbers) => numbers.flatMap((n, i) => [...(i ? [", "] : []), jump(n)]);
    row("parents", ...(node.parents.length ? named(node.parents) : ["none: a root"]));
    if (node.after.length) row("comes after", ...named(node.after));
    row("facts", node.facts.join(", ") || "—");
    node.pairs.forEach((at) => {
      const pair = pairs[at];
      const button = make("button", { type: "button", textContent: pair.code });
      button.addEventListener("click", () => openPair(at, opener));
      row(pair.verdict, button, ` ${pair.message}`);
    });
    openPanel(make("div", { className: "title" }, badge(side(node)), make("code", { className: "name", textContent: node.id }), title(node.words)),
      list, make("div", { className: "sides one" }, listing(node, [])));
    if ($("table").hidden) reveal(items.get(keyOf(number)));
  }
  function jump(number) {
    const button = make("button", { type: "button", className: "mono", textContent: nodes[number].id });
    button.addEventListener("click", () => { go(number); openNode(number, opener); });
    return button;
  }
  function listing(node, lines) {
    const hits = new Set(lines);
    const caption = make("figcaption", {}, badge(side(node)), make("code", { className: "name", textContent: node.id }),
      make("span", { className: "name mono quiet", textContent: node.path + (lines.length ? `:${lines[0]}` : "") }));
    const figure = make("figure", {}, caption);
    if (node.text === null) {
      figure.append(make("div", { className: "none" }, "The file is not on this page: ", command(`mig show ${node.id}`)));
      return figure;
    }
    const text = make("div", { className: "text", tabIndex: 0, role: "region", "aria-label": `Text of ${node.id}` });
    node.text.split("\n").forEach((line, n) => {
      const hit = hits.has(n + 1);
      text.append(make("div", { className: hit ? "hit" : "" }, make("span", { textContent: (hit ? "▸ " : "") + (n + 1) }),
        make(hit ? "mark" : "pre", { textContent: line || " " })));
    });
    figure.append(text);
    return figure;
  }
  function command(words) {
    const code = make("code", { textContent: words });
    const button = make("button", { type: "button", className: "copy", textContent: "Copy", "aria-label": `Copy ${words}` });
    button.addEventListener("click", async () => {
      let done = false;
      try { await navigator.clipboard.writeText(words); done = true; } catch {
        getSelection().selectAllChildren(code);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      say(done ? "copied" : "selected");
    });
    return make("span", { className: "command" }, code, button);
  }

  // ---- search and table -------------------------------------------------------------------------------
  const say = (words) => { $("found").textContent = words; };
  function go(number) {
    const group = nodes[number].group;
    if (groups[group].size > 1 && !expanded.has(group)) unfold(group, number);
    setCurrent(`n${number}`);
    show(items.get(current));
  }
  function search() {
    const words = $("search").value.trim().toLowerCase();
    matches = words ? nodes.map((n, i) => i).filter((i) => nodes[i].hay.includes(words)).reverse() : [];
    sought = new Set(matches.flatMap((n) => [`n${n}`, `g${nodes[n].group}`]));
    matchAt = -1;
    graph.classList.toggle("sought", Boolean(words));
    say(words ? `${matches.length.toLocaleString("en")} found` : "");
    $("items").replaceChildren();
    for (const key of items.keys()) shown.delete(key);
    if (!$("table").hidden) fillTable();
    drawNow();
  }
  function step(by) {
    if (!matches.length) return;
    matchAt = matchAt < 0 && by < 0 ? matches.length - 1 : (matchAt + by + matches.length) % matches.length;
    go(matches[matchAt]);
    $("search").focus();
    say(`${matchAt + 1} of ${matches.length.toLocaleString("en")}`);
  }
  function fillTable() {
    const wanted = $("search").value.trim() ? [...matches] : nodes.map((n, i) => i).reverse();
    const names = ["id", "side", "what it is for", "clashes with", "parents", "file"];
    const head = make("tr", {}, ...names.map((name) => make("th", { scope: "col", textContent: name })));
    const body = make("tbody");
    for (const number of wanted) {
      const node = nodes[number];
      const open = make("button", { type: "button", textContent: node.id });
      open.addEventListener("click", () => openNode(number, open));
      const clashing = node.pairs.map((at) => pairs[at]).map((p) => `${nodes[p.a === number ? p.b : p.a].id} (${p.verdict})`);
      const cells = [side(node), node.words, clashing.join(", "), node.parents.map((p) => nodes[p].id).join(", "), node.path];
      body.append(make("tr", {}, make("td", {}, open), ...cells.map((words, n) => make("td", { className: n === 1 ? "words" : "", textContent: words }))));
    }
    $("table").replaceChildren(make("table", {}, make("caption", { textContent: `${count(wanted.length, "migration")}, the newest first` }), make("thead", {}, head), body));
  }
  function toggleTable() {
    const on = $("table").hidden;
    $("table").hidden = !on;
    $("zoom").hidden = on;
    $("legend").hidden = on || !panel.hidden;
    graph.toggleAttribute("hidden", on);
    $("as-table").setAttribute("aria-pressed", String(on));
    if (on) fillTable(); else { $("table").replaceChildren(); drawNow(); }
  }

  // ---- events -------------------------------------------------------------------------------------------
  let dragged = false, from = null;
  graph.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button === 0) from = { x: event.clientX, y: event.clientY, vx: view.x, vy: view.y };
  });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!dragged && Math.hypot(dx, dy) < 5) return;
    dragged = true;
    graph.classList.add("dragged");
    view.x = from.vx + dx;
    view.y = from.vy + dy;
    draw();
  });
  addEventListener("pointerup", () => { from = null; graph.classList.remove("dragged"); });
  addEventListener("pointercancel", () => { from = null; graph.classList.remove("dragged"); });
  graph.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) { zoom(Math.exp(-event.deltaY / 300), event.clientX, event.clientY); return; }
    view.x -= event.shiftKey ? event.deltaY : event.deltaX;
    view.y -= event.shiftKey ? 0 : event.deltaY;
    draw();
  }, { passive: false });
  graph.addEventListener("keydown", (event) => {
    const key = event.target.dataset ? event.target.dataset.key : "";
    if (!key) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (key[0] === "p") openPair(Number(key.slice(1)), event.target); else choose(key, event.target);
    } else if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      const here = items.get(key) || items.get(current);
      const next = here && neighbour(here, event.key);
      if (next) focusOn(next.key);
    }
  });
  graph.addEventListener("focusin", (event) => {
    const key = event.target.dataset.key;
    if (key && items.has(key) && key !== current) setCurrent(key);
  });
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "Escape") {
      if (typing && event.target.value) { event.target.value = ""; search(); } else close();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "/") { event.preventDefault(); $("search").focus(); }
      else if (event.key === "+" || event.key === "=") zoom(1.25);
      else if (event.key === "-") zoom(0.8);
      else if (event.key === "0") frameOf([...items.values()]);
    }
  });
  $("search").addEventListener("input", search);
  $("search").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); } });
  $("in").addEventListener("click", () => zoom(1.25));
  $("out").addEventListener("click", () => zoom(0.8));
  $("fit").addEventListener("click", () => frameOf([...items.values()]));
  $("fold").addEventListener("click", () => { expanded.clear(); arrange(); start(); $("search").focus(); });
  $("as-table").addEventListener("click", toggleTable);
  addEventListener("resize", draw);

  // ---- begin ----------------------------------------------------------------------------------------------
  for (const node of nodes) {
    node.hay = [node.id, node.words, node.path].join("\n").toLowerCase();
    node.pairs = [];
  }
  pairs.forEach((pair, at) => {
    for (const node of [nodes[pair.a], nodes[pair.b]]) {
      node.pairs.push(at);
      if (node.clash !== "clash") node.clash = pair.verdict === "conflict" ? "clash" : "doubt";
    }
  });
  $("title").textContent = DATA.title;
  $("counts").textContent = DATA.counts;
  const key = (kind, words) => make("span", {}, make("i", { className: kind }), words);
  if (DATA.base) $("legend").append(key("ours", "ours"), key("theirs", "theirs"), key("", "published"));
  if (pairs.length || DATA.base) $("legend").append(key("line", "conflict"), key("line unknown", "unknown"));
  $("legend").append(make("span", { textContent: "newest on top" }));
  if (pairs.length) {
    $("main").classList.add("paired");
    $("pairs").hidden = false;
    $("clashes").textContent = DATA.clashes;
    pairs.slice(0, MOST_PAIRS).forEach((pair, at) => {
      const button = make("button", { type: "button", className: pair.verdict },
        make("div", { className: "top" }, badge(pair.verdict), make("code", { textContent: pair.code }), ...(pair.ignored ? [badge("ignored", "published")] : [])),
        make("div", { className: "name", textContent: pair.message }),
        make("div", { className: "ids mono name", textContent: `${nodes[pair.a].id} · ${nodes[pair.b].id}` }));
      button.dataset.pair = `p${at}`;
      button.addEventListener("click", () => openPair(at, button));
      $("cards").append(make("li", {}, button));
    });
    if (pairs.length > MOST_PAIRS) $("cards").append(make("li", { className: "none" }, `${count(pairs.length - MOST_PAIRS, "more pair")} in the table`));
  }
  arrange();
  start();
  document.documentElement.dataset.ready = "yes";
})();
