import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** A proto file as reflection hands it out. */
export interface DescriptorFile {
  /** "entdb/v1/model.proto" */
  readonly name: string;
  /** A serialised google.protobuf.FileDescriptorProto. */
  readonly bytes: Uint8Array;
  /** Every file that it imports, directly or not, each once. */
  readonly imports: readonly DescriptorFile[];
}

/** Finds the proto files behind a set of services, and further ones, by file name and by the symbols that they declare. */
export class DescriptorIndex {
  readonly #files = new Map<string, DescriptorFile>();
  readonly #fileOfSymbol = new Map<string, DescriptorFile>();

  constructor(services: readonly DescService[], more: readonly DescFile[]) {
    for (const service of services) this.#add(service.file);
    for (const file of more) this.#add(file);
  }

  byName(name: string): DescriptorFile | undefined {
    return this.#files.get(name);
  }

  /** By the full name of a service, method, message, enum, field, oneof, enum value or extension. */
  bySymbol(symbol: string): DescriptorFile | undefined {
    return this.#fileOfSymbol.get(symbol);
  }

  #add(desc: DescFile): DescriptorFile {
    const name = desc.proto.name;
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const direct = desc.dependencies.map((dependency) => this.#add(dependency));
    const file: DescriptorFile = {
      name,
      bytes: toBinary(FileDescriptorProtoSchema, desc.proto),
      imports: [...new Set(direct.flatMap((each) => [each, ...each.imports]))],
    };
    this.#files.set(name, file);
    for (const symbol of symbolsOf(desc)) this.#fileOfSymbol.set(symbol, file);
    return file;
  }
}

function* symbolsOf(file: DescFile): Generator<string> {
  for (const type of nestedTypes(file)) {
    yield type.typeName;
    if (type.kind === "service") {
      for (const method of type.methods) yield `${type.typeName}.${method.name}`;
    }
    if (type.kind === "message") {
      for (const field of type.fields) yield `${type.typeName}.${field.name}`;
      for (const oneof of type.oneofs) yield `${type.typeName}.${oneof.name}`;
    }
    if (type.kind === "enum") {
      // The values of an enum are named beside it, not inside it.
      const scope = type.typeName.slice(0, type.typeName.lastIndexOf(".") + 1);
      for (const value of type.values) yield scope + value.name;
    }
  }
}
