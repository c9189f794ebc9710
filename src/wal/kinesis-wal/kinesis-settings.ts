/** How Kinesis is reached, and what is asked of the stream there. Credentials are those of the AWS environment. */
export interface KinesisSettings {
  /** Undefined: what the AWS environment names. */
  readonly region: string | undefined;
  /** Address of the service; undefined: that of Amazon in the region. */
  readonly endpoint: string | undefined;
  /** Shards of a stream that is made. */
  readonly partitions: number;
  /** How long a stream that is made keeps records, in hours: 24 to 8,760. */
  readonly retentionHours: number;
  /** Whether records that Kinesis removes, which it always does in the end, stand in an archive. */
  readonly isArchived: boolean;
  /** Takes a stream though records that it removes are nowhere else. */
  readonly allowUnsafe: boolean;
}
