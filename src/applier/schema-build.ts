/**
 * A schema on its way into the rows that are there, slice by slice: how far it has come stands
 * in the view, so that a crash goes on from there.
 *
 * Count the rows, build forward; behind a refusal take everything back in the same order. The
 * outcome is not decided here: both ways end in the record's own transaction. What the new
 * schema does not need any more is removed once it is in force.
 */
import { EntError } from "../base/errors.ts";
import type { Outcome, RejectedOutcome } from "../record/outcome.ts";
import { decodeOutcome, encodeDecision, encodeWording } from "../record/outcome-codec.ts";
import { ALL_ROWS, type BuildState } from "../store/reader/build-reader.ts";
import type { Cursor, Slice } from "./build-pass.ts";
import { type BuildPlan, dropEntries } from "./build-plan.ts";
import { rejectionOf } from "./rejection.ts";
import type { GraphStatements } from "./scope.ts";

/** Rows that are counted in one step; each is a few bytes of an index. */
const COUNT_ROWS = 1_024;
/** Rows of an index that are removed in one step. */
const DROP_ROWS = 256;

/** Nothing has been done yet for the record at this offset. */
export function beginBuild(position: number, { hidden }: BuildPlan): BuildState {
  return {
    position,
    phase: "count",
    step: 0,
    after: "",
    undone: "",
    rowsDone: 0,
    rowsTotal: 0,
    doing: "counting",
    result: null,
    wording: null,
    replaced: [],
    drops: [],
    hidden,
  };
}

/** Whether all rows are as the new schema needs them, so that the record can be decided. */
export function isBuilt(state: BuildState, plan: BuildPlan): boolean {
  return state.phase === "build" && state.step === plan.passes.length;
}

/** Whether everything is as it was, so that the rejection can be remembered. */
export function isUndone(state: BuildState): boolean {
  return state.phase === "undo" && state.step < 0;
}

/** The rejection that waits until everything is taken back. */
export function rejectionIn({ result, wording }: BuildState): Outcome {
  if (result === null) throw new Error("a build that is taken back knows why");
  return decodeOutcome(result, wording);
}

/** Goes on as far as the slice allows. To be called inside a transaction that also keeps what is returned. */
export function advanceBuild(state: BuildState, plan: BuildPlan, slice: Slice): BuildState {
  let now = state;
  while (!slice.isFull && !isBuilt(now, plan) && !isUndone(now)) now = step(now, plan, slice);
  return now;
}

function step(state: BuildState, plan: BuildPlan, slice: Slice): BuildState {
  switch (state.phase) {
    case "count":
      return count(state, plan, slice);
    case "build":
      return forward(state, plan, slice);
    case "undo":
      return backward(state, plan, slice);
    case "clean":
      throw new Error("what is left to be cleaned away needs no plan");
  }
}

function count(state: BuildState, plan: BuildPlan, slice: Slice): BuildState {
  const pass = plan.passes[state.step];
  if (pass === undefined) return { ...state, phase: "build", step: 0, after: "" };
  const { rows, after } = pass.count(state.after, COUNT_ROWS);
  slice.rows += 1;
  const rowsTotal = state.rowsTotal + rows;
  if (rows === COUNT_ROWS) return { ...state, after, rowsTotal };
  return { ...state, step: state.step + 1, after: "", rowsTotal };
}

function forward(state: BuildState, plan: BuildPlan, slice: Slice): BuildState {
  const pass = plan.passes[state.step];
  if (pass === undefined) return state;
  const cursor: Cursor = { after: state.after };
  const rowsBefore = slice.rows;
  try {
    const isDone = pass.forward(cursor, slice);
    const rowsDone = state.rowsDone + slice.rows - rowsBefore;
    const next = { ...state, doing: pass.words, rowsDone };
    if (isDone) return { ...next, step: state.step + 1, after: "" };
    return { ...next, after: cursor.after };
  } catch (error) {
    if (!(error instanceof EntError)) throw error;
    const rowsDone = state.rowsDone + slice.rows - rowsBefore;
    return takingBack({ ...state, after: cursor.after, rowsDone }, rejectionOf(error));
  }
}

/** From here on backward: what was done stands in the state, and why it is refused. */
export function takingBack(
  state: BuildState,
  rejection: RejectedOutcome,
  replaced: BuildState["replaced"] = [],
): BuildState {
  const refused: BuildState = {
    ...state,
    phase: "undo",
    doing: "taking back what was done",
    undone: "",
    result: encodeDecision(rejection),
    wording: encodeWording(rejection),
    replaced,
  };
  return state.after === "" ? passBefore(refused) : refused;
}

function passBefore(state: BuildState): BuildState {
  return { ...state, step: state.step - 1, after: ALL_ROWS, undone: "" };
}

function backward(state: BuildState, plan: BuildPlan, slice: Slice): BuildState {
  const pass = plan.passes[state.step];
  if (pass === undefined) throw new Error("a build was taken back beyond its plan");
  const cursor: Cursor = { after: state.undone };
  const rowsBefore = slice.rows;
  const last = state.after === ALL_ROWS ? undefined : state.after;
  const isDone = pass.backward(cursor, slice, last);
  const rowsDone = Math.max(0, state.rowsDone - (slice.rows - rowsBefore));
  const next = { ...state, rowsDone, undone: cursor.after };
  return isDone ? passBefore(next) : next;
}

/** What is left to be cleaned away now that the schema is in force; undefined: nothing. */
export function beginCleaning(state: BuildState, plan: BuildPlan): BuildState | undefined {
  if (plan.drops.length === 0) return undefined;
  return { ...state, phase: "clean", doing: "removing indexes", drops: plan.drops, hidden: [] };
}

/** Removes rows of indexes that are gone, as far as the slice allows. Undefined when none is left. */
export function advanceCleaning(
  graph: GraphStatements,
  state: BuildState,
  slice: Slice,
): BuildState | undefined {
  const drops = [...state.drops];
  while (!slice.isFull) {
    const [drop] = drops;
    if (drop === undefined) return undefined;
    const removed = dropEntries(graph, drop, DROP_ROWS);
    slice.rows += Math.max(1, removed);
    if (removed < DROP_ROWS) drops.shift();
  }
  return drops.length === 0 ? undefined : { ...state, drops };
}
