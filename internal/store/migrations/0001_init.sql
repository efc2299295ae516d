-- Times are milliseconds since 1970. {{blob}} is BLOB or BYTEA. Ids of people
-- and turns are keyed hashes; boxes are encrypted.

CREATE TABLE conversations (
	id      TEXT PRIMARY KEY,
	box     {{blob}} NOT NULL,
	touched BIGINT NOT NULL
);
CREATE INDEX conversations_touched ON conversations (touched);

-- A turn that is here has been answered. The box of a private reply is taken
-- away when its report is over.
CREATE TABLE turns (
	id           TEXT PRIMARY KEY,
	conversation TEXT NOT NULL,
	at           BIGINT NOT NULL,
	private      INTEGER NOT NULL,
	box          {{blob}}
);
CREATE INDEX turns_conversation ON turns (conversation);
CREATE INDEX turns_at ON turns (at);

CREATE TABLE drafts (
	conversation TEXT PRIMARY KEY,
	box          {{blob}} NOT NULL,
	touched      BIGINT NOT NULL
);
CREATE INDEX drafts_touched ON drafts (touched);

CREATE TABLE files (
	conversation TEXT NOT NULL,
	name         TEXT NOT NULL,
	box          {{blob}} NOT NULL,
	PRIMARY KEY (conversation, name)
);

CREATE TABLE reports (
	id           TEXT PRIMARY KEY,
	code         TEXT NOT NULL,
	parent       TEXT NOT NULL,
	channel      TEXT NOT NULL,
	submitted    BIGINT NOT NULL,
	state        TEXT NOT NULL,
	attempts     INTEGER NOT NULL,
	next_at      BIGINT NOT NULL,
	problem      TEXT NOT NULL,
	reference    TEXT NOT NULL,
	delivered    BIGINT NOT NULL,
	box          {{blob}},
	sealed_away  INTEGER NOT NULL
);
CREATE INDEX reports_code ON reports (code);
CREATE INDEX reports_due ON reports (state, next_at);

CREATE TABLE custody (
	seq    BIGINT PRIMARY KEY,
	at     BIGINT NOT NULL,
	report TEXT NOT NULL,
	what   TEXT NOT NULL,
	detail TEXT NOT NULL,
	prev   TEXT NOT NULL,
	hash   TEXT NOT NULL
);

CREATE TABLE feedback (
	turn         TEXT PRIMARY KEY,
	conversation TEXT NOT NULL,
	at           BIGINT NOT NULL,
	article      TEXT NOT NULL,
	good         INTEGER NOT NULL,
	reason       TEXT NOT NULL,
	asked        TEXT NOT NULL
);
CREATE INDEX feedback_at ON feedback (at);

CREATE TABLE unanswered (
	turn         TEXT PRIMARY KEY,
	conversation TEXT NOT NULL,
	at           BIGINT NOT NULL,
	outcome      TEXT NOT NULL,
	asked        TEXT NOT NULL
);
CREATE INDEX unanswered_at ON unanswered (at);

CREATE TABLE channel_state (
	name TEXT PRIMARY KEY,
	box  {{blob}} NOT NULL
);
