// The sentence browser: unpacks one test set and direction at a time, and draws twenty sentences at a time.
// Text enters the page as text nodes only. Without JavaScript the section shows the sample.
(() => {
  const holder = document.getElementById("browser-data");
  if (!holder || typeof DecompressionStream === "undefined") return;
  const PER_PAGE = 20;
  const { cells } = JSON.parse(holder.textContent);
  const part = (name) => document.getElementById(`browser-${name}`);
  const browser = document.getElementById("browser");
  const section = browser.closest("section");
  const [controls, list, count, search] = ["controls", "list", "count", "search"].map(part);
  const [domain, flag, sort, metric, system, against] =
    ["domain", "flag", "sort", "metric", "system", "against"].map(part);
  // The cell shown and its content; rows: positions of the sentences that fit, sorted; at: the chosen one among them.
  const state = { cell: null, content: null, rows: [], at: 0 };

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const plural = (number) => number.toLocaleString("en");

  // Data

  const unpack = async (cell) => {
    const bytes = Uint8Array.from(atob(cell.data), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  const lineOf = (row) => state.content.line?.[row] ?? row + 1;
  const output = (name, row) => state.content.outputs[name][row];
  const score = (name, row) => state.content.segments[metric.value]?.[name]?.[row] ?? null;
  const shown = () => [...part("systems").querySelectorAll("input:checked")].map((box) => box.value);

  // Choosing and sorting

  const flagged = (row) => {
    const lines = state.content.flags[flag.value] ?? {};
    return Object.values(lines).some((each) => each.includes(lineOf(row)));
  };
  const fits = (row, wanted, names) => {
    const { content } = state;
    if (domain.value && content.domains[content.domain[row]] !== domain.value) return false;
    if (flag.value && !flagged(row)) return false;
    const texts = [content.source[row], content.reference[row], ...names.map((name) => output(name, row))];
    return !wanted || texts.some((text) => text.toLowerCase().includes(wanted));
  };
  const key = (row) => {
    if (sort.value === "length") return state.content.source[row].length;
    if (sort.value === "line") return row;
    const own = score(system.value, row);
    if (sort.value === "score" || own === null) return own;
    const other = score(against.value, row);
    return other === null ? null : own - other;
  };
  const choose = () => {
    const wanted = search.value.trim().toLowerCase();
    const names = shown();
    const rows = state.content.source.map((_, row) => row).filter((row) => fits(row, wanted, names));
    const keys = new Map(rows.map((row) => [row, key(row)]));
    const sign = part("descending").checked ? -1 : 1;
    const last = (row) => (keys.get(row) === null ? 1 : 0); // what has no score is at the end
    rows.sort((a, b) => last(a) - last(b) || sign * (keys.get(a) - keys.get(b)) || a - b);
    Object.assign(state, { rows, at: 0 });
  };

  // Drawing

  const rival = (name) => (name !== against.value ? against.value : system.value);
  const marked = (name, row) => {
    const text = output(name, row);
    if (!text) return [make("em", { className: "none" }, "empty")];
    const other = rival(name);
    if (other === name) return [text];
    const base = other ? output(other, row) : state.content.reference[row];
    return differences(text, base, state.cell.by).map((piece) => (piece.differs ? make("mark", {}, piece.text) : piece.text));
  };
  const field = (className, data, title, note, code, texts) => {
    const name = make("dt", {}, title, ...(note ? [" ", make("small", {}, note)] : []));
    const box = make("div", { className }, name, make("dd", { lang: code, dir: "auto" }, ...texts));
    Object.assign(box.dataset, data);
    return box;
  };
  const drawn = (row) => {
    const { cell, content } = state;
    const given = ["source", "reference"].map((text) =>
      field("given", { text }, text, "", text === "source" ? cell.source : cell.target, [content[text][row]]));
    const outputs = shown().map((name) => {
      const value = metric.value ? score(name, row) : null;
      const note = value === null ? "" : `${metric.value} ${value}`;
      return field("output", { system: name }, name, note, cell.target, marked(name, row));
    });
    const about = [`line ${plural(lineOf(row))}`, content.domains[content.domain?.[row]]].filter(Boolean).join(", ");
    const item = make("li", { className: "sentence", tabIndex: -1 }, make("p", { className: "about" }, about));
    item.append(make("dl", {}, ...given, ...outputs));
    item.dataset.line = lineOf(row);
    return item;
  };
  const said = (first, last) => {
    const all = plural(state.content.source.length);
    if (!state.rows.length) return `no sentence of ${all}`;
    const fitting = plural(state.rows.length);
    return `${plural(first + 1)}–${plural(last)} of ${fitting}${fitting === all ? "" : `, ${all} in all`}`;
  };
  const draw = () => {
    const page = Math.floor(state.at / PER_PAGE);
    const pages = Math.max(Math.ceil(state.rows.length / PER_PAGE), 1);
    const first = page * PER_PAGE;
    const rows = state.rows.slice(first, first + PER_PAGE);
    list.replaceChildren(...rows.map(drawn));
    list.start = first + 1;
    list.children[state.at - first]?.setAttribute("aria-current", "true");
    count.textContent = said(first, first + rows.length);
    part("page").textContent = `page ${plural(page + 1)} of ${plural(pages)}`;
    part("previous").disabled = page === 0;
    part("next").disabled = page >= pages - 1;
  };

  // Controls

  const offer = (select, values, empty) => {
    const before = select.value;
    const options = values.map((value) => make("option", { value }, value));
    if (empty) options.unshift(make("option", { value: "" }, empty));
    select.replaceChildren(...options);
    if (options.some((option) => option.value === before)) select.value = before;
  };
  const offerAll = () => {
    const { content, cell } = state;
    const metrics = Object.keys(content.segments);
    offer(domain, content.domains, "all");
    offer(flag, Object.keys(content.flags), "all");
    offer(metric, metrics);
    offer(system, cell.systems);
    offer(against, cell.systems, "reference");
    domain.parentElement.hidden = !content.domains.length;
    flag.parentElement.hidden = !Object.keys(content.flags).length;
    metric.parentElement.hidden = metrics.length < 2;
    const hidden = new Set([...part("systems").querySelectorAll("input:not(:checked)")].map((box) => box.value));
    const boxes = cell.systems.map((value) => {
      const box = make("input", { type: "checkbox", name: "show", value, checked: !hidden.has(value) });
      return make("label", {}, box, ` ${value}`);
    });
    part("systems").replaceChildren(make("legend", {}, "Outputs shown"), ...boxes);
  };
  const allow = () => {
    const scored = Object.keys(state.content.segments).length > 0;
    const option = (value) => [...sort.options].find((each) => each.value === value);
    option("score").disabled = !scored;
    option("gap").disabled = !scored || !against.value || against.value === system.value;
    if (option(sort.value).disabled) sort.value = "line";
  };
  const refresh = () => {
    allow();
    choose();
    draw();
  };
  const open = async (name) => {
    browser.setAttribute("aria-busy", "true");
    const cell = cells.find((each) => `${each.test_set}/${each.direction}` === name) ?? cells[0];
    part("cell").value = `${cell.test_set}/${cell.direction}`;
    cell.content ??= unpack(cell);
    const content = await cell.content;
    if (part("cell").value !== `${cell.test_set}/${cell.direction}`) return; // another was chosen meanwhile
    const first = state.cell === null;
    Object.assign(state, { cell, content });
    offerAll();
    if (first && cell.systems.length > 1) against.value = cell.systems[0];
    if (first) system.value = cell.systems[1] ?? cell.systems[0];
    refresh();
    browser.setAttribute("aria-busy", "false");
  };
  const clear = () => {
    domain.value = flag.value = search.value = "";
  };

  // Moving

  const move = (at) => {
    if (!state.rows.length) return;
    state.at = Math.min(Math.max(at, 0), state.rows.length - 1);
    draw();
    const item = list.querySelector("[aria-current]");
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  };
  const turn = (pages) => move((Math.floor(state.at / PER_PAGE) + pages) * PER_PAGE);
  const show = async (name, line) => {
    await open(name);
    clear();
    refresh();
    move(state.rows.findIndex((row) => lineOf(row) === line));
  };
  const showFlag = async (name, rate, whose) => {
    await open(name);
    clear();
    flag.value = rate;
    system.value = whose;
    refresh();
    move(0);
  };

  const KEYS = {
    j: () => move(state.at + 1), k: () => move(state.at - 1), n: () => turn(1), p: () => turn(-1),
    "/": () => search.focus(),
  };
  const ARROWS = { ArrowDown: KEYS.j, ArrowUp: KEYS.k };
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !state.content) return;
    if (event.target === search && event.key === "Escape") {
      search.value = "";
      refresh();
      move(0);
      return;
    }
    if (event.target.closest?.("input:not([type=checkbox]), select, textarea")) return;
    const action = KEYS[event.key] ?? (list.contains(event.target) ? ARROWS[event.key] : undefined);
    if (!action) return;
    event.preventDefault();
    action();
  };
  const clicked = (event) => {
    const link = event.target.closest?.("a.to-line, a.to-flag");
    if (!link) return;
    event.preventDefault();
    const { cell, line, flag: rate, system: whose } = link.dataset;
    if (line) show(cell, Number(line));
    else showFlag(cell, rate, whose);
  };

  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("input", (event) => {
    if (event.target === part("cell")) open(event.target.value);
    else if (state.content) refresh();
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest?.("li");
    if (!item || getSelection()?.toString()) return;
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    item.setAttribute("aria-current", "true");
    state.at = list.start - 1 + [...list.children].indexOf(item);
  });
  part("previous").addEventListener("click", () => turn(-1));
  part("next").addEventListener("click", () => turn(1));
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", clicked);
  browser.hidden = false;
  section.classList.add("browsing");
  open(part("cell").value);
})();
