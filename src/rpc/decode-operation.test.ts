import { describe, expect, test } from "bun:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { OnConflict, OperationSchema } from "../../gen/entdb/v1/entdb_service_pb.ts";
import { refusal } from "../../test/harness/refusal.ts";
import { NULL_VALUE } from "../schema/value.ts";
import { decodeOperations } from "./decode-operation.ts";

type Init = NonNullable<
  Exclude<MessageInitShape<typeof OperationSchema>, { $typeName: string }>["operation"]
>;

const decoded = (operation: Init) => decodeOperations([create(OperationSchema, { operation })])[0];
const text = (value: string) => ({ kind: { case: "strValue" as const, value } });

describe("operations", () => {
  test("of every kind are decoded", () => {
    expect(
      decoded({
        case: "createNode",
        value: { typeId: 3, alias: "a", id: "nd_1", onConflict: OnConflict.RETURN_EXISTING },
      }),
    ).toEqual({
      op: "create_node",
      typeId: 3,
      id: "nd_1",
      fields: new Map(),
      returnExisting: true,
      alias: "a",
    });
    expect(
      decoded({
        case: "updateNode",
        value: {
          id: "$a.id",
          fields: { 1: text("x") },
          expectedVersion: 7n,
          preconditions: [{ fieldId: 2, value: { kind: { case: "nullValue", value: 0 } } }],
        },
      }),
    ).toEqual({
      op: "update_node",
      id: "$a.id",
      fields: new Map([[1, { kind: "str", value: "x" }]]),
      expectedVersion: 7,
      preconditions: new Map([[2, NULL_VALUE]]),
    });
    for (const [name, op] of [
      ["deleteNode", "delete_node"],
      ["restoreNode", "restore_node"],
      ["purgeNode", "purge_node"],
    ] as const) {
      expect(decoded({ case: name, value: { id: "nd_1", expectedVersion: 2n } })).toEqual({
        op,
        id: "nd_1",
        expectedVersion: 2,
      });
    }
    expect(
      decoded({ case: "createEdge", value: { edgeTypeId: 5, fromId: "nd_1", toId: "nd_2" } }),
    ).toEqual({
      op: "create_edge",
      edgeTypeId: 5,
      id: "",
      fromId: "nd_1",
      toId: "nd_2",
      fields: new Map(),
      returnExisting: false,
      alias: "",
    });
    expect(
      decoded({ case: "updateEdge", value: { target: { case: "id", value: "ed_1" } } }),
    ).toEqual({ op: "update_edge", target: { by: "id", id: "ed_1" }, fields: new Map() });
    const key = { edgeTypeId: 5, fromId: "nd_1", toId: "nd_2" };
    expect(decoded({ case: "deleteEdge", value: { target: { case: "key", value: key } } })).toEqual(
      { op: "delete_edge", target: { by: "ends", ...key } },
    );
    expect(decoded({ case: "registerSchema", value: { schema: {} } })).toEqual({
      op: "register_schema",
      schema: { nodeTypes: [], edgeTypes: [], reservedTypeIds: [], reservedEdgeTypeIds: [] },
      mode: "merge",
    });
  });

  const misshapen: [string, Init, string][] = [
    ["nothing", { case: undefined }, "operations[0]"],
    ["no edge", { case: "updateEdge", value: {} }, "operations[0].update_edge"],
    ["no edge to delete", { case: "deleteEdge", value: {} }, "operations[0].delete_edge"],
    ["no schema", { case: "registerSchema", value: {} }, "operations[0].register_schema.schema"],
    [
      "an unknown way to treat a conflict",
      { case: "createNode", value: { onConflict: 9 as OnConflict } },
      "operations[0].create_node.on_conflict",
    ],
    [
      "a version that cannot occur",
      { case: "deleteNode", value: { expectedVersion: 2n ** 53n } },
      "operations[0].delete_node.expected_version",
    ],
    [
      "a value without a kind",
      { case: "createEdge", value: { fields: { 4: {} } } },
      "operations[0].create_edge.fields[4]",
    ],
    [
      "a precondition without a value",
      { case: "updateNode", value: { preconditions: [{ fieldId: 1 }] } },
      "operations[0].update_node.preconditions[0].value",
    ],
    [
      "two preconditions on one field",
      {
        case: "updateNode",
        value: {
          preconditions: [
            { fieldId: 1, value: text("a") },
            { fieldId: 1, value: text("b") },
          ],
        },
      },
      "operations[0].update_node.preconditions[1]",
    ],
    [
      "an append that expects nothing",
      { case: "appendEvents", value: {} },
      "operations[0].append_events.expected",
    ],
  ];

  test.each(misshapen)("with %s are refused, with the place", (_name, operation, path) => {
    const error = refusal(() => decoded(operation));
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.details["field"]).toBe(path);
    expect(error.message).toStartWith(path);
  });
});
