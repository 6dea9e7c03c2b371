-- Whether a member's account is deactivated: a copy that triggers keep, so that both parts of a team's list are an index each. '!' and
-- a team's id is the list of its deactivated members, cut where everyone's is: less these, the team's list is that of its active ones.
ALTER TABLE team_members ADD COLUMN is_deactivated INTEGER NOT NULL DEFAULT 0;
UPDATE team_members SET is_deactivated = 1 WHERE user_id IN (SELECT id FROM users WHERE deleted_at <> 0);
CREATE INDEX team_members_deactivated ON team_members (team_id, username, user_id) WHERE deleted_at = 0 AND is_deactivated = 1;
INSERT INTO list_marks (list, first_name, size)
  SELECT '!' || team_id, (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= m.username) AS at, count(*)
  FROM team_members AS m INDEXED BY team_members_deactivated WHERE deleted_at = 0 AND is_deactivated = 1 GROUP BY team_id, at;

CREATE TRIGGER team_members_joined_deactivated AFTER INSERT ON team_members BEGIN
  UPDATE team_members SET is_deactivated = 1 WHERE team_id = new.team_id AND user_id = new.user_id
    AND EXISTS (SELECT 1 FROM users WHERE id = new.user_id AND deleted_at <> 0);
END;
CREATE TRIGGER users_switched_in_teams AFTER UPDATE OF deleted_at ON users WHEN (old.deleted_at = 0) <> (new.deleted_at = 0) BEGIN
  UPDATE team_members SET is_deactivated = new.deleted_at <> 0 WHERE user_id = new.id;
END;
CREATE TRIGGER team_members_switched AFTER UPDATE OF is_deactivated, deleted_at, username ON team_members
WHEN old.is_deactivated <> new.is_deactivated OR (old.deleted_at = 0) <> (new.deleted_at = 0) OR old.username <> new.username BEGIN
  UPDATE list_marks SET size = size - 1
    WHERE old.deleted_at = 0 AND old.is_deactivated = 1 AND list = '!' || old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND list = '!' || old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  INSERT INTO list_marks (list, first_name, size)
    SELECT '!' || new.team_id, (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1 WHERE new.deleted_at = 0 AND new.is_deactivated = 1
    ON CONFLICT DO UPDATE SET size = size + 1;
END;
CREATE TRIGGER team_members_gone_deactivated AFTER DELETE ON team_members WHEN old.deleted_at = 0 AND old.is_deactivated = 1 BEGIN
  UPDATE list_marks SET size = size - 1
    WHERE old.deleted_at = 0 AND old.is_deactivated = 1 AND list = '!' || old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND list = '!' || old.team_id AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
END;

-- Who is outside a team that nearly everybody is in: found among everybody, these few would cost a walk over all. The program chooses the
-- teams; triggers keep the rows.
CREATE TABLE complemented_teams (
  team_id TEXT NOT NULL PRIMARY KEY REFERENCES teams (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE team_outsiders (
  team_id TEXT NOT NULL REFERENCES complemented_teams (team_id) ON DELETE CASCADE,
  username TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (team_id, username, user_id),
  FOREIGN KEY (user_id, username) REFERENCES users (id, username) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX team_outsiders_of_user ON team_outsiders (user_id);
CREATE TRIGGER users_outside_teams AFTER INSERT ON users BEGIN
  INSERT INTO team_outsiders (team_id, username, user_id) SELECT team_id, new.username, new.id FROM complemented_teams;
END;
CREATE TRIGGER team_members_inside AFTER INSERT ON team_members WHEN new.deleted_at = 0 BEGIN
  DELETE FROM team_outsiders WHERE team_id = new.team_id AND username = new.username AND user_id = new.user_id;
END;
CREATE TRIGGER team_members_inside_again AFTER UPDATE OF deleted_at ON team_members WHEN old.deleted_at <> 0 AND new.deleted_at = 0 BEGIN
  DELETE FROM team_outsiders WHERE team_id = new.team_id AND username = new.username AND user_id = new.user_id;
END;
CREATE TRIGGER team_members_outside AFTER UPDATE OF deleted_at ON team_members WHEN old.deleted_at = 0 AND new.deleted_at <> 0 BEGIN
  INSERT INTO team_outsiders (team_id, username, user_id)
    SELECT team_id, new.username, new.user_id FROM complemented_teams WHERE team_id = new.team_id;
END;
-- Where the account itself goes, it is gone when this fires.
CREATE TRIGGER team_members_gone_outside AFTER DELETE ON team_members WHEN old.deleted_at = 0 BEGIN
  INSERT INTO team_outsiders (team_id, username, user_id)
    SELECT team_id, users.username, users.id FROM complemented_teams CROSS JOIN users ON users.id = old.user_id
    WHERE team_id = old.team_id;
END;

-- As before, with the lists of deactivated members.
DROP TRIGGER list_marks_split;
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
      ) + (
        SELECT count(*) FROM users INDEXED BY users_inactive
        WHERE part.list = '!' AND deleted_at <> 0 AND username >= new.first_name AND username < fresh.first_name
      ) + (
        SELECT count(*) FROM team_members INDEXED BY team_members_deactivated
        WHERE team_id = substr(part.list, 2) AND part.list > '!' AND part.list < '"' AND deleted_at = 0 AND is_deactivated = 1
          AND username >= new.first_name AND username < fresh.first_name
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
-- As before, but a statement that renames and switches at once counts once.
DROP TRIGGER users_renamed;
CREATE TRIGGER users_renamed AFTER UPDATE OF username ON users WHEN old.username <> new.username BEGIN
  UPDATE list_marks SET size = size - 1 WHERE old.deleted_at <> 0 AND list = '!' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND list = '!';
  INSERT INTO list_marks (list, first_name, size)
    SELECT '!', (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1 WHERE new.deleted_at <> 0
    ON CONFLICT DO UPDATE SET size = size + 1;
  UPDATE list_marks SET size = size - 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  UPDATE list_marks SET size = size + 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username);
  DELETE FROM list_marks WHERE list = '' AND first_name = old.username AND size = 0;
  UPDATE list_marks SET first_name = (SELECT username FROM users WHERE username > old.username ORDER BY username LIMIT 1)
    WHERE first_name = old.username;
END;
DROP TRIGGER users_switched;
CREATE TRIGGER users_switched AFTER UPDATE OF deleted_at ON users WHEN (old.deleted_at = 0) <> (new.deleted_at = 0) AND old.username = new.username BEGIN
  INSERT INTO list_marks (list, first_name, size)
    SELECT '!', (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1 WHERE new.deleted_at <> 0
    ON CONFLICT DO UPDATE SET size = size + 1;
  UPDATE list_marks SET size = size - 1 WHERE old.deleted_at <> 0 AND list = '!' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username);
  DELETE FROM list_marks WHERE size = 0 AND list = '!';
END;
