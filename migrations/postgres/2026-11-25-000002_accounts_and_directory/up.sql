-- Times are milliseconds since the Unix epoch, 0 meaning never. What is a key or has an order is COLLATE "C".
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The texts are written by the program alone, which folds; rows of a version before it have empty ones until it has gone over them.
-- Search texts hold a-z and 0-9 as they are and everything else spelled out in letters, so that an index of any locale knows them.
ALTER TABLE users
  ADD COLUMN search_names text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN search_full_name text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN search_email text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN sort_nickname text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN sort_full_name text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN bot_owner_id text COLLATE "C",
  ADD COLUMN bot_created_at bigint NOT NULL DEFAULT 0,
  ADD COLUMN bot_updated_at bigint NOT NULL DEFAULT 0,
  ADD COLUMN active_teams bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT users_username_id_key UNIQUE (username, id);
-- Sign-ins write the row again: with room beside it no index is touched.
ALTER TABLE users SET (fillfactor = 80);
-- Without a list of pending entries, which every search would have to go through.
CREATE INDEX users_by_texts ON users
  USING gin (search_names gin_trgm_ops, search_full_name gin_trgm_ops, search_email gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX users_to_fold ON users (id) WHERE search_names = '';
CREATE INDEX users_newest ON users (created_at DESC, username, id);
CREATE INDEX users_by_nickname ON users (sort_nickname, id);
CREATE INDEX users_by_full_name ON users (sort_full_name, id);
CREATE INDEX users_inactive ON users (username, id) WHERE deleted_at <> 0;
CREATE INDEX users_without_team ON users (username, id) WHERE active_teams = 0;
-- Who may be left out of a count: everybody else is counted by the stretch.
CREATE INDEX users_set_apart ON users (id) WHERE deleted_at <> 0 OR is_bot OR remote_id <> '';
CREATE INDEX users_bots ON users (bot_created_at, id) WHERE is_bot;
CREATE INDEX users_of_owner ON users (bot_owner_id, bot_created_at, id) WHERE bot_owner_id IS NOT NULL;

-- The roles an account has besides system_user: few have any. Where a username is kept beside an id, the database keeps it.
CREATE TABLE user_roles_beside (
  role text COLLATE "C" NOT NULL,
  username text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (role, username, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX user_roles_beside_of_user ON user_roles_beside (user_id);

CREATE TABLE teams (
  id text COLLATE "C" PRIMARY KEY,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint NOT NULL,
  name text COLLATE "C" NOT NULL CONSTRAINT teams_name_key UNIQUE,
  display_name text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  company_name text COLLATE "C" NOT NULL,
  allowed_domains text COLLATE "C" NOT NULL,
  invite_id text COLLATE "C" NOT NULL,
  allows_open_invite boolean NOT NULL,
  is_group_constrained boolean
);
CREATE INDEX teams_by_invite_id ON teams (invite_id);
CREATE INDEX teams_of_maker ON teams (email);
CREATE INDEX teams_in_use ON teams (display_name, id) WHERE deleted_at = 0;
CREATE INDEX teams_open ON teams (display_name, id) WHERE deleted_at = 0 AND allows_open_invite;

CREATE TABLE team_members (
  team_id text COLLATE "C" NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  user_id text COLLATE "C" NOT NULL,
  username text COLLATE "C" NOT NULL,
  is_guest boolean NOT NULL,
  is_user boolean NOT NULL,
  is_admin boolean NOT NULL,
  created_at bigint NOT NULL,
  deleted_at bigint NOT NULL,
  PRIMARY KEY (team_id, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX team_members_of_user ON team_members (user_id, team_id);
CREATE INDEX team_members_by_name ON team_members (team_id, username, user_id) WHERE deleted_at = 0;
CREATE INDEX team_members_admins ON team_members (team_id, username, user_id) WHERE is_admin;
CREATE INDEX team_members_guests ON team_members (team_id, username, user_id) WHERE is_guest;

CREATE TABLE channels (
  id text COLLATE "C" PRIMARY KEY,
  team_id text COLLATE "C" REFERENCES teams (id) ON DELETE CASCADE,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  display_name text COLLATE "C" NOT NULL,
  header text COLLATE "C" NOT NULL,
  purpose text COLLATE "C" NOT NULL,
  creator_id text COLLATE "C",
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint NOT NULL,
  is_group_constrained boolean
);
CREATE UNIQUE INDEX channels_name_in_team ON channels (team_id, name) WHERE team_id IS NOT NULL;
CREATE UNIQUE INDEX channels_name_without_team ON channels (name) WHERE team_id IS NULL;
CREATE INDEX channels_of_creator ON channels (creator_id) WHERE creator_id IS NOT NULL;

CREATE TABLE channel_members (
  channel_id text COLLATE "C" NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  user_id text COLLATE "C" NOT NULL,
  username text COLLATE "C" NOT NULL,
  is_guest boolean NOT NULL,
  is_user boolean NOT NULL,
  is_admin boolean NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (channel_id, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX channel_members_of_user ON channel_members (user_id, channel_id);
CREATE INDEX channel_members_by_name ON channel_members (channel_id, username, user_id);
CREATE INDEX channel_members_admins ON channel_members (channel_id, username, user_id) WHERE is_admin;
CREATE INDEX channel_members_guests ON channel_members (channel_id, username, user_id) WHERE is_guest;

CREATE TABLE user_groups (
  id text COLLATE "C" PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  display_name text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  allows_reference boolean NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint NOT NULL
);
CREATE UNIQUE INDEX user_groups_name_in_use ON user_groups (name) WHERE deleted_at = 0;
CREATE INDEX user_groups_in_use ON user_groups (display_name, id) WHERE deleted_at = 0;

CREATE TABLE group_members (
  group_id text COLLATE "C" NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
  user_id text COLLATE "C" NOT NULL,
  username text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (group_id, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX group_members_of_user ON group_members (user_id, group_id);
CREATE INDEX group_members_by_name ON group_members (group_id, username, user_id);

CREATE TABLE group_places (
  group_id text COLLATE "C" NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
  team_id text COLLATE "C" REFERENCES teams (id) ON DELETE CASCADE,
  channel_id text COLLATE "C" REFERENCES channels (id) ON DELETE CASCADE,
  created_at bigint NOT NULL,
  CHECK ((team_id IS NULL) <> (channel_id IS NULL))
);
CREATE UNIQUE INDEX group_places_teams ON group_places (team_id, group_id) WHERE team_id IS NOT NULL;
CREATE UNIQUE INDEX group_places_channels ON group_places (channel_id, group_id) WHERE channel_id IS NOT NULL;
CREATE INDEX group_places_of_group ON group_places (group_id);

CREATE TABLE invitations (
  id text COLLATE "C" PRIMARY KEY,
  token_hash text COLLATE "C" NOT NULL UNIQUE,
  key_id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C" NOT NULL,
  channels text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  is_guest boolean NOT NULL,
  invited_by text COLLATE "C",
  created_at bigint NOT NULL
);
CREATE INDEX invitations_to_address ON invitations (email);
CREATE INDEX invitations_of_inviter ON invitations (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX invitations_to_purge ON invitations (created_at);

CREATE TABLE terms_of_service (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  created_at bigint NOT NULL,
  author text COLLATE "C",
  text text COLLATE "C" NOT NULL
);
CREATE INDEX terms_of_service_newest ON terms_of_service (created_at DESC, seq DESC);
CREATE INDEX terms_of_service_of_author ON terms_of_service (author) WHERE author IS NOT NULL;

CREATE TABLE preferences (
  user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  category text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, category, name)
);

CREATE TABLE statuses (
  user_id text COLLATE "C" PRIMARY KEY,
  username text COLLATE "C" NOT NULL,
  presence text COLLATE "C" NOT NULL,
  is_manual boolean NOT NULL,
  last_activity_at bigint NOT NULL,
  dnd_end_secs bigint NOT NULL,
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX statuses_last_active ON statuses (last_activity_at DESC, username, user_id);
CREATE INDEX statuses_by_presence ON statuses (presence, username, user_id);

ALTER TABLE audits ADD COLUMN action text COLLATE "C", ADD COLUMN extra text COLLATE "C";
CREATE INDEX audits_shown_to_actor ON audits (actor, seq) WHERE extra IS NOT NULL;

INSERT INTO user_roles_beside (role, username, user_id)
  SELECT DISTINCT role, username, id FROM users, unnest(string_to_array(roles, ' ')) AS role WHERE role NOT IN ('system_user', '');

-- The database keeps the roles beside: a version that knows nothing of them may serve meanwhile.
CREATE FUNCTION users_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO user_roles_beside (role, username, user_id)
    SELECT DISTINCT role, username, id FROM added, unnest(string_to_array(roles, ' ')) AS role
    WHERE added.roles <> 'system_user' AND role NOT IN ('system_user', '');
  INSERT INTO list_changes (list, name, change) SELECT '', username, 1 FROM added;
  RETURN NULL;
END $$;

CREATE FUNCTION user_was_given_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM user_roles_beside WHERE user_id = NEW.id;
  INSERT INTO user_roles_beside (role, username, user_id)
    SELECT DISTINCT role, NEW.username, NEW.id FROM unnest(string_to_array(NEW.roles, ' ')) AS role WHERE role NOT IN ('system_user', '');
  RETURN NULL;
END $$;

-- Counts beside an index range. Everyone's list ('') is cut into stretches, each beginning at a name; a team's list, by the team's id,
-- has the same ones, as far as members are in them: so a stretch that belongs to a team as a whole is known. What a list gains and
-- loses is appended, by name: writers then never wait for each other, and a stretch that is cut in two meanwhile stays right. A
-- stretch has `names` and what was appended since for names in it, both as one snapshot sees them.
CREATE TABLE list_marks (
  list text COLLATE "C" NOT NULL,
  first_name text COLLATE "C" NOT NULL,
  names bigint NOT NULL,
  PRIMARY KEY (list, first_name)
);
CREATE INDEX list_marks_too_long ON list_marks (first_name) WHERE list = '' AND names > 2000;
CREATE INDEX list_marks_by_name ON list_marks (first_name);
CREATE TABLE list_changes (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  list text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  change bigint NOT NULL
);
CREATE INDEX list_changes_of_list ON list_changes (list, name, change);
INSERT INTO list_marks (list, first_name, names) SELECT '', '', count(*) FROM users;

CREATE FUNCTION users_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change) SELECT '', username, -1 FROM removed;
  RETURN NULL;
END $$;

CREATE FUNCTION user_was_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (list, name, change) VALUES ('', OLD.username, -1), ('', NEW.username, 1);
  IF EXISTS (SELECT 1 FROM list_marks WHERE first_name = OLD.username) THEN
    PERFORM forget_name(OLD.username);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION members_were_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams + gained.teams
    FROM (SELECT user_id, count(*) AS teams FROM added WHERE deleted_at = 0 GROUP BY user_id) AS gained WHERE users.id = gained.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, 1 FROM added WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE FUNCTION members_were_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET active_teams = active_teams - lost.teams
    FROM (SELECT user_id, count(*) AS teams FROM removed WHERE deleted_at = 0 GROUP BY user_id) AS lost WHERE users.id = lost.user_id;
  INSERT INTO list_changes (list, name, change) SELECT team_id, username, -1 FROM removed WHERE deleted_at = 0;
  RETURN NULL;
END $$;

CREATE FUNCTION member_was_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.deleted_at = 0) <> (NEW.deleted_at = 0) THEN
    UPDATE users SET active_teams = active_teams + CASE WHEN NEW.deleted_at = 0 THEN 1 ELSE -1 END WHERE id = NEW.user_id;
  END IF;
  INSERT INTO list_changes (list, name, change)
    SELECT list, name, change FROM (VALUES (OLD.team_id, OLD.username, -1, OLD.deleted_at), (NEW.team_id, NEW.username, 1, NEW.deleted_at))
    AS both_states (list, name, change, deleted_at) WHERE deleted_at = 0;
  RETURN NULL;
END $$;

-- Adds what was appended to the stretches, and cuts those that have become long. Each of its statements counts in one snapshot: what
-- is committed while it runs stays appended.
CREATE FUNCTION tend_lists() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  long record;
  ends_before text COLLATE "C";
BEGIN
  -- One at a time: "lists" in ASCII. Taken in a statement before those that count, which then see what the one before did.
  IF NOT pg_try_advisory_xact_lock(465675777139) THEN
    RETURN;
  END IF;
  WITH gone AS (DELETE FROM list_changes RETURNING list, name, change),
    sums AS (
      SELECT list, sum(change) AS change,
        (SELECT max(first_name) FROM list_marks WHERE list_marks.list = '' AND first_name <= gone.name) AS first_name
      FROM gone GROUP BY 1, 3)
  INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, change FROM sums
    ON CONFLICT (list, first_name) DO UPDATE SET names = marks.names + excluded.names;
  FOR long IN SELECT first_name FROM list_marks WHERE list = '' AND names > 2000 LOOP
    -- No username has a byte above that of '~'.
    SELECT coalesce(min(first_name), '~') INTO ends_before FROM list_marks WHERE list = '' AND first_name > long.first_name;
    WITH named AS MATERIALIZED (
        SELECT id, username, (row_number() OVER (ORDER BY username, id) - 1) / 1000 AS part FROM users
        WHERE username >= long.first_name AND username < ends_before),
      parts AS MATERIALIZED (
        SELECT part, CASE part WHEN 0 THEN long.first_name ELSE min(username) END AS first_name, count(*) AS names
        FROM named GROUP BY part),
      members AS MATERIALIZED (
        SELECT team_id, part, count(*) AS names FROM named JOIN team_members ON user_id = id AND deleted_at = 0 GROUP BY team_id, part),
      counted AS (
        SELECT '' AS list, first_name, names FROM parts
        UNION ALL
        SELECT team_id, first_name, members.names FROM members JOIN parts USING (part)
        UNION ALL
        -- Teams whose members have all come to lie behind the first cut.
        SELECT list, first_name, 0 FROM list_marks AS emptied WHERE first_name = long.first_name AND list <> ''
          AND NOT EXISTS (SELECT 1 FROM members WHERE team_id = emptied.list AND part = 0)),
      gone AS (DELETE FROM list_changes WHERE name >= long.first_name AND name < ends_before)
    INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, first_name, names FROM counted
      ON CONFLICT (list, first_name) DO UPDATE SET names = excluded.names;
  END LOOP;
END $$;

-- Leaves no trace of a name in the counts: what was appended is added up, and a stretch that begins at the name goes to the one before.
CREATE FUNCTION forget_name(gone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  before text COLLATE "C";
BEGIN
  PERFORM pg_advisory_xact_lock(465675777139);
  PERFORM tend_lists();
  SELECT max(first_name) INTO before FROM list_marks WHERE list = '' AND first_name < gone COLLATE "C";
  WITH merged AS (DELETE FROM list_marks WHERE first_name = gone COLLATE "C" RETURNING list, names)
  INSERT INTO list_marks AS marks (list, first_name, names) SELECT list, before, names FROM merged
    ON CONFLICT (list, first_name) DO UPDATE SET names = marks.names + excluded.names;
END $$;

CREATE FUNCTION lists_were_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM noted WHERE seq % 500 = 0) THEN
    PERFORM tend_lists();
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER users_were_added AFTER INSERT ON users REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION users_were_added();
CREATE TRIGGER users_were_removed AFTER DELETE ON users REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION users_were_removed();
-- For each row, with a condition: sign-ins write the row too, and must not pay for this.
CREATE TRIGGER user_was_renamed AFTER UPDATE OF username ON users
  FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION user_was_renamed();
CREATE TRIGGER user_was_given_roles AFTER UPDATE OF roles ON users
  FOR EACH ROW WHEN (OLD.roles <> NEW.roles) EXECUTE FUNCTION user_was_given_roles();
CREATE TRIGGER members_were_added AFTER INSERT ON team_members REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION members_were_added();
CREATE TRIGGER members_were_removed AFTER DELETE ON team_members REFERENCING OLD TABLE AS removed
  FOR EACH STATEMENT EXECUTE FUNCTION members_were_removed();
CREATE TRIGGER member_was_changed AFTER UPDATE OF deleted_at, username ON team_members
  FOR EACH ROW WHEN (OLD.username <> NEW.username OR (OLD.deleted_at = 0) <> (NEW.deleted_at = 0)) EXECUTE FUNCTION member_was_changed();
CREATE TRIGGER lists_were_changed AFTER INSERT ON list_changes REFERENCING NEW TABLE AS noted
  FOR EACH STATEMENT EXECUTE FUNCTION lists_were_changed();

SELECT tend_lists();
