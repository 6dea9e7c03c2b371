-- What is searched and sorted is folded by the program, which also fills these columns of accounts that are there already.
-- `number` joins an account to its search indexes: row ids change when the file is dumped and read back.
ALTER TABLE users ADD COLUMN number INTEGER;
ALTER TABLE users ADD COLUMN search_names TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN search_full_name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN search_email TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN sort_nickname TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN sort_full_name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN bot_owner_id TEXT REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE users ADD COLUMN bot_created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN bot_updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN active_teams INTEGER NOT NULL DEFAULT 0;

-- From a number that a search index gives to the username: what is found is sorted before it is looked at.
CREATE INDEX users_by_number ON users (number, username);
-- What is searched, in the order of usernames: a word that many have is found on the way through it, without the rest of the rows.
CREATE INDEX users_searched ON users (username, search_names, search_full_name, search_email, id);
-- What the copies of usernames refer to.
CREATE UNIQUE INDEX users_by_id_and_name ON users (id, username);
CREATE INDEX users_by_creation ON users (created_at DESC, username, id);
CREATE INDEX users_by_nickname ON users (sort_nickname, id);
CREATE INDEX users_by_full_name ON users (sort_full_name, id);
CREATE INDEX users_inactive ON users (username, id) WHERE deleted_at <> 0;
CREATE INDEX users_without_team ON users (username, id) WHERE active_teams = 0;
CREATE INDEX users_bots ON users (bot_created_at, id) WHERE is_bot = 1;
CREATE INDEX users_bots_of_owner ON users (bot_owner_id, bot_created_at, id) WHERE bot_owner_id IS NOT NULL;
-- Counts are those of lists without these, which are few.
CREATE INDEX users_apart ON users (deleted_at, is_bot, remote_id, username) WHERE deleted_at <> 0 OR is_bot = 1 OR remote_id <> '';
CREATE INDEX users_unfolded ON users (id) WHERE search_names = '';

