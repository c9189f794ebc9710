/**
 * What `entdb dev` says when it is ready: every address, and commands that work when they
 * are pasted. The black-box tests run the snippets literally, as they are printed.
 */
export interface Welcome {
  readonly version: string;
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly dataDir: string;
  /** The directory is removed at the end. */
  readonly throwAway: boolean;
}

/** The tenant that the snippets write to; its first write makes it. */
export const DEMO_TENANT = "demo";
const DEMO_ACTOR = "user:me";

export function welcomeText(welcome: Welcome): string {
  const { httpUrl, grpcUrl } = welcome;
  const data = welcome.throwAway ? `${welcome.dataDir} (removed at the end)` : welcome.dataDir;
  return `EntDB ${welcome.version} is ready. Ctrl-C stops it.

  REST                       ${httpUrl}/v1
  gRPC (with reflection)     ${hostOf(grpcUrl)}
  Connect, gRPC-Web          ${httpUrl} and ${grpcUrl}
  health                     ${httpUrl}/health
  metrics                    ${httpUrl}/metrics
  OpenAPI                    ${httpUrl}/openapi.json
  data                       ${data}
  tenant                     ${DEMO_TENANT} (made by its first write; any other name works too)

Paste this into another terminal:

${curlSnippet(httpUrl)}
The same graph over gRPC, with grpcurl:

${grpcurlSnippet(grpcUrl)}`;
}

/** Registers two types, writes a graph of two nodes and an edge at once, reads it back. */
export function curlSnippet(httpUrl: string): string {
  const who = `tenant_id=${DEMO_TENANT}&actor=${DEMO_ACTOR}`;
  const curlFlags = isEncrypted(httpUrl) ? "-sSk" : "-sS";
  // An answer has no line end of its own.
  const curl = `curl ${curlFlags} -w '\\n'`;
  return `# types: a person, and who follows whom
${curl} ${httpUrl}/v1/schema -H 'Content-Type: application/json' -d '{
  "tenant_id": "${DEMO_TENANT}", "actor": "${DEMO_ACTOR}",
  "node_types": [{"type_id": 1, "name": "Person",
    "fields": [{"field_id": 1, "name": "name", "kind": "str", "required": true, "indexed": true}]}],
  "edge_types": [{"edge_type_id": 100, "name": "follows", "from_type_id": 1, "to_type_id": 1}]
}'
# two people and an edge, all or nothing; a second time the same key gives the same answer
${curl} ${httpUrl}/v1/atomic -H 'Content-Type: application/json' -d '{
  "tenant_id": "${DEMO_TENANT}", "actor": "${DEMO_ACTOR}", "idempotency_key": "first-graph",
  "operations": [
    {"op": "create_node", "alias": "ada", "type_id": 1, "payload": {"name": "Ada"}},
    {"op": "create_node", "alias": "bob", "type_id": 1, "payload": {"name": "Bob"}},
    {"op": "create_edge", "edge_type_id": 100, "from": "$ada.id", "to": "$bob.id"}
  ]
}'
# read it back: Ada, and whom she follows
${curl} '${httpUrl}/v1/nodes?type_id=1&filter.name=Ada&${who}'
ADA=$(curl ${curlFlags} '${httpUrl}/v1/nodes?type_id=1&filter.name=Ada&${who}' | grep -o 'nd_[0-9a-z]*' | head -n 1)
${curl} "${httpUrl}/v1/nodes/$ADA/edges/out?${who}"
`;
}

/** Reads what {@link curlSnippet} wrote. */
export function grpcurlSnippet(grpcUrl: string): string {
  const host = hostOf(grpcUrl);
  const context = `"context": {"tenant_id": "${DEMO_TENANT}", "actor": "${DEMO_ACTOR}"}`;
  const safety = isEncrypted(grpcUrl) ? "-insecure" : "-plaintext";
  return `grpcurl ${safety} ${host} list
grpcurl ${safety} -d '{${context}, "type_id": 1}' ${host} entdb.v1.EntDBService/QueryNodes
`;
}

/** On this machine nobody needs to check whose certificate it is. */
function isEncrypted(url: string): boolean {
  return url.startsWith("https:");
}

function hostOf(url: string): string {
  return new URL(url).host;
}
