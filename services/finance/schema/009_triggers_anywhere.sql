-- Whoever writes by hand, with finance. before a table's name, meets the triggers too: they find their tables whatever the search_path.
alter function mark_change() set search_path from current;
alter function check_lines() set search_path from current;
