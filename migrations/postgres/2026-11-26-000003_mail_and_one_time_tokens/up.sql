-- Mail that waits to be delivered. The letter is sealed, and wiped when it was delivered or is of no use any more; what is left of
-- the row tells an admin what became of it.
CREATE TABLE outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  user_id text COLLATE "C" REFERENCES users (id) ON DELETE CASCADE,
  kind text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  key_id text COLLATE "C",
  payload bytea,
  created_at bigint NOT NULL,
  expires_at bigint,
  -- When it is tried next; of a row that somebody takes, when others may.
  due_at bigint NOT NULL,
  tries bigint NOT NULL,
  claimed_by text COLLATE "C",
  ended_at bigint,
  reason text COLLATE "C"
);
CREATE INDEX outbox_due ON outbox (due_at, seq) WHERE state = 'waiting';
CREATE INDEX outbox_by_state ON outbox (state, seq);
CREATE INDEX outbox_of_user ON outbox (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX outbox_to_cut ON outbox (expires_at) WHERE payload IS NOT NULL AND expires_at IS NOT NULL;
CREATE INDEX outbox_to_purge ON outbox (ended_at) WHERE ended_at IS NOT NULL;

-- One token of a kind for an account's address: another takes its place. Of one that was ended, the expiry is 0.
CREATE TABLE one_time_tokens (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  token_hash text COLLATE "C" NOT NULL UNIQUE,
  key_id text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE UNIQUE INDEX one_time_tokens_of_user ON one_time_tokens (user_id, kind, email);
CREATE INDEX one_time_tokens_to_purge ON one_time_tokens (created_at);
