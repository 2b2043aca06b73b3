-- A rebuild on another machine proves more than one on the same: runners that a job is not given to.
alter table job add column not_on text[] not null default '{}';
