-- Mail that waits to be delivered. The letter is sealed, and wiped when it was delivered or is of no use any more; what is left of
-- the row tells an admin what became of it.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  key_id TEXT,
  payload BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  -- When it is tried next; of a row that somebody takes, when others may.
  due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  claimed_by TEXT,
  ended_at INTEGER,
  reason TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, seq) WHERE state = 'waiting';
CREATE INDEX outbox_by_state ON outbox (state, seq);
CREATE INDEX outbox_of_user ON outbox (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX outbox_to_cut ON outbox (expires_at) WHERE payload IS NOT NULL AND expires_at IS NOT NULL;
CREATE INDEX outbox_to_purge ON outbox (ended_at) WHERE ended_at IS NOT NULL;

-- One token of a kind for an account's address: another takes its place. Of one that was ended, the expiry is 0.
CREATE TABLE one_time_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  email TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_time_tokens_of_user ON one_time_tokens (user_id, kind, email);
CREATE INDEX one_time_tokens_to_purge ON one_time_tokens (created_at);
