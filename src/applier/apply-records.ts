import { troubleOf } from "../store/store-errors.ts";
import type { AppliedRecord, PlacedRecord } from "./placed-record.ts";
import type { TenantView } from "./tenant-view.ts";

/** Applying stopped at a record: why is the cause. Control flow; nobody who asked for something sees it. */
export class RecordFailure extends Error {
  override readonly name = "RecordFailure";
  readonly offset: number;

  constructor(offset: number, cause: unknown) {
    super(`record ${offset} could not be applied`, { cause });
    this.offset = offset;
  }

  /** Whether the place has no room for it, or cannot be reached: that says nothing of the record. */
  get isOfPlace(): boolean {
    return troubleOf(this.cause) === "stalled";
  }
}

export interface AppliedSlice {
  readonly applied: readonly AppliedRecord[];
  readonly failure: RecordFailure | undefined;
  /** Offset of the record at which a schema must first be built in slices, if applying stopped for that. */
  readonly building: number | undefined;
}

/**
 * Applies a tenant's records as far as they go. When a slice fails for a reason that is
 * not known, it is applied record by record, so that exactly the culprit is left and
 * everything before it stands. `mayHold` as in {@link TenantView.apply}.
 */
export function applyRecords(
  view: TenantView,
  records: readonly PlacedRecord[],
  mayHold = false,
): AppliedSlice {
  try {
    return { ...view.apply(records, mayHold), failure: undefined };
  } catch (error) {
    const fresh = records.filter((placed) => placed.offset > view.appliedOffset);
    const [first] = fresh;
    if (first === undefined) throw error;
    if (fresh.length === 1 || troubleOf(error) !== "unknown") {
      const failure = new RecordFailure(first.offset, error);
      return { applied: [], failure, building: undefined };
    }
    return oneByOne(view, fresh);
  }
}

function oneByOne(view: TenantView, records: readonly PlacedRecord[]): AppliedSlice {
  const applied: AppliedRecord[] = [];
  for (const placed of records) {
    const step = applyRecords(view, [placed]);
    applied.push(...step.applied);
    if (step.failure !== undefined || step.building !== undefined) return { ...step, applied };
  }
  return { applied, failure: undefined, building: undefined };
}
