// Checks custom resources given as a JSON list on standard input against the models of their definitions, found below the folder
// given as argument. Prints a JSON list of complaints. A field that a model never looks at is one that it does not know.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const MODELS = {
  "gateway.networking.k8s.io/v1": "gateway-api",
  "keda.sh/v1alpha1": "keda",
  "monitoring.coreos.com/v1": "prometheus-operator",
};

function watched(value, seen, path) {
  if (value === null || typeof value !== "object") return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== "string" || !Object.hasOwn(target, key)) return target[key];
      const inner = `${path}/${key}`;
      seen.add(inner);
      return watched(target[key], seen, inner);
    },
  });
}

function* fields(value, path) {
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) {
    yield `${path}/${key}`;
    yield* fields(inner, `${path}/${key}`);
  }
}

async function complaints(document, modules) {
  const { apiVersion, kind, metadata } = document;
  const name = `${kind}/${metadata?.name}`;
  if (!(apiVersion in MODELS)) return [`${name}: no model of ${apiVersion}`];
  const file = `${modules}/@kubernetes-models/${MODELS[apiVersion]}/${apiVersion}/${kind}.js`;
  const { [kind]: Model } = await import(pathToFileURL(file));
  const seen = new Set();
  const { apiVersion: _, kind: __, ...content } = document;
  try {
    const model = new Model({});
    Object.assign(model, Object.fromEntries(Object.keys(content).map((key) => [key, watched(content[key], seen, `/${key}`)])));
    model.validate();
  } catch (error) {
    return [`${name}: ${error.message}`];
  }
  // Labels and annotations are maps of the user's own.
  const own = Object.keys(content).flatMap((key) => [...fields(content[key], `/${key}`)]);
  return own.filter((field) => !seen.has(field) && !/^\/metadata\//.test(field)).map((field) => `${name}: unknown field ${field}`);
}

const documents = JSON.parse(readFileSync(0, "utf8"));
const found = await Promise.all(documents.map((document) => complaints(document, process.argv[2])));
console.log(JSON.stringify(found.flat()));
