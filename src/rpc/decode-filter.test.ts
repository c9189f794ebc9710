import { describe, expect, test } from "bun:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  FilterOperator,
  FilterSchema,
  NodeAttribute,
  OrderTermSchema,
} from "../../gen/entdb/v1/filter_pb.ts";
import { refusal } from "../../test/harness/refusal.ts";
import { limits } from "../base/limits.ts";
import { COMPARISONS, NODE_ATTRIBUTES } from "../query/query.ts";
import { decodeFilter, decodeOrder } from "./decode-filter.ts";

type Init = MessageInitShape<typeof FilterSchema>;

const decode = (filter: Init) => decodeFilter(create(FilterSchema, filter), "filter");
const comparison = (operator: FilterOperator): Init => ({
  node: {
    case: "comparison",
    value: {
      operand: { case: "fieldId", value: 1 },
      operator,
      values: [{ kind: { case: "intValue", value: 5n } }],
    },
  },
});

function nested(depth: number): Init {
  return depth === 1
    ? comparison(FilterOperator.EQ)
    : { node: { case: "and", value: { filters: [nested(depth - 1)] } } };
}

describe("filters", () => {
  test("of every operator and attribute are decoded", () => {
    const operators = Object.values(FilterOperator).filter(
      (each): each is FilterOperator => typeof each === "number" && each !== 0,
    );
    const ops = operators.map((operator) => decode(comparison(operator))?.op);
    expect(ops).toEqual([...COMPARISONS]);
    const attributes = Object.values(NodeAttribute).filter(
      (each): each is NodeAttribute => typeof each === "number" && each !== 0,
    );
    const order = attributes.map((attribute) =>
      create(OrderTermSchema, {
        operand: { case: "attribute", value: attribute },
        descending: true,
      }),
    );
    expect(decodeOrder(order, "order")).toEqual(
      NODE_ATTRIBUTES.map((attribute) => ({
        operand: { of: "attribute", attribute },
        descending: true,
      })),
    );
  });

  test("nest, and keep their order", () => {
    const filter = decode({
      node: {
        case: "or",
        value: {
          filters: [
            comparison(FilterOperator.GT),
            { node: { case: "and", value: { filters: [comparison(FilterOperator.LT)] } } },
          ],
        },
      },
    });
    const leaf = { operand: { of: "field", fieldId: 1 }, values: [{ kind: "int", value: 5n }] };
    expect(filter).toEqual({
      op: "or",
      filters: [
        { op: "gt", ...leaf },
        { op: "and", filters: [{ op: "lt", ...leaf }] },
      ],
    } as never);
  });

  test("that were not sent are none", () => {
    expect(decodeFilter(undefined, "filter")).toBeUndefined();
  });

  test("are taken at the limit of depth and refused one past it", () => {
    expect(decode(nested(limits.filterDepth))).toBeDefined();
    const error = refusal(() => decode(nested(limits.filterDepth + 1)));
    expect(error.reason).toBe("LIMIT_EXCEEDED");
    expect(error.details["max"]).toBe(String(limits.filterDepth));
  });

  const misshapen: [string, Init, string][] = [
    ["nothing", {}, "filter"],
    ["no operator", comparison(FilterOperator.UNSPECIFIED), "filter.comparison.operator"],
    ["an unknown operator", comparison(99 as FilterOperator), "filter.comparison.operator"],
    [
      "no operand",
      { node: { case: "comparison", value: { operator: FilterOperator.EQ } } },
      "filter.comparison",
    ],
    [
      "an unknown attribute",
      {
        node: {
          case: "comparison",
          value: {
            operator: FilterOperator.EQ,
            operand: { case: "attribute", value: 77 as NodeAttribute },
          },
        },
      },
      "filter.comparison.attribute",
    ],
    [
      "a value without a kind, deep inside",
      {
        node: {
          case: "and",
          value: {
            filters: [
              comparison(FilterOperator.EQ),
              {
                node: {
                  case: "comparison",
                  value: {
                    operator: FilterOperator.EQ,
                    operand: { case: "fieldId", value: 1 },
                    values: [{}],
                  },
                },
              },
            ],
          },
        },
      },
      "filter.and.filters[1].comparison.values[0]",
    ],
  ];

  test.each(misshapen)("with %s are refused, with the place", (_name, filter, path) => {
    const error = refusal(() => decode(filter));
    expect([error.reason, error.details["field"]]).toEqual(["INVALID_REQUEST", path]);
  });
});
