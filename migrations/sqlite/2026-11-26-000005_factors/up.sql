-- Secrets of second factors, sealed for their rows: an account has one that is active, and one that waits.
CREATE TABLE factors (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  key_id TEXT NOT NULL,
  secret BLOB NOT NULL,
  is_active INTEGER NOT NULL,
  -- The last step of which a code was used: none of it or of an earlier one counts any more.
  last_step INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX factors_of_user ON factors (user_id, is_active);
CREATE INDEX factors_by_key ON factors (key_id, id);

-- Wrong codes of an account's second factor, in a row.
CREATE TABLE factor_tries (
  user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  failed INTEGER NOT NULL,
  locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Devices that somebody has signed in with in full before.
CREATE TABLE known_devices (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  locked_until INTEGER NOT NULL
) STRICT;
CREATE INDEX known_devices_of_user ON known_devices (user_id, last_used_at DESC, id DESC);
CREATE INDEX known_devices_to_purge ON known_devices (last_used_at);
