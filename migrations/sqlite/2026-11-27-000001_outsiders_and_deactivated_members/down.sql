DROP TRIGGER users_switched;
CREATE TRIGGER users_switched AFTER UPDATE OF deleted_at ON users WHEN (old.deleted_at = 0) <> (new.deleted_at = 0) BEGIN
  INSERT INTO list_marks (list, first_name, size)
    SELECT '!', (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username), 1 WHERE new.deleted_at <> 0
    ON CONFLICT DO UPDATE SET size = size + 1;
  UPDATE list_marks SET size = size - 1 WHERE old.deleted_at <> 0 AND list = '!' AND first_name = (SELECT max(first_name) FROM list_marks WHERE list = '' AND first_name <= new.username);
  DELETE FROM list_marks WHERE size = 0 AND list = '!';
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
DROP TRIGGER team_members_gone_outside;
DROP TRIGGER team_members_outside;
DROP TRIGGER team_members_inside_again;
DROP TRIGGER team_members_inside;
DROP TRIGGER users_outside_teams;
DROP TABLE team_outsiders;
DROP TABLE complemented_teams;
DROP TRIGGER team_members_gone_deactivated;
DROP TRIGGER team_members_switched;
DROP TRIGGER users_switched_in_teams;
DROP TRIGGER team_members_joined_deactivated;
DELETE FROM list_marks WHERE list > '!' AND list < '"';
DROP INDEX team_members_deactivated;
ALTER TABLE team_members DROP COLUMN is_deactivated;
