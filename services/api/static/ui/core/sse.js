// Server-sent events over fetch: EventSource cannot send a bearer header.

import { ApiError, request } from "./api.js";

const ENDS = new Set(["completed", "failed", "cancelled"]);
const LONGEST_PAUSE_MS = 30_000;

/** The frames of a text/event-stream, as they come. */
async function* frames(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replace(/\r\n/g, "\n").split("\n\n");
    rest = blocks.pop();
    yield* blocks.map(parse);
  }
}

function parse(block) {
  const frame = { event: "message", data: "", id: null, retry: null };
  for (const line of block.split("\n")) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "data") frame.data += value;
    else if (name in frame) frame[name] = value;
  }
  return frame;
}

/** Follows a job until it ends or `signal` aborts; goes on after the last event when the connection breaks. */
export async function follow(jobId, { signal, onJob, onState }) {
  let last = null;
  let pause = 2_000;
  for (let breaks = 0; !signal.aborted; breaks += 1) {
    try {
      const headers = last === null ? {} : { "Last-Event-ID": last };
      const response = await request("GET", `/v1/jobs/${jobId}/events`, { headers, signal });
      if (response.status === 204) return;
      onState("live");
      for await (const frame of frames(response.body)) {
        breaks = 0;
        last = frame.id ?? last;
        pause = Number(frame.retry ?? pause);
        if (frame.data) onJob(JSON.parse(frame.data), frame.event);
        if (ENDS.has(frame.event)) return;
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error instanceof ApiError && error.status > 0 && error.status < 500 && error.status !== 429) throw error;
      if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
    }
    onState("broken");
    await sleep(Math.min(LONGEST_PAUSE_MS, pause * 2 ** breaks), signal);
  }
}

function sleep(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
