// Filters the samples. Without JavaScript all of them are shown and the form stays hidden.
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const direction = document.getElementById("filter-direction");
  const text = document.getElementById("filter-text");
  const count = document.getElementById("filter-count");
  const samples = [...document.querySelectorAll(".sample")].map((element) => ({
    element,
    direction: element.dataset.direction,
    text: element.textContent.toLowerCase(),
  }));

  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    for (const sample of samples) {
      const fits = (!direction.value || sample.direction === direction.value) && sample.text.includes(wanted);
      sample.element.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${samples.length} shown`;
  };

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
