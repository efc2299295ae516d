-- Several processes may share a database. A conversation counts its commits, so
-- that none is decided on what another has changed meanwhile.
ALTER TABLE conversations ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- Which process answers an update. One that has not been seen for a while has
-- died; the others take over.
ALTER TABLE inbox ADD COLUMN holder TEXT NOT NULL DEFAULT '';
CREATE TABLE replicas (
	id   TEXT PRIMARY KEY,
	seen BIGINT NOT NULL
);
