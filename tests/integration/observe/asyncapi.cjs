// Reads an AsyncAPI document from standard input with the official parser; prints what is wrong with it as JSON.
const { Parser } = require("@asyncapi/parser");

let text = "";
process.stdin.on("data", (part) => (text += part));
process.stdin.on("end", async () => {
  const { document, diagnostics } = await new Parser().parse(text);
  const found = diagnostics.map(({ severity, message, path }) => ({ severity, message, path: path.join("/") }));
  console.log(JSON.stringify({ read: document !== undefined, found }));
});
