// Asks for the state every few seconds and shows it. Text is set as text; charts are SVG that the server has escaped.
(() => {
  const at = (id) => document.getElementById(id);
  const refresh = Number(document.body.dataset.refresh) * 1000;
  const charts = new WeakMap(); // element -> the SVG text that is in it

  const make = (name, content = "", css = "") => {
    const element = document.createElement(name);
    element.textContent = content;
    if (css) element.className = css;
    return element;
  };

  const draw = (element, text) => {
    if (charts.get(element) === text) return;
    charts.set(element, text);
    element.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  };

  const stageRow = (stage) => {
    const row = document.createElement("tr");
    const name = make("th", stage.name);
    name.scope = "row";
    const state = document.createElement("td");
    state.append(make("span", stage.state, `state ${stage.state.replace(/\W+/g, "-")}`));
    row.append(name, state, make("td", stage.time, "n"), make("td", stage.detail));
    return row;
  };

  // A figure whose place is kept while its chart changes, so that the page does not jump.
  const figure = (parent, place, caption, text) => {
    let found = parent.querySelector(`[data-place="${CSS.escape(place)}"]`);
    if (!found) {
      found = make("figure");
      found.dataset.place = place;
      found.append(make("figcaption", caption), make("div"));
      parent.append(found);
    }
    draw(found.lastElementChild, text);
    return found;
  };

  const trainingSection = (training) => {
    const id = `training-${training.stage}`;
    let section = at(id);
    if (!section) {
      section = make("section");
      section.id = id;
      section.setAttribute("aria-labelledby", `${id}-title`);
      const title = make("h2", training.stage);
      title.id = `${id}-title`;
      const bar = make("progress");
      bar.setAttribute("aria-label", `updates of ${training.stage}`);
      section.append(title, make("p", "", "said"), bar, make("dl", "", "cards figures"));
      at("training").append(section);
    }
    section.querySelector(".said").textContent = training.progress;
    section.querySelector("progress").value = training.share;
    section.querySelector(".figures").replaceChildren(
      ...training.figures.map(([name, value]) => {
        const card = make("div", "", "card");
        card.append(make("dt", name), make("dd", value));
        return card;
      }),
    );
    figure(section, "loss", "Loss in bits per target token: training (line), validation (dots)", training.charts.loss);
    if (training.charts.directions.length) {
      const caption = "Validation loss per direction, all on one scale; the number is the last value";
      const small = figure(section, "directions", caption, training.charts.directions.join(""));
      small.lastElementChild.className = "small-charts";
    }
    const pairs = section.querySelector(".pair") ?? section.appendChild(make("div", "", "pair"));
    for (const [caption, text] of training.charts.speed) figure(pairs, caption, caption, text);
    return section;
  };

  const show = (state) => {
    document.title = `${state.said}: ${state.name}`;
    document.body.className = `outcome-${state.outcome}`;
    if (at("outcome").textContent !== state.said) at("outcome").textContent = state.said;
    at("time").textContent = new Date(state.time * 1000).toLocaleTimeString();
    at("stages").replaceChildren(...state.stages.map(stageRow));
    const sections = new Set(state.training.map(trainingSection));
    for (const section of [...at("training").children]) if (!sections.has(section)) section.remove();
    at("warnings-section").hidden = !state.warnings.length;
    at("warnings").replaceChildren(...state.warnings.map((line) => make("li", line)));
  };

  const ask = async () => {
    try {
      const answer = await fetch("/state.json", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const state = await answer.json();
      show(state);
      at("silent").hidden = true;
      if (state.outcome !== "finished") setTimeout(ask, refresh);
    } catch {
      at("silent").hidden = false;
      setTimeout(ask, 5 * refresh);
    }
  };
  ask();
})();
