// Whether lines name products, told while they are typed; the API has the last word.

export const MARKETPLACES = [
  "amazon.co.jp", "amazon.com", "amazon.co.uk", "amazon.de", "amazon.fr", "amazon.it", "amazon.es", "amazon.nl",
  "amazon.se", "amazon.pl", "amazon.com.be", "amazon.ca", "amazon.com.mx", "amazon.com.br", "amazon.in",
  "amazon.com.au", "amazon.sg", "amazon.ae", "amazon.sa", "amazon.com.tr", "amazon.eg", "amazon.cn",
];

const ASIN = /^(?:B[0-9A-Z]{9}|[0-9]{9}[0-9X])$/;
const IN_ADDRESS = /\/(?:dp|gp\/product|gp\/aw\/d|d)\/([A-Za-z0-9]{10})(?![A-Za-z0-9])/;

const isbn10 = (text) => "0123456789X"[(1100 - [...text.slice(0, 9)].reduce((sum, d, i) => sum + (10 - i) * Number(d), 0)) % 11] === text[9];

/** "amazon.co.jp:B0…" for a line that names a product (an address brings its own marketplace), else null. */
export function productOf(line, marketplace) {
  const text = line.normalize("NFKC").trim().replace(/^["'`,;<(]+|["'`,;>)]+$/g, "");
  if (text.includes("/")) return fromAddress(text, marketplace);
  const plain = text.toUpperCase().replace(/(?<=^[0-9-]*)-/g, "");
  if (!ASIN.test(plain) || (!plain.startsWith("B") && !isbn10(plain))) return null;
  return `${marketplace}:${plain}`;
}

function fromAddress(text, marketplace) {
  const asin = IN_ADDRESS.exec(text)?.[1].toUpperCase();
  const host = /^(?:https?:\/\/)?([^/?#:]+)/i.exec(text)?.[1].toLowerCase() ?? "";
  const place = MARKETPLACES.find((name) => host === name || host.endsWith(`.${name}`));
  return asin && place && ASIN.test(asin) ? `${place}:${asin}` : null;
}

/** { total, valid, duplicates, invalid: [{line, text}] } of what stands in a text, one product a line. */
export function examine(text, marketplace) {
  const seen = new Set();
  const found = { total: 0, valid: 0, duplicates: 0, invalid: [] };
  for (const [place, line] of text.split("\n").entries()) {
    if (!line.trim()) continue;
    found.total += 1;
    const product = productOf(line, marketplace);
    if (product === null) found.invalid.push({ line: place + 1, text: line.trim() });
    else if (seen.has(product)) found.duplicates += 1;
    else seen.add(product);
  }
  found.valid = seen.size;
  return found;
}
