-- The desk's own login: who may knock and who is in, and no row of any division. What an officer sees there is
-- read by that officer's login.
grant usage on schema ops, desk to desk;
grant select, update (totp_step, failed_count, locked_until, must_change) on desk.account to desk;
grant select, insert, update (last_seen_at, purpose), delete on desk.session to desk;
