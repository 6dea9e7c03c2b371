-- The order of usernames cut into segments of some thousand accounts, and which trigrams each has in one of its search texts (0: names,
-- 1: full name, 2: address): a walk passes over segments that can't have a word. The program writes the marks with the accounts. A mark
-- may outlive the last account that had the trigram, until its segment is cut; so it is a number that many trigrams share, and no part
-- of anybody's name.
CREATE TABLE search_segments (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  first_name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO search_segments (first_name) VALUES ('');
CREATE TABLE search_marks (
  text INTEGER NOT NULL,
  trigram INTEGER NOT NULL,
  segment INTEGER NOT NULL,
  PRIMARY KEY (text, trigram, segment)
) STRICT, WITHOUT ROWID;

-- No segment keeps the name of an account that is gone, or goes by another name now: it begins at the next one then, or is gone too
-- where nobody is left in it. Marks of a segment that is gone are nobody's: its number does not come again.
CREATE TRIGGER users_out_of_segments AFTER DELETE ON users BEGIN
  UPDATE OR IGNORE search_segments SET first_name = (SELECT username FROM users WHERE username > old.username ORDER BY username LIMIT 1)
    WHERE first_name = old.username AND EXISTS (SELECT 1 FROM users WHERE username > old.username);
  DELETE FROM search_segments WHERE first_name = old.username;
END;
CREATE TRIGGER users_to_another_segment AFTER UPDATE OF username ON users WHEN old.username <> new.username BEGIN
  UPDATE OR IGNORE search_segments SET first_name = (SELECT username FROM users WHERE username > old.username ORDER BY username LIMIT 1)
    WHERE first_name = old.username AND EXISTS (SELECT 1 FROM users WHERE username > old.username);
  DELETE FROM search_segments WHERE first_name = old.username;
END;

-- '!' is the list of everybody who is deactivated, cut where everyone's is: less these, that is the list of active accounts. The triggers
-- are as before but for it. What is counted for it comes first, since everyone's count may cut a stretch.
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
DROP TRIGGER users_listed;
CREATE TRIGGER users_listed AFTER INSERT ON users BEGIN
  INSERT INTO list_marks (list, first_name, size)
    SELECT '!', (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1 WHERE new.deleted_at <> 0
    ON CONFLICT DO UPDATE SET size = size + 1;
  UPDATE list_marks SET size = size + 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username);
END;
DROP TRIGGER users_unlisted;
CREATE TRIGGER users_unlisted AFTER DELETE ON users BEGIN
  UPDATE list_marks SET size = size - 1 WHERE old.deleted_at <> 0 AND list = '!' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE size = 0 AND list = '!';
  UPDATE list_marks SET size = size - 1
    WHERE list = '' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
  DELETE FROM list_marks WHERE list = '' AND first_name = old.username AND size = 0;
  UPDATE list_marks SET first_name = (SELECT username FROM users WHERE username > old.username ORDER BY username LIMIT 1)
    WHERE first_name = old.username;
END;
DROP TRIGGER users_renamed;
CREATE TRIGGER users_renamed AFTER UPDATE OF username ON users WHEN old.username <> new.username BEGIN
  UPDATE list_marks SET size = size - 1 WHERE new.deleted_at <> 0 AND list = '!' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= old.username);
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
CREATE TRIGGER users_switched AFTER UPDATE OF deleted_at ON users WHEN (old.deleted_at = 0) <> (new.deleted_at = 0) BEGIN
  INSERT INTO list_marks (list, first_name, size)
    SELECT '!', (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1 WHERE new.deleted_at <> 0
    ON CONFLICT DO UPDATE SET size = size + 1;
  UPDATE list_marks SET size = size - 1 WHERE old.deleted_at <> 0 AND list = '!' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username);
  DELETE FROM list_marks WHERE size = 0 AND list = '!';
END;
INSERT INTO list_marks (list, first_name, size)
  SELECT '!', (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= users.username) AS at, count(*)
  FROM users INDEXED BY users_inactive WHERE deleted_at <> 0 GROUP BY at;
