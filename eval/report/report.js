// Filters the lists that a form of class "chooser" names. Without JavaScript all lines are shown and forms stay hidden.
(() => {
  const choosers = new Map();

  const wire = (form) => {
    const list = document.getElementById(form.dataset.list);
    const selects = [...form.querySelectorAll("select")];
    const output = form.querySelector("output");
    const more = document.querySelector(`.more[data-for="${form.dataset.list}"]`);
    const page = Number(form.dataset.most) || Infinity;
    const items = [...list.children].map((element) => ({ element, text: element.textContent.toLowerCase() }));
    let most = page;

    const apply = () => {
      const wanted = form.elements.text.value.trim().toLowerCase();
      let fitting = 0;
      for (const { element, text } of items) {
        const fits =
          selects.every((select) => !select.value || element.dataset[select.name] === select.value) &&
          text.includes(wanted);
        fitting += fits;
        element.hidden = !fits || fitting > most;
      }
      output.textContent = `${Math.min(fitting, most)} of ${fitting} shown, ${items.length} in all`;
      if (more) more.hidden = fitting <= most;
    };
    const restart = () => {
      most = page;
      apply();
    };

    form.hidden = false;
    form.addEventListener("input", restart);
    form.addEventListener("submit", (event) => event.preventDefault());
    more?.addEventListener("click", () => {
      most += page;
      apply();
    });
    choosers.set(list.closest("section")?.id, (choice) => {
      for (const select of selects) select.value = choice.get(select.name) ?? "";
      form.elements.text.value = "";
      restart();
    });
    apply();
  };

  document.querySelectorAll("form.chooser").forEach(wire);
  // A link with data-choose sets the filters of the section that it leads to.
  document.querySelectorAll("a[data-choose]").forEach((link) => {
    link.addEventListener("click", () => {
      choosers.get(link.hash.slice(1))?.(new URLSearchParams(link.dataset.choose));
    });
  });
})();
