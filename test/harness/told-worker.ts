import type { FromJobThread, ToJobThread } from "../../src/base/job-thread.ts";

/** A thread that does as its jobs tell it: it answers, throws, or dies. */
declare const self: {
  onmessage: (event: { data: ToJobThread<string> }) => void;
  postMessage: (message: FromJobThread<string>) => void;
};

self.onmessage = ({ data: { id, job } }) => {
  if (job === "die") throw new Error("the thread broke");
  self.postMessage(job === "throw" ? { id, failed: "as told" } : { id, answer: "answered" });
};
