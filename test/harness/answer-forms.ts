import { expect } from "bun:test";
import { type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";

/** A row of `test.each`: the answer's name, and what holds both of its forms to the same bytes for any answer. */
export function formsOf<D extends DescMessage, A>(
  desc: D,
  answers: fc.Arbitrary<A>,
  encode: (answer: A) => MessageShape<D>,
  pack: (answer: A) => Uint8Array,
): [name: string, check: () => void] {
  const check = () =>
    fc.assert(
      fc.property(answers, (answer) => {
        const wanted = Buffer.from(toBinary(desc, encode(answer))).toString("hex");
        expect(Buffer.from(pack(answer)).toString("hex")).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  return [desc.typeName, check];
}
