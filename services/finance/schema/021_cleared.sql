-- What the bank has confirmed. cleared_by: the checkpoint it was reconciled with, which can take it back; null: somebody said it. No row is
-- written anew: the default is the catalog's.
alter table transactions add column cleared boolean not null default false, add column cleared_by uuid;
-- Pages of what is cleared and what is not, of one account or of each, and what there is to reconcile.
create index transactions_cleared on transactions (user_id, coalesce(account_id, user_id), cleared, booked_on desc, id desc) where deleted_at is null;
create index transactions_cleared_by on transactions (user_id, cleared_by) where cleared_by is not null;

alter table checkpoints add column reconciled_at timestamptz;  -- when it was last reconciled; null: it is not

-- What a checkpoint cleared is nobody's but a person's word once somebody says otherwise, or it is in another account, whoever writes it.
create function keep_cleared() returns trigger language plpgsql as $$
begin
    new.cleared_by := null;
    return new;
end $$;
create trigger transactions_cleared_again before update of cleared, account_id on transactions for each row
    when (new.cleared_by is not null and new.cleared_by is not distinct from old.cleared_by
        and (new.cleared <> old.cleared or new.account_id is distinct from old.account_id)) execute function keep_cleared();
