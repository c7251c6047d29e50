// Prints the pieces that diff.js finds for each [text, other, by] in the JSON on its standard input.
const fs = require("fs");
const differences = new Function(`${fs.readFileSync(process.argv[2], "utf8")}; return differences;`)();
const cases = JSON.parse(fs.readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(([text, other, by]) => differences(text, other, by))));
