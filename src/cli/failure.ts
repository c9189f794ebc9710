import { systemErrorCode } from "../base/durable-file.ts";
import { EntError, type ErrorCode, type ErrorDetails, messageOf } from "../base/errors.ts";

/**
 * How a command ends when it does not succeed: the four things every refusal says (code,
 * reason, sentence, hint) and the exit code that scripts branch on.
 *
 * Whatever is thrown inside a command becomes a {@link CommandFailure} in one place,
 * {@link failureOf}; nothing else decides on an exit code.
 */

/** The exit codes of `entdb`, stable. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
  notFound: 3,
  conflict: 4,
  /** Nobody answered, or the server cannot serve this now: trying again may help. */
  unavailable: 5,
  /** SIGINT ended it before it was done. */
  interrupted: 130,
  /** So did SIGTERM. */
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CommandFailureInit {
  /** Upper case: a REST code ("NOT_FOUND") or a Connect code ("FAILED_PRECONDITION"). */
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly exitCode: ExitCode;
  readonly hint?: string | undefined;
  readonly details?: ErrorDetails | undefined;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly code: string;
  readonly reason: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;
  readonly requestId: string | undefined;

  constructor(init: CommandFailureInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.reason = init.reason;
    this.exitCode = init.exitCode;
    this.hint = init.hint;
    this.details = init.details ?? {};
    this.requestId = init.requestId;
  }
}

/** The command was given wrongly: exit 2, nothing was tried. */
export function usageFailure(message: string, hint?: string): CommandFailure {
  return new CommandFailure({
    code: "INVALID_ARGUMENT",
    reason: "INVALID_REQUEST",
    message,
    exitCode: EXIT.usage,
    hint,
  });
}

/**
 * A signal ended the command before it had done its work. The exit codes are those by which
 * shells and schedulers know a program that died of the signal, so that nobody takes one that
 * was told to end for one that failed.
 */
export function endedBy(
  signal: "SIGINT" | "SIGTERM",
  message: string,
  hint: string,
): CommandFailure {
  return new CommandFailure({
    code: "CANCELED",
    reason: "CANCELED",
    message,
    exitCode: signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated,
    hint,
  });
}

/** Whoever was cut off from what comes in order is told with which flag to go on where it was. */
export function cutOff(error: unknown, flag: string | undefined): unknown {
  if (!(error instanceof CommandFailure) || flag === undefined) return error;
  const { code, reason, message, exitCode, hint, details, requestId, cause } = error;
  const goOn = `${hint === undefined ? "" : `${hint} `}Go on with ${flag}.`;
  const init = { code, reason, message, exitCode, details, requestId, cause };
  return new CommandFailure({ ...init, hint: goOn });
}

/** Anything thrown, as what is told to the user. Unknown errors keep their message: the user runs this program. */
export function failureOf(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof EntError) {
    return new CommandFailure({
      code: error.code.toUpperCase(),
      reason: error.reason,
      message: error.message,
      exitCode: exitOfReason(error.reason) ?? EXIT_OF_CODE[error.code],
      hint: error.hint,
      details: error.details,
      cause: error.cause,
    });
  }
  const code = systemErrorCode(error) ?? "";
  if (FORBIDDEN.has(code) && isOfFile(error)) return forbiddenFile(error);
  const address = ADDRESS_TROUBLE[code];
  if (address !== undefined) return addressFailure(error, address);
  return new CommandFailure({
    code: "INTERNAL",
    reason: "INTERNAL",
    message: messageOf(error),
    exitCode: EXIT.failure,
    cause: error,
  });
}

/** The exit code of a refusal whose reason says more than its code does; undefined for all others. */
export function exitOfReason(reason: string): ExitCode | undefined {
  return EXIT_OF_REASON[reason];
}

const EXIT_OF_REASON: Readonly<Record<string, ExitCode>> = {
  CONFIG_INVALID: EXIT.usage,
  // A file that holds no schema must not look like one that breaks something.
  SCHEMA_INVALID: EXIT.usage,
  // A path that the server does not know is no missing thing of the user's.
  ROUTE_NOT_FOUND: EXIT.failure,
};

/** What the system says when this user may not have what he asks for. */
const FORBIDDEN: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

function isOfFile(error: unknown): boolean {
  return typeof (error as { readonly path?: unknown } | null)?.path === "string";
}

function forbiddenFile(error: unknown): CommandFailure {
  return new CommandFailure({
    code: "FAILED_PRECONDITION",
    reason: "DATA_DIR_INVALID",
    message: messageOf(error),
    exitCode: EXIT.failure,
    hint: "Run this as the user that the server runs as, or let this user read the directory.",
    cause: error,
  });
}

/** What the system says when an address cannot be listened on, and what to do. */
const ADDRESS_TROUBLE: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "Stop what listens there, or choose other ports with --grpc-port and --http-port (0 takes any free one).",
  EADDRNOTAVAIL: "Choose an address of this machine with --host.",
  EACCES: "Choose ports from 1024 on with --grpc-port and --http-port.",
};

function addressFailure(error: unknown, hint: string): CommandFailure {
  return new CommandFailure({
    code: "FAILED_PRECONDITION",
    reason: "ADDRESS_UNAVAILABLE",
    message: messageOf(error),
    exitCode: EXIT.failure,
    hint,
    cause: error,
  });
}

const EXIT_OF_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  canceled: EXIT.failure,
  unknown: EXIT.failure,
  invalid_argument: EXIT.failure,
  deadline_exceeded: EXIT.unavailable,
  not_found: EXIT.notFound,
  already_exists: EXIT.conflict,
  permission_denied: EXIT.failure,
  resource_exhausted: EXIT.unavailable,
  failed_precondition: EXIT.failure,
  aborted: EXIT.conflict,
  out_of_range: EXIT.failure,
  unimplemented: EXIT.failure,
  internal: EXIT.failure,
  unavailable: EXIT.unavailable,
  data_loss: EXIT.failure,
  unauthenticated: EXIT.failure,
};
