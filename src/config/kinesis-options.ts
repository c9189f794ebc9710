/**
 * The log in Kinesis: how the service is reached and what is asked of the stream, a part of the
 * table of all settings (`options.ts`). Credentials are those of the AWS environment.
 */
import { option } from "./option.ts";
import { boolean, integer, text } from "./parse.ts";

export const KINESIS_OPTIONS = {
  kinesisStream: option({
    group: "kinesis",
    parser: text,
    default: "entdb-wal",
    sentence: "Stream of the log; made with one shard when it is not there.",
  }),
  kinesisRegion: option({
    group: "kinesis",
    parser: text,
    default: "",
    sentence:
      "Region of the stream; by default what the AWS environment names. Credentials always come from there: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE`, or the machine's role.",
  }),
  kinesisEndpoint: option({
    group: "kinesis",
    parser: text,
    default: "",
    sentence: "Address of the service; by default Amazon's in the region.",
  }),
  kinesisRetentionHours: option({
    group: "kinesis",
    parser: integer(24, 8_760),
    default: 168,
    sentence:
      "How long a stream that is made keeps records, in hours. What is older is in the archive alone.",
  }),
  kinesisAllowUnsafe: option({
    group: "kinesis",
    parser: boolean,
    default: false,
    sentence:
      "Takes Kinesis for the log though nothing archives what it removes after its retention.",
  }),
} as const;
