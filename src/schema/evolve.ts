import type { BuildStep } from "./build-step.ts";
import { compareSchemas } from "./compare.ts";
import { formerNamesAfter } from "./former-names.ts";
import { type FoundChange, schemaIncompatible, toSchemaChange } from "./found-change.ts";
import { mergeTypes } from "./merge.ts";
import { checkReferences, checkSizes } from "./parse-schema.ts";
import { planSteps } from "./plan-steps.ts";
import type { SchemaChange } from "./schema-change.ts";
import type { Schema, SchemaDifference } from "./types.ts";

/** `merge` adds; with `replace` the schema becomes what is sent, and absence is removal. */
type Mode = "merge" | "replace";

/** What a tenant's schema becomes, and what of that the rows which are there have a say in. */
export interface EvolvedSchema {
  /** The current one itself when nothing changes. */
  readonly schema: Schema;
  readonly changed: boolean;
  /** Mode merge only: where the tenant's definition stayed though the one sent differs harmlessly. */
  readonly differences: readonly SchemaDifference[];
  /** Every difference between the current schema and the new one; none is breaking. */
  readonly changes: readonly SchemaChange[];
  /** What is to be done with the rows that are there before the new schema is in force; often nothing. */
  readonly steps: readonly BuildStep[];
}

/**
 * What becomes of the tenant's schema when this one is registered. Pure: it knows no rows, so
 * what they decide is left to the steps.
 *
 * Both schemas must be in normal form (`parseSchema`); so is the result. Throws `EntError`
 * SCHEMA_INCOMPATIBLE for what would change the meaning of what is stored (the first such change
 * in full, the safe way as hint, their number in the details), SCHEMA_INVALID for a reference to
 * a type that is not there, LIMIT_EXCEEDED when the whole grows too large.
 *
 * Records of `rulesVersion` 1 know the mode merge only, and it refused more (`merge.ts`).
 */
export function evolveSchema(
  current: Schema,
  incoming: Schema,
  mode: Mode,
  rulesVersion = 2,
): EvolvedSchema {
  const { schema, differences, found } = evolution(current, incoming, mode, rulesVersion);
  const [first, ...others] = found.filter((change) => change.compatibility === "breaking");
  if (first !== undefined) throw schemaIncompatible([first, ...others]);
  return {
    schema,
    changed: schema !== current,
    differences,
    changes: found.map(toSchemaChange),
    steps: planSteps(current, schema),
  };
}

/**
 * The same without a refusal: what is breaking is among the changes, and the schema is what was
 * sent (mode replace), or what the merge comes to without it. Throws SCHEMA_INVALID and
 * LIMIT_EXCEEDED as {@link evolveSchema} does.
 */
export function checkEvolution(
  current: Schema,
  incoming: Schema,
  mode: Mode,
): Pick<EvolvedSchema, "schema" | "differences" | "changes"> {
  const { schema, differences, found } = evolution(current, incoming, mode, 2);
  return { schema, differences, changes: found.map(toSchemaChange) };
}

interface Evolution {
  readonly schema: Schema;
  readonly differences: readonly SchemaDifference[];
  readonly found: readonly FoundChange[];
}

function evolution(current: Schema, incoming: Schema, mode: Mode, rulesVersion: number): Evolution {
  if (mode === "merge") {
    const merged = mergeTypes(current, incoming, rulesVersion === 1);
    const { differences, refusals } = merged;
    const schema = merged.schema === current ? current : withFormerNames(current, merged.schema);
    return { schema, differences, found: [...refusals, ...compareSchemas(current, schema)] };
  }
  const found = compareSchemas(current, incoming);
  if (found.length === 0) return { schema: current, differences: [], found };
  checkSizes(incoming);
  checkReferences(incoming);
  return { schema: withFormerNames(current, incoming), differences: [], found };
}

function withFormerNames(current: Schema, next: Schema): Schema {
  const { formerNames: _sent, ...schema } = next;
  const formerNames = formerNamesAfter(current, next);
  return formerNames.length === 0 ? schema : { ...schema, formerNames };
}
