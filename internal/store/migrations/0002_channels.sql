-- Updates of messengers that have been acknowledged and whose reply has not
-- been sent. seq is the order in which they came.
CREATE TABLE inbox (
	id      TEXT PRIMARY KEY,
	channel TEXT NOT NULL,
	seq     BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	box     {{blob}} NOT NULL
);
CREATE INDEX inbox_channel ON inbox (channel, seq);

-- What a channel must not forget, such as its tokens. Who changes it holds it
-- until a time, so that replicas take turns.
DROP TABLE channel_state;
CREATE TABLE channel_state (
	name       TEXT PRIMARY KEY,
	box        {{blob}},
	holder     TEXT NOT NULL,
	held_until BIGINT NOT NULL
);
