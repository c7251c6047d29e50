// Runs report.js on a page of three lines without a browser; prints what is shown after each step, as JSON.
const fs = require("fs");

const element = (fields) => ({
  hidden: false, value: "", listeners: {},
  addEventListener(name, listener) { this.listeners[name] = listener; },
  ...fields,
});
const line = (rule, corpus, text) => element({ dataset: { rule, corpus }, textContent: text });
const lines = [
  line("copy", "a", "LibreOffice Writer"), line("copy", "b", "Ärger im Büro"), line("length", "a", "Schreiber")];
const selects = ["rule", "corpus"].map((name) => element({ name }));
const [text, output, more] = [element({}), element({}), element({ hidden: true })];
const form = element({
  hidden: true, dataset: { list: "lines", most: "2" }, elements: { text },
  querySelectorAll: () => selects, querySelector: () => output,
});
const link = element({ hash: "#dropped", dataset: { choose: "rule=length" } });
const list = { id: "lines", children: lines, closest: () => ({ id: "dropped" }) };
globalThis.document = {
  getElementById: () => list,
  querySelector: () => more,
  querySelectorAll: (query) => (query === "form.chooser" ? [form] : [link]),
};

eval(fs.readFileSync(process.argv[2], "utf8"));
const steps = [];
const note = () => steps.push([lines.map((each) => !each.hidden), output.textContent, !more.hidden]);
note();
more.listeners.click();
note();
selects[0].value = "copy";
form.listeners.input();
note();
selects[1].value = "b";
form.listeners.input();
note();
text.value = " büro";
form.listeners.input();
note();
link.listeners.click();
note();
selects[0].value = "";
form.listeners.input();
note();
console.log(JSON.stringify({ steps, form: !form.hidden, text: text.value }));
