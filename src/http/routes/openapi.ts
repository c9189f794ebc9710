import * as v from "valibot";
import type { Answer } from "../reply.ts";
import { getRoute, type Route } from "../route.ts";

/**
 * The documentation of the interface, made from the table of routes when somebody first
 * asks for it: neither the maker nor its library is loaded before.
 */
export function openApiRoute(routes: () => readonly Route[]): Route {
  let made: Promise<Answer> | undefined;
  const make = async (): Promise<Answer> => {
    const { openApiDocument } = await import("../openapi.ts");
    return { text: JSON.stringify(openApiDocument(routes())) };
  };
  const facts = {
    tag: "health",
    summary: "This document",
    query: {},
    answers: { 200: v.looseObject({ openapi: v.string() }) },
  } as const;
  return getRoute("/openapi.json", facts, () => (made ??= make()));
}
