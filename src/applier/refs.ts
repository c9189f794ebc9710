import { EntError } from "../base/errors.ts";
import type { Field } from "../schema/types.ts";
import type { Fields } from "../schema/value.ts";
import type { TransactionScope } from "./scope.ts";

/**
 * Checks that the refs among these fields lead to live nodes of the right type, which the
 * record's actor may read. A node may refer to itself, also while it is being created.
 */
export function checkRefs(
  scope: TransactionScope,
  fields: readonly Field[],
  values: Fields,
  holder: { readonly id: string; readonly typeId: number },
): void {
  for (const field of fields) {
    if (field.kind !== "ref") continue;
    const value = values.get(field.fieldId);
    if (value?.kind !== "ref") continue;
    const targetTypeId =
      value.value === holder.id ? holder.typeId : scope.liveNode(value.value, "read").typeId;
    if (field.refTypeId !== 0 && field.refTypeId !== targetTypeId) {
      throw new EntError({
        code: "invalid_argument",
        reason: "REF_TARGET_MISMATCH",
        message: `Field ${field.name} takes a node of type ${field.refTypeId}; ${value.value} has type ${targetTypeId}.`,
        hint: "Refer to a node of the type that the schema names.",
        details: { field_id: String(field.fieldId), node_id: value.value },
      });
    }
  }
}
