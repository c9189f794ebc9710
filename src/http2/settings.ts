import {
  ConnectionError,
  ErrorCode,
  frameSizeError,
  isFrameSize,
  protocolError,
  WINDOW_MAX,
} from "./protocol.ts";
import { RECEIVE_WINDOW } from "./stream.ts";

const Setting = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;
const SETTING_BYTES = 6;

/** What a server tells its clients of itself. */
export function ownSettings(ours: {
  readonly concurrentStreams: number;
  readonly headBytesMax: number;
}): Buffer {
  const all = [
    [Setting.maxConcurrentStreams, ours.concurrentStreams],
    [Setting.initialWindowSize, RECEIVE_WINDOW],
    [Setting.maxHeaderListSize, ours.headBytesMax],
  ] as const;
  const payload = Buffer.alloc(all.length * SETTING_BYTES);
  all.forEach(([name, value], i) => {
    payload.writeUInt16BE(name, i * SETTING_BYTES);
    payload.writeUInt32BE(value, i * SETTING_BYTES + 2);
  });
  return payload;
}

/**
 * Reads a client's settings in their order, and hands over each size that it gives its new windows:
 * the one setting that changes what it is sent. Throws FRAME_SIZE_ERROR, PROTOCOL_ERROR,
 * FLOW_CONTROL_ERROR, and what is thrown by whoever is told.
 */
export function takeSettings(payload: Buffer, onInitialWindow: (bytes: number) => void): void {
  if (payload.length % SETTING_BYTES !== 0) {
    throw frameSizeError("settings have six bytes each");
  }
  for (let at = 0; at < payload.length; at += SETTING_BYTES) {
    takeSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2), onInitialWindow);
  }
}

function takeSetting(name: number, value: number, onInitialWindow: (bytes: number) => void): void {
  switch (name) {
    case Setting.enablePush:
      if (value > 1) throw protocolError("ENABLE_PUSH is 0 or 1");
      return;
    case Setting.initialWindowSize:
      if (value > WINDOW_MAX) {
        throw new ConnectionError(ErrorCode.flowControlError, "no window may be so wide");
      }
      return onInitialWindow(value);
    case Setting.maxFrameSize:
      if (!isFrameSize(value)) throw protocolError("no frame may be so long or so short");
      return;
  }
}
