/** The page of RPCs and messages: the protos that clients are generated from, with their comments. */
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  type MethodDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { ROOT } from "./ensure-installed.ts";
import { code, page, table } from "./reference-page.ts";
import { tool } from "./run.ts";

/** Those that the server serves as its own; messages of both have different names. */
const PACKAGES = ["entdb.v1", "eventstore.v1"];
/** Field numbers in the descriptor of a file, of which the paths of comments are made. */
const AT = { message: 4, enum: 5, service: 6, method: 2, field: 2, value: 2, nested: 3 } as const;

/** The comment that stands before a descriptor, or behind it, by the path of the descriptor. */
type Comments = ReadonlyMap<string, string>;

export function rpcPage(): string {
  const files = protoFiles();
  return page(
    "# RPC",
    "gRPC, gRPC-Web and Connect serve these methods, in protobuf and in JSON; the protos are in `proto/`, and reflection tells them too. A request names its tenant and actor in its `context`, or in the headers `x-tenant-id` and `x-actor`; a credential goes into `authorization`.",
    ...files.flatMap(servicesOf),
    "## Messages",
    ...files.flatMap(messagesOf),
  );
}

function protoFiles(): FileDescriptorProto[] {
  const paths = PACKAGES.flatMap((each) => ["--path", join(ROOT, "proto", ...each.split("."))]);
  const command = ["build", "proto", ...paths, "--as-file-descriptor-set", "-o", "-"];
  const built = Bun.spawnSync([tool("buf"), ...command], { cwd: ROOT, stderr: "pipe" });
  if (!built.success) throw new Error(`buf built no descriptors:\n${built.stderr}`);
  const { file } = fromBinary(FileDescriptorSetSchema, built.stdout);
  return file
    .filter((each) => PACKAGES.includes(each.package))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function commentsOf(file: FileDescriptorProto): Comments {
  const locations = file.sourceCodeInfo?.location ?? [];
  return new Map(
    locations.map(({ path, leadingComments, trailingComments }) => [
      path.join("."),
      (leadingComments || trailingComments).trim().replaceAll(/\s*\n\s*/g, " "),
    ]),
  );
}

function servicesOf(file: FileDescriptorProto): string[] {
  const comments = commentsOf(file);
  return file.service.flatMap((service, at) => {
    const path = `${AT.service}.${at}`;
    const rows = service.method.map((method, i) => [
      code(method.name),
      signatureOf(method),
      comments.get(`${path}.${AT.method}.${i}`) ?? "",
    ]);
    return [
      file.package === "entdb.v1" ? `## ${service.name}` : `## ${file.package}.${service.name}`,
      comments.get(path) ?? "",
      table(["method", "request → answer", "meaning"], rows),
    ].filter((part) => part !== "");
  });
}

function signatureOf(method: MethodDescriptorProto): string {
  const stream = method.serverStreaming ? "stream of " : "";
  return `${typeLink(method.inputType)} → ${stream}${typeLink(method.outputType)}`;
}

function messagesOf(file: FileDescriptorProto): string[] {
  const comments = commentsOf(file);
  return [
    ...file.messageType.flatMap((message, i) =>
      messageSection(message, `${AT.message}.${i}`, "", comments),
    ),
    ...file.enumType.map((each, i) => enumSection(each, `${AT.enum}.${i}`, "", comments)),
  ];
}

function messageSection(
  message: DescriptorProto,
  path: string,
  outer: string,
  comments: Comments,
): string[] {
  const name = `${outer}${message.name}`;
  const rows = message.field.map((field, i) => [
    code(field.name),
    String(field.number),
    fieldType(field, message),
    withChoice(field, message, comments.get(`${path}.${AT.field}.${i}`) ?? ""),
  ]);
  const text = [`### ${name}`, comments.get(path) ?? ""];
  if (rows.length > 0) text.push(table(["field", "number", "type", "meaning"], rows));
  const nested = message.nestedType
    .map((each, i) => ({ each, at: `${path}.${AT.nested}.${i}` }))
    .filter(({ each }) => each.options?.mapEntry !== true);
  return [
    text.filter((part) => part !== "").join("\n\n"),
    ...nested.flatMap(({ each, at }) => messageSection(each, at, `${name}.`, comments)),
    ...message.enumType.map((each, i) => enumSection(each, `${path}.4.${i}`, `${name}.`, comments)),
  ];
}

function enumSection(
  each: EnumDescriptorProto,
  path: string,
  outer: string,
  comments: Comments,
): string {
  const rows = each.value.map((value, i) => [
    code(value.name),
    String(value.number),
    comments.get(`${path}.${AT.value}.${i}`) ?? "",
  ]);
  const text = [`### ${outer}${each.name}`, comments.get(path) ?? ""];
  return [...text, table(["value", "number", "meaning"], rows)]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** A field that is one of several says of which. */
function withChoice(field: FieldDescriptorProto, message: DescriptorProto, text: string): string {
  // Of a field that is none, the index reads as 0, but is not its own.
  if (!Object.hasOwn(field, "oneofIndex") || field.proto3Optional) return text;
  const choice = `(one of \`${message.oneofDecl[field.oneofIndex]?.name}\`)`;
  return text === "" ? choice : `${text} ${choice}`;
}

function fieldType(field: FieldDescriptorProto, message: DescriptorProto): string {
  const entry = message.nestedType.find(
    ({ name, options }) => options?.mapEntry === true && field.typeName.endsWith(`.${name}`),
  );
  if (entry !== undefined) {
    const [key, value] = entry.field;
    const [from, to] = [key, value].map((each) => (each === undefined ? "" : scalarOrLink(each)));
    return `map of ${from} to ${to}`;
  }
  const type = scalarOrLink(field);
  if (field.label === FieldDescriptorProto_Label.REPEATED) return `list of ${type}`;
  return field.proto3Optional ? `${type}, optional` : type;
}

function scalarOrLink(field: FieldDescriptorProto): string {
  if (field.typeName !== "") return typeLink(field.typeName);
  return FieldDescriptorProto_Type[field.type].toLowerCase();
}

function typeLink(typeName: string): string {
  const own = PACKAGES.find((each) => typeName.startsWith(`.${each}.`));
  if (own === undefined) return code(typeName.slice(1));
  const name = typeName.slice(own.length + 2);
  return `[${name}](#${name.toLowerCase().replaceAll(".", "")})`;
}
