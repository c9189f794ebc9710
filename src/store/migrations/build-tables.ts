/**
 * How far a schema that is being applied to existing rows has come: the view's own bookkeeping,
 * empty when nothing is being built. `position` is the record's offset; `step` the place of the
 * step in its plan; `after` the last node that the step has done with.
 */
export const BUILD_TABLES = `
CREATE TABLE schema_build (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  position INTEGER NOT NULL,
  step INTEGER NOT NULL,
  after TEXT NOT NULL,
  rows_done INTEGER NOT NULL
) STRICT;
`;
