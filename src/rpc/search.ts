import { create } from "@bufbuild/protobuf";
import {
  EntDBService,
  HighlightSchema,
  SearchHitSchema,
  SearchNodesResponseSchema,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { Engine } from "../engine/engine.ts";
import { absentIsEmpty, decodeFreshness, emptyIsAbsent } from "./decode-read.ts";
import { encodeNode } from "./encode-graph.ts";
import { callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";

/** Full-text search over nodes. */
export function searchMethods(engine: Engine): RpcMethod[] {
  return [
    unary(EntDBService.method.searchNodes, async (request, call) => {
      const caller = callerOf(call, request.context);
      const { query, typeIds, fieldIds, prefix, pageSize } = request;
      const cursor = emptyIsAbsent(request.cursor);
      const page = await engine.searchNodes(
        caller,
        { query, typeIds, fieldIds, prefix, pageSize, cursor },
        decodeFreshness(request.read),
        call.signal,
      );
      return create(SearchNodesResponseSchema, {
        hits: page.hits.map(({ node, score, highlights }) =>
          create(SearchHitSchema, {
            node: encodeNode(node),
            score,
            highlights: highlights.map((highlight) => create(HighlightSchema, highlight)),
          }),
        ),
        nextCursor: absentIsEmpty(page.nextCursor),
        hasMore: page.hasMore,
        positionToken: page.positionToken,
      });
    }),
  ];
}
