/** Meters are told when calls begin and end; so is what keeps the event loop awake in between. */
import type { IdlePoll } from "../face/idle-poll.ts";
import type { HttpMeter } from "../http/calls.ts";
import type { RequestMeter } from "../rpc/call-context.ts";

export function polledRpc(meter: RequestMeter, poll: IdlePoll): RequestMeter {
  return {
    ...meter,
    callStarted: (rpc, protocol) => {
      poll.began();
      meter.callStarted(rpc, protocol);
    },
    callFinished: (call) => {
      meter.callFinished(call);
      poll.answered();
    },
  };
}

export function polledHttp(meter: HttpMeter, poll: IdlePoll): HttpMeter {
  return {
    requestStarted: () => {
      poll.began();
      meter.requestStarted();
    },
    requestFinished: (request) => {
      meter.requestFinished(request);
      poll.answered();
    },
  };
}
