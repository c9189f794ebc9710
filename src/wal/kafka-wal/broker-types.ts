/** The requests that we make of a broker, as kafkajs' connection to one takes them. */
export interface KafkaBroker {
  produce(request: ProduceRequest): Promise<ProduceResponse>;
  fetch(request: FetchRequest): Promise<FetchResponse>;
  listOffsets(request: ListOffsetsRequest): Promise<ListOffsetsResponse>;
  initProducerId(request: { readonly transactionTimeout: number }): Promise<ProducerIdentity>;
}

/** Names a producer to the brokers, which drop what it repeats. */
export interface ProducerIdentity {
  /** A 64-bit number, as kafkajs carries it. */
  readonly producerId: unknown;
  readonly producerEpoch: number;
}

export interface KafkaMessage {
  readonly key: null;
  /** kafkajs would take any other kind of bytes for text. */
  readonly value: Buffer;
}

interface ProduceRequest extends ProducerIdentity {
  readonly acks: -1;
  readonly timeout: number;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence: number;
      readonly messages: readonly KafkaMessage[];
    }[];
  }[];
}

interface ProduceResponse {
  readonly topics: readonly {
    readonly partitions: readonly { readonly baseOffset: string }[];
  }[];
}

interface FetchRequest {
  readonly isolationLevel: 0;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

interface FetchResponse {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly messages: readonly {
        readonly offset: string;
        readonly value: Uint8Array | null;
      }[];
    }[];
  }[];
}

interface ListOffsetsRequest {
  readonly isolationLevel: 0;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
  }[];
}

interface ListOffsetsResponse {
  readonly responses: readonly {
    readonly partitions: readonly { readonly offset: string }[];
  }[];
}
