// What a job was asked to be, taken up again.

import { get, request } from "../core/api.js";
import { draftOf, linesOfCsv } from "./jobform.js";

/** A draft like the job of that id, its list included. `files`: a long list may be a file. */
export async function draftLike(id, options) {
  const job = await get(`/v1/jobs/${encodeURIComponent(id)}`);
  if (job.type !== "BULK_ASIN") return draftOf(job);
  const items = await request("GET", `/v1/jobs/${job.id}/items`, { query: { format: "csv" } });
  return { ...draftOf(job), ...linesOfCsv(await items.text(), options) };
}
