-- Who took which knowledge live, and what the gate said. id is the digest of
-- the whole record, so that one taken over twice stands here once; seq is the
-- order in which they came. changes and gate are JSON.
CREATE TABLE publications (
	id           TEXT PRIMARY KEY,
	seq          BIGINT NOT NULL,
	at           BIGINT NOT NULL,
	who          TEXT NOT NULL,
	action       TEXT NOT NULL,
	from_version TEXT NOT NULL,
	to_version   TEXT NOT NULL,
	forced       INTEGER NOT NULL,
	changes      TEXT NOT NULL,
	gate         TEXT NOT NULL,
	refused      TEXT NOT NULL
);
CREATE INDEX publications_seq ON publications (seq);
