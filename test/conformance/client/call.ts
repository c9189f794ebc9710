/**
 * Makes the calls that the conformance suite asks for, and tells what came of them, in the
 * suite's words. What fails is told as the call's error; it throws only for what it cannot ask.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { create, type DescMessage, type MessageShape, type Registry } from "@bufbuild/protobuf";
import { AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  type CallOptions,
  type Client,
  ConnectError,
  createClient,
  type Transport,
} from "@connectrpc/connect";
import { createWritableIterable } from "@connectrpc/connect/protocol";
import {
  type BidiStreamRequest,
  BidiStreamRequestSchema,
  type ClientCompatRequest,
  type ClientResponseResult,
  ClientResponseResultSchema,
  type ClientStreamRequest,
  ClientStreamRequestSchema,
  type ConformancePayload,
  ConformancePayloadSchema,
  ConformanceService,
  ErrorSchema,
  type Header,
  HeaderSchema,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  StreamType,
  UnaryRequestSchema,
  UnimplementedRequestSchema,
} from "../../../gen/connectrpc/conformance/v1/conformance_pb.ts";

/** Makes the call and waits for its end. `types` are those of the suite's messages. */
export async function makeCall(
  transport: Transport,
  request: ClientCompatRequest,
  types: Registry,
): Promise<ClientResponseResult> {
  const call = new AskedCall(createClient(ConformanceService, transport), request, types);
  try {
    await call.make();
  } catch (thrown) {
    call.failed(ConnectError.from(thrown));
  }
  return call.result;
}

interface Answer {
  readonly payload?: ConformancePayload | undefined;
}

class AskedCall {
  readonly result: ClientResponseResult = create(ClientResponseResultSchema);
  readonly #client: Client<typeof ConformanceService>;
  readonly #request: ClientCompatRequest;
  readonly #types: Registry;
  readonly #abort = new AbortController();

  constructor(
    client: Client<typeof ConformanceService>,
    request: ClientCompatRequest,
    types: Registry,
  ) {
    this.#client = client;
    this.#request = request;
    this.#types = types;
  }

  failed(error: ConnectError): void {
    const details = error.details.map((detail) => {
      if (!("type" in detail)) throw new Error("a detail of an answer that was not received");
      return create(AnySchema, {
        typeUrl: `type.googleapis.com/${detail.type}`,
        value: detail.value,
      });
    });
    const { code, rawMessage: message } = error;
    this.result.error = create(ErrorSchema, { code: code as number, message, details });
    // An error tells no headers from trailers; the suite looks for each in its own place.
    this.result.responseHeaders.push(...headersOf(error.metadata));
    this.result.responseTrailers.push(...headersOf(error.metadata));
  }

  async make(): Promise<void> {
    switch (this.#request.streamType) {
      case StreamType.UNARY:
        return await this.#unary();
      case StreamType.SERVER_STREAM:
        return await this.#serverStream();
      case StreamType.CLIENT_STREAM:
        return await this.#clientStream();
      case StreamType.HALF_DUPLEX_BIDI_STREAM:
        return await this.#bidiStream(false);
      case StreamType.FULL_DUPLEX_BIDI_STREAM:
        return await this.#bidiStream(true);
      case StreamType.UNSPECIFIED:
        throw new Error("a call of no kind");
    }
  }

