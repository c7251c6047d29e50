// What is wrong on a page for a screen reader, a keyboard and weak eyes; WCAG 2.2 as far as it can be read from the page.
({
  // Names, labels, headings, references: 1.1.1, 1.3.1, 2.4.1, 2.4.2, 3.1.1, 4.1.2.
  problems() {
    const all = (selector) =>
      [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility({ visibilityProperty: true }));
    const words = (e) => (e?.textContent ?? "").trim();
    const ids = (text) => (text ?? "").split(/\s+/).filter(Boolean);
    const labelled = (e) => ids(e.getAttribute("aria-labelledby")).map((id) => words(document.getElementById(id))).join(" ");
    const label = (e) => e.getAttribute("aria-label") || labelled(e) || [...(e.labels ?? [])].map(words).join(" ");
    const found = [];
    const report = (what, e) => found.push(`${what}: ${e.outerHTML.slice(0, 120)}`);

    for (const e of all("a[href], button, summary")) if (!label(e) && !words(e)) report("no name", e);
    for (const e of all("select, input, textarea, progress, [role=region], form, nav")) if (!label(e)) report("no label", e);
    for (const e of all("svg")) if (e.getAttribute("role") !== "img" || !label(e)) report("no label", e);
    for (const e of all("img")) if (!e.hasAttribute("alt")) report("no alt", e);
    for (const e of all("th")) if (!e.scope) report("no scope", e);

    let level = 0;
    for (const e of all("h1, h2, h3, h4, h5, h6")) {
      const own = Number(e.tagName[1]);
      if (own > level + 1) report(`after h${level}`, e);
      if (!words(e)) report("empty", e);
      level = own;
    }

    const known = [...document.querySelectorAll("[id]")].map((e) => e.id);
    for (const id of new Set(known.filter((id, at) => known.indexOf(id) !== at))) found.push(`two elements are ${id}`);
    for (const key of ["aria-labelledby", "aria-controls", "aria-describedby"])
      for (const e of document.querySelectorAll(`[${key}]`))
        for (const id of ids(e.getAttribute(key))) if (!known.includes(id)) report(`${key} leads nowhere`, e);
    for (const e of document.querySelectorAll("a[href^='#']"))
      if (e.hash.length > 1 && !known.includes(decodeURIComponent(e.hash.slice(1)))) report("leads nowhere", e);

    if (all("h1").length !== 1) found.push("not one h1");
    if (all("main").length !== 1) found.push("not one main");
    if (!document.documentElement.lang) found.push("no language");
    if (!document.title) found.push("no title");
    return found;
  },

  // Contrast of words with what is behind them, 1.4.3. Text of charts and of controls that are off is left out.
  contrast() {
    const parse = (text) => {
      const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
      return { rgb: [r, g, b], a };
    };
    const luminance = (rgb) => {
      const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (e) => {
      for (; e; e = e.parentElement) {
        const { rgb, a } = parse(getComputedStyle(e).backgroundColor);
        if (a === 1) return rgb;
      }
      return [255, 255, 255];
    };
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      const skipped = "svg, script, style, noscript, option, [hidden], :disabled";
      if (!walker.currentNode.data.trim() || e.closest(skipped) || !e.checkVisibility()) continue;
      const style = getComputedStyle(e);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const [light, dark] = [luminance(parse(style.color).rgb), luminance(behind(e))].sort((x, y) => y - x);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < (large ? 3 : 4.5)) {
        found.add(`contrast ${ratio.toFixed(2)}: ${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`);
      }
    }
    return [...found];
  },

  // The focused element; nothing where it is the page itself, or was there before.
  focused() {
    const e = document.activeElement;
    if (e === document.body || window.seen.has(e)) return "";
    window.seen.add(e);
    if (e.id) return `#${e.id}`;
    return e.getAttribute("href") || e.getAttribute("aria-label") || e.name || e.tagName.toLowerCase();
  },
})
