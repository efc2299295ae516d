-- Whose update it is, by the key of the conversation: a draft is kept as long as
-- a message of the person who writes it waits.
ALTER TABLE inbox ADD COLUMN conversation TEXT NOT NULL DEFAULT '';
