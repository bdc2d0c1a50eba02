// Reads a list of AsyncAPI documents, each a text, from standard input with the official parser; prints what is wrong
// with each as JSON.
const { Parser } = require("@asyncapi/parser");

async function check(text) {
  const { document, diagnostics } = await new Parser().parse(text);
  const found = diagnostics.map(({ severity, message, path }) => ({ severity, message, path: path.join("/") }));
  return { read: document !== undefined, found };
}

let input = "";
process.stdin.on("data", (part) => (input += part));
process.stdin.on("end", async () => {
  const answers = [];
  for (const text of JSON.parse(input)) answers.push(await check(text));
  console.log(JSON.stringify(answers));
});
