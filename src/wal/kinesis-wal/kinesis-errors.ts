import { EntError } from "../../base/errors.ts";
import type { KinesisSettings } from "./kinesis-settings.ts";

/** Names under which Kinesis and its client say that they do not know us, or do not let us. */
const DENIED: ReadonlySet<string> = new Set([
  "AccessDeniedException",
  "CredentialsProviderError",
  "ExpiredTokenException",
  "IncompleteSignature",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "NotAuthorized",
  "OptInRequired",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
]);

/** Whether somebody has to change a setting before a stream can be opened. */
export function isMisconfigured(error: unknown): boolean {
  return error instanceof Error && (DENIED.has(error.name) || isWithoutRegion(error));
}

/** Why the stream cannot be used, with what to look at. */
export function unusableKinesis(
  settings: KinesisSettings,
  stream: string,
  cause: unknown,
): EntError {
  if (cause instanceof EntError) return cause;
  const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const place = placeOf(settings);
  if (!isMisconfigured(cause)) {
    return new EntError({
      code: "unavailable",
      reason: "LOG_UNAVAILABLE",
      message: `Kinesis cannot be used at ${place} (stream ${stream}): ${why}`,
      hint: "Check ENTDB_KINESIS_REGION and ENTDB_KINESIS_ENDPOINT, and that the service can be reached from here.",
      retryable: true,
      cause,
    });
  }
  const hint = isWithoutRegion(cause)
    ? "Set ENTDB_KINESIS_REGION, or AWS_REGION."
    : `Check the credentials in the AWS environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role); they must allow ${ACTIONS} on the stream.`;
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: `Kinesis refuses us at ${place} (stream ${stream}): ${why}`,
    hint,
    details: { stream },
    cause,
  });
}

/** Records went with the stream's retention, and with them every sign of where the log stood. */
export function logRemoved(what: string): EntError {
  return new EntError({
    code: "out_of_range",
    reason: "LOG_TRIMMED",
    message: `Kinesis has removed the log: ${what}`,
    hint: "Restore from snapshot and archive, and copy the log into a new stream; one that keeps records longer than a server stands still does not lose it.",
  });
}

function placeOf({ endpoint, region }: KinesisSettings): string {
  return endpoint ?? `Amazon, region ${region ?? "of the environment"}`;
}

function isWithoutRegion(error: unknown): boolean {
  return error instanceof Error && error.message.includes("Region is missing");
}

const ACTIONS = [
  "DescribeStreamSummary",
  "ListShards",
  "GetShardIterator",
  "GetRecords",
  "PutRecord",
  "ListTagsForStream",
  "AddTagsToStream",
  "CreateStream",
  "IncreaseStreamRetentionPeriod",
]
  .map((action) => `kinesis:${action}`)
  .join(", ");
