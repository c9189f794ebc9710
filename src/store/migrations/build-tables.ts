/**
 * How far a schema that is being applied to existing rows has come: the view's own bookkeeping,
 * empty when nothing is being built, and in no hash. `position` is the record's offset; `step`
 * the place in its plan; `after` the last row that the step has done with, `undone` the last
 * that it has taken back. `result`, `wording` and `replaced` are the rejection that waits for
 * that; `drops` are indexes whose rows nobody reads any more; `hidden` are fields that are filled
 * already, but not in force yet.
 */
export const BUILD_TABLES = `
CREATE TABLE schema_build (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  position INTEGER NOT NULL,
  phase TEXT NOT NULL,
  step INTEGER NOT NULL,
  after TEXT NOT NULL,
  undone TEXT NOT NULL,
  rows_done INTEGER NOT NULL,
  rows_total INTEGER NOT NULL,
  doing TEXT NOT NULL,
  result BLOB,
  wording TEXT,
  replaced TEXT NOT NULL,
  drops TEXT NOT NULL,
  hidden TEXT NOT NULL
) STRICT;
`;
