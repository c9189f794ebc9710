/** A face thread whose event loop never turns again once it is told to hang. */
import "../../src/server/face-threads/face-thread.ts";

declare const self: { onmessage: (event: { data: unknown }) => void };

const asUsual = self.onmessage;
self.onmessage = (event) => {
  while (event.data === "hang");
  asUsual(event);
};
