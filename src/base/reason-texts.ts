/**
 * What each reason means and what to do about it, for the reference page and for whoever
 * explains a refusal. Total by its type: a reason without a text does not compile. A test
 * holds the codes equal to those that the sources use.
 */
import { ACCESS_REASON_TEXTS } from "./access-reason-texts.ts";
import { BACKUP_REASON_TEXTS } from "./backup-reason-texts.ts";
import type { ErrorReason } from "./errors.ts";
import { EVENT_REASON_TEXTS } from "./event-reason-texts.ts";
import { type ReasonText, text } from "./reason-text.ts";

export const REASON_TEXTS: Readonly<Record<ErrorReason, ReasonText>> = {
  INVALID_REQUEST: text(
    ["invalid_argument", "unimplemented", "internal"],
    "The request does not have the shape of its message, or its headers contradict each other.",
    "Compare it with the API reference; the details name the place.",
  ),
  INVALID_TENANT_ID: text(
    "invalid_argument",
    "The tenant id is not 1 to 128 characters of `A-Za-z0-9._-` that begin with a letter or digit.",
    "Send the id exactly as the tenant was created with; ids are compared byte for byte.",
  ),
  INVALID_ACTOR: text(
    "invalid_argument",
    "The actor is missing, or not of the form `user:alice`.",
    "Name who asks, as `user:`, `role:`, `group:` or `system:` and a name.",
  ),
  INVALID_ID: text(
    ["invalid_argument", "already_exists"],
    "An id is not `nd_` (node) or `ed_` (edge) and 26 lower-case base32 characters.",
    "Send ids as they were handed out, or leave the id out to be given one.",
  ),
  INVALID_VALUE: text(
    "invalid_argument",
    "A value cannot be kept as it is: out of range, not finite, not valid UTF-8, not valid JSON.",
    "Mend the value that the details name; nothing is ever rounded or cut to fit.",
  ),
  INVALID_IDEMPOTENCY_KEY: text(
    "invalid_argument",
    "The idempotency key is longer than 256 bytes or not valid text.",
    "Use a short unique text, such as a UUID, or none to have the server make one.",
  ),
  INVALID_FILTER: text(
    "invalid_argument",
    "The filter or the order cannot be understood, or does not fit the field that it names.",
    "Check operator, field and value against the schema; the details name the place.",
  ),
  INVALID_CURSOR: text(
    "invalid_argument",
    "The cursor was not handed out for this question, actor and tenant.",
    "Go on with exactly the request that gave the cursor, or begin without one.",
  ),
  INVALID_POSITION: text(
    "invalid_argument",
    "The position or token is not one that this server handed out.",
    "Send the token unchanged, as the bytes or the text that an answer carried.",
  ),
  ALIAS_INVALID: text(
    "invalid_argument",
    "An alias is not a short name of letters, digits and underscores.",
    "Choose another alias; it only lives within its transaction.",
  ),
  ALIAS_UNKNOWN: text(
    "invalid_argument",
    "`$name.id` refers to an alias that no earlier operation defines.",
    "Put the operation that creates the node before the one that refers to it.",
  ),
  ALIAS_DUPLICATE: text(
    "invalid_argument",
    "Two operations of one transaction define the same alias.",
    "Give each its own.",
  ),
  SERVER_OWNED_FIELD: text(
    "invalid_argument",
    "The request sets what the server decides: id, owner, version, times.",
    "Leave those names out of the payload.",
  ),
  LIMIT_EXCEEDED: text(
    ["invalid_argument", "failed_precondition", "resource_exhausted"],
    "Something is larger, longer or deeper than the server takes; the details name the limit.",
    "Split the request, or ask the operator to raise the limit if it is a setting.",
  ),
  MESSAGE_TOO_LARGE: text(
    "resource_exhausted",
    "The message is larger than the server takes, as sent or after decompression.",
    "Split it: a transaction into several, a read into pages.",
  ),
  UNSUPPORTED_ENCODING: text(
    ["unimplemented", "invalid_argument", "unknown"],
    "The message comes in a content type or a compression that the server does not read.",
    "Send it uncompressed or with gzip, as JSON or protobuf.",
  ),
  POSITION_FROM_ANOTHER_LOG: text(
    "invalid_argument",
    "The token belongs to another log: another server, or this one before it was set up anew.",
    "Forget the token and read without it.",
  ),
  POSITION_BEYOND_LOG: text(
    "out_of_range",
    "The position lies beyond the end of the log.",
    "Check that the token comes from this server; nothing has been written there yet.",
  ),
  SCHEMA_UNKNOWN: text(
    "failed_precondition",
    "The tenant has never stored the schema with this fingerprint.",
    "Send the types along in the same request, or register the schema first; SDKs do so by themselves.",
  ),
  SCHEMA_INVALID: text(
    "invalid_argument",
    "The schema contradicts itself or breaks a rule of names, ids or kinds.",
    "Mend the type or field that the message names.",
  ),
  SCHEMA_INCOMPATIBLE: text(
    "failed_precondition",
    "The schema would change what stored data means.",
    "Add a field or a type under a new id instead; `entdb schema check` shows every difference.",
  ),
  TYPE_UNKNOWN: text(
    "invalid_argument",
    "The tenant's schema has no such node type.",
    "Register the type, or use one of those that the hint names.",
  ),
  EDGE_TYPE_UNKNOWN: text(
    "invalid_argument",
    "The tenant's schema has no such edge type.",
    "Register the type, or use one of those that the hint names.",
  ),
  FIELD_UNKNOWN: text(
    "invalid_argument",
    "The type has no such field.",
    "Use one of the names in the hint, or register the schema that adds the field.",
  ),
  FIELD_REQUIRED: text(
    "invalid_argument",
    "A required field is missing, or would be cleared.",
    "Send a value for it; 0, false and the empty text are values.",
  ),
  FIELD_KIND_MISMATCH: text(
    "invalid_argument",
    "A value is of another kind than its field.",
    "Send a value of the kind that the schema names; kinds are not converted.",
  ),
  ENUM_VALUE_UNKNOWN: text(
    "invalid_argument",
    "The value is none of the enum's.",
    "Send one of the values, or register the schema that adds it at the end.",
  ),
  REF_TARGET_MISMATCH: text(
    "invalid_argument",
    "A reference points to a node of another type than the schema names.",
    "Refer to a node of that type.",
  ),
  EDGE_ENDS_MISMATCH: text(
    "invalid_argument",
    "An edge begins or ends at a node of another type than the schema names.",
    "Give nodes of the types that the edge type connects.",
  ),
  KEY_UNKNOWN: text(
    "invalid_argument",
    "The type has no such unique field or unique key.",
    "Ask by one that the schema declares unique, or query with a filter.",
  ),
  NODE_NOT_FOUND: text(
    "not_found",
    "There is no such node in this tenant, or it is deleted, or not yours to see.",
    "Check id and tenant; ask with `include_deleted` for a deleted one.",
  ),
  NODE_DELETED: text(
    "failed_precondition",
    "The node is deleted, and the operation needs it to be there.",
    "Restore it first.",
  ),
  NODE_NOT_DELETED: text(
    "failed_precondition",
    "Only a deleted node can be restored, and this one is not.",
    "Nothing needs doing: the node is there.",
  ),
  NODE_ALREADY_EXISTS: text(
    "already_exists",
    "There is a node with the id that the client proposed.",
    "Leave the id out to be given a fresh one, or update the node that is there.",
  ),
  EDGE_NOT_FOUND: text(
    "not_found",
    "There is no such edge in this tenant, or one of its ends is deleted.",
    "Check the id, or type and ends.",
  ),
  EDGE_ALREADY_EXISTS: text(
    "already_exists",
    "There is an edge of this type between these nodes already.",
    "Use `on_conflict` RETURN_EXISTING to be answered with it.",
  ),
  UNIQUE_CONFLICT: text(
    "already_exists",
    "Another node holds this value of a unique field or key.",
    "Use another value, or `on_conflict` RETURN_EXISTING to be answered with that node.",
  ),
  VERSION_CONFLICT: text(
    "aborted",
    "The node has another version than the one expected: somebody changed it meanwhile.",
    "Read it again, decide again, and send the version that was read.",
  ),
  PRECONDITION_FAILED: text(
    "aborted",
    "A field does not hold the value that the request demands.",
    "Read the node again and decide again.",
  ),
  IDEMPOTENCY_KEY_REUSED: text(
    "already_exists",
    "The idempotency key was used for another request; nothing was done.",
    "Use a fresh key for a new request, and the same one only to repeat the same request.",
  ),
  UNAUTHENTICATED: text(
    "unauthenticated",
    "The request carries no credential, or one that is not valid any more.",
    "Send a valid API key or token.",
  ),
  PERMISSION_DENIED: text(
    "permission_denied",
    "Whoever asks may not do this.",
    "Ask for the right, or act as somebody who has it.",
  ),
  TENANT_MISMATCH: text(
    "permission_denied",
    "Two places of the request name different tenants, or the credential belongs to another one.",
    "Name the tenant once, or the same everywhere.",
  ),
  TENANT_NOT_FOUND: text(
    "not_found",
    "There is no such tenant.",
    "Check the id; where tenants are created by writing, the first write creates it.",
  ),
  TENANT_ALREADY_EXISTS: text(
    "already_exists",
    "There is a tenant with this id already.",
    "Use it, or choose another id.",
  ),
  TENANT_HALTED: text(
    "failed_precondition",
    "The tenant stopped at a record that cannot be applied; its reads go on, its writes do not.",
    "Nothing is lost: the operator finds the cause in the server's log and runs `entdb tenants retry`.",
  ),
  TENANT_STALLED: text(
    "unavailable",
    "The tenant's files cannot be written at the moment, usually because the disk is full.",
    "Try again; the server goes on by itself once there is room.",
  ),
  TENANT_REBUILDING: text(
    ["unavailable", "failed_precondition"],
    "The tenant's files are being made again from the log.",
    "Try again in a moment.",
  ),
  HOST_REFUSED: text(
    ["permission_denied", "invalid_argument"],
    "The server does not answer to the name in the Host header.",
    "Call it as localhost, or have its operator allow the name (`ENTDB_ALLOWED_HOSTS`).",
  ),
  ORIGIN_REFUSED: text(
    "permission_denied",
    "Pages of this origin may not call the server.",
    "Have its operator allow the origin (`ENTDB_CORS_ORIGINS`).",
  ),
  POSITION_NOT_REACHED: text(
    "deadline_exceeded",
    "The view did not reach the position that the read demands before its deadline.",
    "Ask again with a longer deadline; the server never answers with older data instead.",
  ),
  QUERY_NEEDS_INDEX: text(
    "failed_precondition",
    "The query would look at more rows than one query may.",
    "Make the field that the details name `indexed`, or narrow the filter.",
  ),
  OUTCOME_UNKNOWN: text(
    ["unavailable", "unknown"],
    "It cannot be said whether the write was made durable.",
    "Send the same request again with the same idempotency key: it is applied at most once.",
  ),
  LOG_UNAVAILABLE: text(
    "unavailable",
    "The log takes no writes at the moment; nothing was written.",
    "Try again; reads go on, and the log resumes by itself once its storage works.",
  ),
  LOG_DAMAGED: text(
    "data_loss",
    "Acknowledged records of the log do not verify any more.",
    "Keep the directory as it is, and restore the partition from a copy.",
  ),
  LOG_SHORTER_THAN_VIEWS: text(
    "data_loss",
    "The log ends before records that views have applied: acknowledged records are missing.",
    "Put the whole log directory back; the server does not serve without it.",
  ),
  LOG_TRIMMED: text(
    ["out_of_range", "data_loss"],
    "The position is older than what the log still holds.",
    "Begin at the oldest position that is left, or restore from a snapshot.",
  ),
  CLOCK_JUMP: text(
    "unavailable",
    "The machine's clock is far ahead of the log's last record, so that no write is taken.",
    "Set the clock right, or start with `--accept-clock` if it is right as it stands.",
  ),
  REPLAY_DIVERGED: text(
    "data_loss",
    "Replaying the log came to other outcomes than before.",
    "Keep the data directory as it is and report this: it is a fault of EntDB.",
  ),
  VIEW_DAMAGED: text(
    "data_loss",
    "A file of the tenant cannot be read.",
    "Nothing needs doing: the file is set aside and made again from the log.",
  ),
  DATA_DIR_LOCKED: text(
    "failed_precondition",
    "Another server uses the data directory.",
    "Stop that one first, or start this one with another `--data-dir`.",
  ),
  DATA_DIR_INVALID: text(
    ["failed_precondition", "data_loss"],
    "The data directory cannot be used: not there, not ours, not writable, or not whole.",
    "Mend what the message names, or choose another directory.",
  ),
  FORMAT_TOO_NEW: text(
    "failed_precondition",
    "A file was written by a later version of EntDB.",
    "Start that version, or a later one.",
  ),
  CONFIG_INVALID: text(
    "failed_precondition",
    "A setting is unknown, cannot be read, or contradicts another one.",
    "Mend what the message names; `entdb config show` tells where each setting came from.",
  ),
  DEADLINE_EXCEEDED: text(
    "deadline_exceeded",
    "The call took longer than its deadline allows.",
    "A write may have happened: send it again with the same idempotency key, or ask GetReceipt.",
  ),
  CANCELED: text(
    "canceled",
    "The client gave the call up.",
    "A write may have happened: send it again with the same idempotency key, or ask GetReceipt.",
  ),
  OVERLOADED: text(
    "resource_exhausted",
    "The server has as much under way as it takes.",
    "Send fewer requests at once, and try again after a pause.",
  ),
  SERVER_STOPPING: text(
    "unavailable",
    "The server is stopping and takes nothing new.",
    "Try again in a moment, or on another address.",
  ),
  ROUTE_NOT_FOUND: text(
    ["not_found", "unimplemented"],
    "There is nothing at this path.",
    "Compare it with the API reference; `/openapi.json` and server reflection list what is there.",
  ),
  METHOD_NOT_ALLOWED: text(
    ["unimplemented", "unknown"],
    "The path is served, but not by this HTTP method.",
    "Use the method that the `Allow` header or the API reference names.",
  ),
  NOT_IMPLEMENTED: text(
    "unimplemented",
    "This version of the server does not have what was asked for.",
    "Update the server, or do without.",
  ),
  INTERNAL: text(
    "internal",
    "The server failed, by a fault of its own.",
    "Give the request id to whoever runs the server: its log names the cause.",
  ),
  ...ACCESS_REASON_TEXTS,
  ...BACKUP_REASON_TEXTS,
  ...EVENT_REASON_TEXTS,
};
