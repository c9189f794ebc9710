/** A read worker that ends as its first job tells it: by an error, or without a word. */
declare const self: { onmessage: (event: { data: unknown }) => void };

self.onmessage = ({ data }) => {
  if (JSON.stringify(data).includes("/quietly/")) process.exit(0);
  throw new Error("the worker broke");
};