  async #unary(): Promise<void> {
    await this.#delay();
    this.#abortAfterSending();
    this.#took(await this.#unaryAnswer());
  }

  #unaryAnswer(): Promise<Answer> {
    const client = this.#client;
    switch (this.#request.method) {
      case "Unary":
        return client.unary(this.#only(UnaryRequestSchema), this.#options());
      case "IdempotentUnary":
        return client.idempotentUnary(this.#only(IdempotentUnaryRequestSchema), this.#options());
      case "Unimplemented":
        return client.unimplemented(
          this.#only(UnimplementedRequestSchema),
          this.#options(),
        ) as Promise<Answer>;
      default:
        throw new Error(`no unary method ${this.#request.method}`);
    }
  }

  async #serverStream(): Promise<void> {
    const request = this.#only(ServerStreamRequestSchema);
    await this.#delay();
    const answers = this.#client.serverStream(request, this.#options());
    this.#abortAfterSending();
    for await (const answer of answers) this.#took(answer);
  }

  async #clientStream(): Promise<void> {
    const requests = createWritableIterable<ClientStreamRequest>();
    const answer = this.#client.clientStream(requests, this.#options());
    // Told once it is waited for; a call may fail while its requests are still being sent.
    answer.catch(() => undefined);
    for (const message of this.#messages(ClientStreamRequestSchema)) {
      await this.#send(requests, message);
    }
    await this.#sent(requests);
    this.#took(await answer);
  }

  async #bidiStream(isFullDuplex: boolean): Promise<void> {
    const requests = createWritableIterable<BidiStreamRequest>();
    const answers = this.#client.bidiStream(requests, this.#options())[Symbol.asyncIterator]();
    let isOver = false;
    const next = async () => {
      const { done, value } = await answers.next();
      if (done === true) isOver = true;
      else this.#took(value);
    };
    // Half duplex: the first look, which sends the head, must not wait for what is sent after it.
    const begun = isFullDuplex ? undefined : next();
    begun?.catch(() => undefined);
    for (const message of this.#messages(BidiStreamRequestSchema)) {
      if (isOver) break;
      const sending = this.#send(requests, message);
      if (isFullDuplex) await Promise.all([sending, next()]);
      else await sending;
    }
    await this.#sent(requests);
    await begun;
    while (!isOver) await next();
  }

  /** Sends one message; what cannot leave any more is counted. */
  async #send<T>(requests: { write(message: T): Promise<void> }, message: T): Promise<void> {
    await this.#delay();
    try {
      await requests.write(message);
    } catch {
      this.result.numUnsentRequests += 1;
    }
  }

  /** All messages have left: ends the requests, or the call where that is asked for. */
  async #sent(requests: { close(): void }): Promise<void> {
    if (this.#request.cancel?.cancelTiming.case === "beforeCloseSend") this.#abort.abort();
    else requests.close();
    this.#abortAfterSending();
  }

  #abortAfterSending(): void {
    const { cancel } = this.#request;
    if (cancel === undefined) return;
    const timing = cancel.cancelTiming;
    if (timing.case === undefined) this.#abort.abort();
    if (timing.case === "afterCloseSendMs") {
      void sleep(timing.value).then(() => this.#abort.abort());
    }
  }

  #took(answer: Answer): void {
    this.result.payloads.push(answer.payload ?? create(ConformancePayloadSchema));
    const timing = this.#request.cancel?.cancelTiming;
    if (timing?.case === "afterNumResponses" && timing.value === this.result.payloads.length) {
      this.#abort.abort();
    }
  }

  #options(): CallOptions {
    const headers = new Headers();
    for (const { name, value } of this.#request.requestHeaders) {
      for (const each of value) headers.append(name, each);
    }
    const { timeoutMs } = this.#request;
    return {
      headers,
      signal: this.#abort.signal,
      ...(timeoutMs !== undefined && { timeoutMs }),
      onHeader: (answered) => void this.result.responseHeaders.push(...headersOf(answered)),
      onTrailer: (answered) => void this.result.responseTrailers.push(...headersOf(answered)),
    };
  }

  #messages<S extends DescMessage>(schema: S): MessageShape<S>[] {
    return this.#request.requestMessages.map((any) => {
      const message = anyUnpack(any, this.#types);
      if (message?.$typeName !== schema.typeName) throw new Error(`no request: ${any.typeUrl}`);
      return message as MessageShape<S>;
    });
  }

  #only<S extends DescMessage>(schema: S): MessageShape<S> {
    const [message, another] = this.#messages(schema);
    if (message === undefined || another !== undefined) throw new Error("not one request");
    return message;
  }

  async #delay(): Promise<void> {
    const { requestDelayMs } = this.#request;
    if (requestDelayMs > 0) await sleep(requestDelayMs);
  }
}

function headersOf(headers: Headers): Header[] {
  return [...headers].map(([name, value]) => create(HeaderSchema, { name, value: [value] }));
}
