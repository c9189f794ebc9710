import * as v from "valibot";
import { closed } from "./closed.ts";
import { flag, text } from "./common.ts";
import { nodeShape } from "./graph.ts";

export const searchAnswer = closed({
  results: v.pipe(
    v.array(
      closed({
        score: v.pipe(v.number(), v.description("Greater is better; within one answer only.")),
        node: nodeShape,
        highlights: v.array(
          closed({
            field: text("The field's name."),
            text: text("A piece of its text; what was found stands between U+0002 and U+0003."),
          }),
        ),
      }),
    ),
    v.description("Best match first."),
  ),
  next_cursor: v.nullable(text("Hand it back as cursor for the next page; null: the last.")),
  has_more: flag("Whether another page follows."),
});
