/** One of several threads that serve the suite on one port: told once what is wanted, it says when it listens. */
import { serve, type Wanted } from "./served.ts";

declare const self: {
  onmessage: (event: { data: Wanted }) => void;
  postMessage: (listens: true) => void;
};

self.onmessage = async ({ data }) => {
  await serve(data);
  self.postMessage(true);
};