-- Every role but `system_user`, which nearly all accounts have.
CREATE TABLE user_roles_beside (
  role TEXT NOT NULL,
  username TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (role, username, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX user_roles_beside_of_user ON user_roles_beside (user_id);

-- One index of trigrams for each text: whoever may not search a text neither finds by it nor waits for it.
CREATE VIRTUAL TABLE search_by_names USING fts5 (
  search_names, content = 'users', content_rowid = 'number', tokenize = 'trigram case_sensitive 1', detail = 'none', columnsize = 0
);
CREATE VIRTUAL TABLE search_by_full_name USING fts5 (
  search_full_name, content = 'users', content_rowid = 'number', tokenize = 'trigram case_sensitive 1', detail = 'none', columnsize = 0
);
CREATE VIRTUAL TABLE search_by_email USING fts5 (
  search_email, content = 'users', content_rowid = 'number', tokenize = 'trigram case_sensitive 1', detail = 'none', columnsize = 0
);
-- What is removed is gone from the file at once.
INSERT INTO search_by_names (search_by_names, rank) VALUES ('secure-delete', 1);
INSERT INTO search_by_full_name (search_by_full_name, rank) VALUES ('secure-delete', 1);
INSERT INTO search_by_email (search_by_email, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER users_found AFTER INSERT ON users WHEN new.number IS NOT NULL BEGIN
  INSERT INTO search_by_names (rowid, search_names) VALUES (new.number, new.search_names);
  INSERT INTO search_by_full_name (rowid, search_full_name) VALUES (new.number, new.search_full_name);
  INSERT INTO search_by_email (rowid, search_email) VALUES (new.number, new.search_email);
END;
CREATE TRIGGER users_lost AFTER DELETE ON users WHEN old.number IS NOT NULL BEGIN
  INSERT INTO search_by_names (search_by_names, rowid, search_names) VALUES ('delete', old.number, old.search_names);
  INSERT INTO search_by_full_name (search_by_full_name, rowid, search_full_name) VALUES ('delete', old.number, old.search_full_name);
  INSERT INTO search_by_email (search_by_email, rowid, search_email) VALUES ('delete', old.number, old.search_email);
END;
CREATE TRIGGER users_numbered AFTER UPDATE OF number ON users WHEN old.number IS NULL AND new.number IS NOT NULL BEGIN
  INSERT INTO search_by_names (rowid, search_names) VALUES (new.number, new.search_names);
  INSERT INTO search_by_full_name (rowid, search_full_name) VALUES (new.number, new.search_full_name);
  INSERT INTO search_by_email (rowid, search_email) VALUES (new.number, new.search_email);
END;
CREATE TRIGGER users_names_changed AFTER UPDATE OF search_names ON users
WHEN old.number IS NOT NULL AND old.search_names <> new.search_names BEGIN
  INSERT INTO search_by_names (search_by_names, rowid, search_names) VALUES ('delete', old.number, old.search_names);
  INSERT INTO search_by_names (rowid, search_names) VALUES (new.number, new.search_names);
END;
CREATE TRIGGER users_full_name_changed AFTER UPDATE OF search_full_name ON users
WHEN old.number IS NOT NULL AND old.search_full_name <> new.search_full_name BEGIN
  INSERT INTO search_by_full_name (search_by_full_name, rowid, search_full_name) VALUES ('delete', old.number, old.search_full_name);
  INSERT INTO search_by_full_name (rowid, search_full_name) VALUES (new.number, new.search_full_name);
END;
CREATE TRIGGER users_email_changed AFTER UPDATE OF search_email ON users
WHEN old.number IS NOT NULL AND old.search_email <> new.search_email BEGIN
  INSERT INTO search_by_email (search_by_email, rowid, search_email) VALUES ('delete', old.number, old.search_email);
  INSERT INTO search_by_email (rowid, search_email) VALUES (new.number, new.search_email);
END;

CREATE TABLE teams (
  id TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL,
  name TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  description TEXT NOT NULL,
  email TEXT NOT NULL,
  kind TEXT NOT NULL,
  company_name TEXT NOT NULL,
  allowed_domains TEXT NOT NULL,
  invite_id TEXT NOT NULL,
  allows_open_invite INTEGER NOT NULL,
  is_group_constrained INTEGER
) STRICT;
CREATE INDEX teams_in_use ON teams (display_name, id) WHERE deleted_at = 0;
CREATE INDEX teams_by_invite ON teams (invite_id);
CREATE INDEX teams_by_email ON teams (email);

-- The username is a copy, kept by the foreign key, so that a list by username is an index.
CREATE TABLE team_members (
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  username TEXT NOT NULL,
  is_guest INTEGER NOT NULL,
  is_user INTEGER NOT NULL,
  is_admin INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL,
  PRIMARY KEY (team_id, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_of_user ON team_members (user_id, team_id);
CREATE INDEX team_members_by_name ON team_members (team_id, username, user_id) WHERE deleted_at = 0;
CREATE INDEX team_members_admins ON team_members (team_id, username, user_id) WHERE deleted_at = 0 AND is_admin = 1;
CREATE INDEX team_members_guests ON team_members (team_id, username, user_id) WHERE deleted_at = 0 AND is_guest = 1;

CREATE TABLE channels (
  id TEXT NOT NULL PRIMARY KEY,
  team_id TEXT REFERENCES teams (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  header TEXT NOT NULL,
  purpose TEXT NOT NULL,
  creator_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL,
  is_group_constrained INTEGER,
  -- How many are in it, which triggers keep.
  size INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX channels_by_name ON channels (team_id, name) WHERE team_id IS NOT NULL;
CREATE UNIQUE INDEX channels_without_team ON channels (name) WHERE team_id IS NULL;
CREATE INDEX channels_of_creator ON channels (creator_id) WHERE creator_id IS NOT NULL;

CREATE TABLE channel_members (
  channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  username TEXT NOT NULL,
  is_guest INTEGER NOT NULL,
  is_user INTEGER NOT NULL,
  is_admin INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (channel_id, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_members_of_user ON channel_members (user_id, channel_id);
CREATE INDEX channel_members_by_name ON channel_members (channel_id, username, user_id);
CREATE INDEX channel_members_admins ON channel_members (channel_id, username, user_id) WHERE is_admin = 1;
CREATE INDEX channel_members_guests ON channel_members (channel_id, username, user_id) WHERE is_guest = 1;

CREATE TABLE user_groups (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  description TEXT NOT NULL,
  allows_reference INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX user_groups_by_name ON user_groups (name) WHERE deleted_at = 0;
CREATE INDEX user_groups_in_use ON user_groups (display_name, id) WHERE deleted_at = 0;

CREATE TABLE group_members (
  group_id TEXT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  username TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (group_id, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_of_user ON group_members (user_id, group_id);
CREATE INDEX group_members_by_name ON group_members (group_id, username, user_id);

-- What a group is linked to: a team or a channel.
CREATE TABLE group_places (
  group_id TEXT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
  team_id TEXT REFERENCES teams (id) ON DELETE CASCADE,
  channel_id TEXT REFERENCES channels (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  CHECK ((team_id IS NULL) <> (channel_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX group_places_teams ON group_places (team_id, group_id) WHERE team_id IS NOT NULL;
CREATE UNIQUE INDEX group_places_channels ON group_places (channel_id, group_id) WHERE channel_id IS NOT NULL;
CREATE INDEX group_places_of_group ON group_places (group_id);

CREATE TABLE invitations (
  id TEXT NOT NULL PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  key_id TEXT NOT NULL,
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  channels TEXT NOT NULL,
  email TEXT NOT NULL,
  is_guest INTEGER NOT NULL,
  invited_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX invitations_of_team ON invitations (team_id);
CREATE INDEX invitations_by_email ON invitations (email);
CREATE INDEX invitations_of_inviter ON invitations (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX invitations_by_creation ON invitations (created_at);

CREATE TABLE terms_of_service (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  author TEXT REFERENCES users (id) ON DELETE SET NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX terms_of_service_by_creation ON terms_of_service (created_at, seq);
CREATE INDEX terms_of_service_of_author ON terms_of_service (author) WHERE author IS NOT NULL;

CREATE TABLE preferences (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  category TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (user_id, category, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE statuses (
  user_id TEXT NOT NULL PRIMARY KEY,
  username TEXT NOT NULL,
  presence TEXT NOT NULL,
  is_manual INTEGER NOT NULL,
  last_activity_at INTEGER NOT NULL,
  dnd_end_secs INTEGER NOT NULL,
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX statuses_by_activity ON statuses (last_activity_at DESC, username, user_id);
CREATE INDEX statuses_by_presence ON statuses (presence, username, user_id);

ALTER TABLE audits ADD COLUMN action TEXT;
ALTER TABLE audits ADD COLUMN extra TEXT;
CREATE INDEX audits_shown ON audits (actor, seq) WHERE extra IS NOT NULL;

-- Lists by username cut into stretches, so that a deep page is found by adding up sizes. The stretches of everyone, whose list is
-- '', are those of each team's members too: where both are of one size, nobody is outside the team. A large channel has sizes of
-- those of its members that belong to its team, to find who is outside the channel. Sizes of nothing are left out but for the
-- first stretch's, which tells that a channel has them.
CREATE TABLE list_marks (
  list TEXT NOT NULL,
  first_name TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (list, first_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_marks_by_name ON list_marks (first_name);
INSERT INTO list_marks (list, first_name, size) VALUES ('', '', 0);
INSERT INTO list_marks (list, first_name, size)
  SELECT '', CASE WHEN stretch = 0 THEN '' ELSE min(username) END, count(*)
  FROM (SELECT username, (row_number() OVER (ORDER BY username) - 1) / 250 AS stretch FROM users) WHERE true GROUP BY stretch
  ON CONFLICT DO UPDATE SET size = excluded.size;

CREATE TRIGGER list_marks_split AFTER UPDATE OF size ON list_marks WHEN new.list = '' AND new.size >= 500 BEGIN
  INSERT INTO list_marks (list, first_name, size)
    SELECT '', username, new.size - 250 FROM users WHERE username >= new.first_name ORDER BY username LIMIT 1 OFFSET 250;
  UPDATE list_marks SET size = 250 WHERE list = '' AND first_name = new.first_name;
  -- Of each team and channel that has members in the stretch, those past the new mark.
  INSERT INTO list_marks (list, first_name, size)
    SELECT list, next, size - below FROM (
      SELECT part.list, fresh.first_name AS next, part.size, (
        SELECT count(*) FROM team_members INDEXED BY team_members_by_name
        WHERE team_id = part.list AND deleted_at = 0 AND username >= new.first_name AND username < fresh.first_name
      ) + (
        SELECT count(*) FROM channels CROSS JOIN channel_members AS m INDEXED BY channel_members_by_name ON m.channel_id = channels.id
        CROSS JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = m.user_id AND t.deleted_at = 0
        WHERE channels.id = part.list AND m.username >= new.first_name AND m.username < fresh.first_name
      ) AS below
      FROM list_marks AS part CROSS JOIN (
        SELECT min(first_name) AS first_name FROM list_marks WHERE list = '' AND first_name > new.first_name
      ) AS fresh
      WHERE part.first_name = new.first_name AND part.list <> ''
    ) WHERE size > below;
  UPDATE list_marks SET size = size - coalesce((
    SELECT past.size FROM list_marks AS past WHERE past.list = list_marks.list
      AND past.first_name = (SELECT min(first_name) FROM list_marks WHERE list = '' AND first_name > new.first_name)
  ), 0) WHERE first_name = new.first_name AND list <> '';
  DELETE FROM list_marks WHERE first_name = new.first_name AND first_name <> '' AND list <> '' AND size = 0;
END;

CREATE TRIGGER users_listed AFTER INSERT ON users BEGIN
  UPDATE list_marks SET size = size + 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username);
END;
-- No mark keeps the name of an account that is gone, or goes by another name now. Cascades, and with them the triggers of the
-- memberships, come before these.
CREATE TRIGGER users_unlisted AFTER DELETE ON users BEGIN
  UPDATE list_marks SET size = size - 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE list = '' AND first_name = old.username AND size = 0;
  UPDATE list_marks SET first_name = (SELECT username FROM users WHERE username > old.username ORDER BY username LIMIT 1)
    WHERE first_name = old.username;
END;
CREATE TRIGGER users_renamed AFTER UPDATE OF username ON users WHEN old.username <> new.username BEGIN
  UPDATE list_marks SET size = size - 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  UPDATE list_marks SET size = size + 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username);
  DELETE FROM list_marks WHERE list = '' AND first_name = old.username AND size = 0;
  UPDATE list_marks SET first_name = (SELECT username FROM users WHERE username > old.username ORDER BY username LIMIT 1)
    WHERE first_name = old.username;
END;

CREATE TRIGGER team_members_joined AFTER INSERT ON team_members WHEN new.deleted_at = 0 BEGIN
  UPDATE users SET active_teams = active_teams + 1 WHERE id = new.user_id;
  INSERT INTO list_marks (list, first_name, size)
    SELECT new.team_id, max(first_name), 1 FROM list_marks WHERE list = '' AND first_name <= new.username
    ON CONFLICT DO UPDATE SET size = size + 1;
  INSERT INTO list_marks (list, first_name, size)
    SELECT m.channel_id, (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1
    FROM channel_members AS m CROSS JOIN channels ON channels.id = m.channel_id
    CROSS JOIN list_marks AS marked ON marked.list = m.channel_id AND marked.first_name = ''
    WHERE m.user_id = new.user_id AND channels.team_id = new.team_id
    ON CONFLICT DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER team_members_back AFTER UPDATE OF deleted_at ON team_members WHEN old.deleted_at <> 0 AND new.deleted_at = 0 BEGIN
  UPDATE users SET active_teams = active_teams + 1 WHERE id = new.user_id;
  INSERT INTO list_marks (list, first_name, size)
    SELECT new.team_id, max(first_name), 1 FROM list_marks WHERE list = '' AND first_name <= new.username
    ON CONFLICT DO UPDATE SET size = size + 1;
  INSERT INTO list_marks (list, first_name, size)
    SELECT m.channel_id, (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1
    FROM channel_members AS m CROSS JOIN channels ON channels.id = m.channel_id
    CROSS JOIN list_marks AS marked ON marked.list = m.channel_id AND marked.first_name = ''
    WHERE m.user_id = new.user_id AND channels.team_id = new.team_id
    ON CONFLICT DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER team_members_left AFTER UPDATE OF deleted_at ON team_members WHEN old.deleted_at = 0 AND new.deleted_at <> 0 BEGIN
  UPDATE users SET active_teams = active_teams - 1 WHERE id = old.user_id;
  UPDATE list_marks SET size = size - 1 WHERE list = old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND first_name <> '' AND list = old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  UPDATE list_marks SET size = size - 1 WHERE list IN (
    SELECT m.channel_id FROM channel_members AS m CROSS JOIN channels ON channels.id = m.channel_id
    WHERE m.user_id = old.user_id AND channels.team_id = old.team_id
  ) AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND first_name <> '' AND list IN (
    SELECT m.channel_id FROM channel_members AS m CROSS JOIN channels ON channels.id = m.channel_id
    WHERE m.user_id = old.user_id AND channels.team_id = old.team_id
  ) AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
END;
CREATE TRIGGER team_members_gone AFTER DELETE ON team_members WHEN old.deleted_at = 0 BEGIN
  UPDATE users SET active_teams = active_teams - 1 WHERE id = old.user_id;
  UPDATE list_marks SET size = size - 1 WHERE list = old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND first_name <> '' AND list = old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  UPDATE list_marks SET size = size - 1 WHERE list IN (
    SELECT m.channel_id FROM channel_members AS m CROSS JOIN channels ON channels.id = m.channel_id
    WHERE m.user_id = old.user_id AND channels.team_id = old.team_id
  ) AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND first_name <> '' AND list IN (
    SELECT m.channel_id FROM channel_members AS m CROSS JOIN channels ON channels.id = m.channel_id
    WHERE m.user_id = old.user_id AND channels.team_id = old.team_id
  ) AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
END;
CREATE TRIGGER team_members_renamed AFTER UPDATE OF username ON team_members
WHEN old.username <> new.username AND new.deleted_at = 0 BEGIN
  UPDATE list_marks SET size = size - 1 WHERE list = old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND first_name <> '' AND list = old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  INSERT INTO list_marks (list, first_name, size)
    SELECT new.team_id, max(first_name), 1 FROM list_marks WHERE list = '' AND first_name <= new.username
    ON CONFLICT DO UPDATE SET size = size + 1;
END;

-- A channel gets sizes of its own when it becomes large.
CREATE TRIGGER channels_marked AFTER UPDATE OF size ON channels WHEN new.size >= 2000 AND new.team_id IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM list_marks WHERE list = new.id AND first_name = '') BEGIN
  INSERT INTO list_marks (list, first_name, size) VALUES (new.id, '', 0);
  INSERT INTO list_marks (list, first_name, size)
    SELECT new.id, (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= m.username) AS at, count(*)
    FROM channel_members AS m INDEXED BY channel_members_by_name
    CROSS JOIN team_members AS t ON t.team_id = new.team_id AND t.user_id = m.user_id AND t.deleted_at = 0
    WHERE m.channel_id = new.id GROUP BY at
    ON CONFLICT DO UPDATE SET size = excluded.size;
END;
CREATE TRIGGER channel_members_joined AFTER INSERT ON channel_members BEGIN
  INSERT INTO list_marks (list, first_name, size)
    SELECT new.channel_id, max(first_name), 1 FROM list_marks WHERE list = '' AND first_name <= new.username HAVING EXISTS (
    SELECT 1 FROM list_marks AS marked CROSS JOIN channels ON channels.id = marked.list
    CROSS JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = new.user_id AND t.deleted_at = 0
    WHERE marked.list = new.channel_id AND marked.first_name = ''
  )
    ON CONFLICT DO UPDATE SET size = size + 1;
  UPDATE channels SET size = size + 1 WHERE id = new.channel_id;
END;
CREATE TRIGGER channel_members_gone AFTER DELETE ON channel_members BEGIN
  UPDATE list_marks SET size = size - 1
    WHERE list = old.channel_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username) AND EXISTS (
    SELECT 1 FROM list_marks AS marked CROSS JOIN channels ON channels.id = marked.list
    CROSS JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = old.user_id AND t.deleted_at = 0
    WHERE marked.list = old.channel_id AND marked.first_name = ''
  );
  DELETE FROM list_marks WHERE size = 0 AND first_name <> '' AND list = old.channel_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  UPDATE channels SET size = size - 1 WHERE id = old.channel_id;
END;
CREATE TRIGGER channel_members_renamed AFTER UPDATE OF username ON channel_members WHEN old.username <> new.username BEGIN
  UPDATE list_marks SET size = size - 1
    WHERE list = old.channel_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username) AND EXISTS (
    SELECT 1 FROM list_marks AS marked CROSS JOIN channels ON channels.id = marked.list
    CROSS JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = old.user_id AND t.deleted_at = 0
    WHERE marked.list = old.channel_id AND marked.first_name = ''
  );
  DELETE FROM list_marks WHERE size = 0 AND first_name <> '' AND list = old.channel_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  INSERT INTO list_marks (list, first_name, size)
    SELECT new.channel_id, max(first_name), 1 FROM list_marks WHERE list = '' AND first_name <= new.username HAVING EXISTS (
    SELECT 1 FROM list_marks AS marked CROSS JOIN channels ON channels.id = marked.list
    CROSS JOIN team_members AS t ON t.team_id = channels.team_id AND t.user_id = new.user_id AND t.deleted_at = 0
    WHERE marked.list = new.channel_id AND marked.first_name = ''
  )
    ON CONFLICT DO UPDATE SET size = size + 1;
END;
