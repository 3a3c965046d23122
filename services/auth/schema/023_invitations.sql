-- Who may register where registration is by invitation: a token, good once.

-- hash: SHA-256 of the token. address_key: whose it is, canonical; null: of whoever has it; gone with its use.
create table invitations (
    id          uuid primary key,
    hash        bytea not null,
    address_key text,
    invited_by  uuid,                                    -- null: an operator
    created_at  timestamptz not null,
    expires_at  timestamptz not null,                   -- by the database's clock; what people are shown is created_at + lives_s
    lives_s     bigint not null,
    used_at     timestamptz,
    used_by     uuid,
    constraint invitations_hash_unique unique (hash)
);
create index invitations_by_expiry on invitations (expires_at);

-- As the registration of anybody, with the invitation used up by it. outcome: made | taken (somebody has the address; the invitation stays
-- good) | refused (it is not good, or somebody is using it right now).
create function register_invited(token bytea, new_id uuid, address text, address_key_is text, former_key text, name text, hash_is text,
                                 tongue text, session uuid, device text, agent text, ip_is text, network_is text, idle_s bigint,
                                 absolute_s bigint, mail uuid, mail_keep_s bigint, mails_most integer, moved bigint, wrote_at timestamptz)
returns text language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
    found_one uuid;
begin
    select id into found_one from invitations where hash = token and used_at is null and expires_at > at
        and (address_key is null or address_key = address_key_is) for update skip locked;
    if found_one is null then
        return 'refused';
    end if;
    insert into users (id, email, email_norm, display_name, password_hash, created_at, updated_at, address_form, language)
        select new_id, address, address_key_is, name, hash_is, wrote_at, wrote_at, 2, tongue
        where not exists (select from users where email_norm = former_key and address_form = 1) on conflict (email_norm) do nothing;
    if not found then
        return 'taken';
    end if;
    update invitations set used_at = at, used_by = new_id, address_key = null where id = found_one;
    insert into sessions (id, user_id, rotated_at, created_at, last_seen_at, auth_time, device_name, user_agent, ip, idle_expires_at,
                          absolute_expires_at)
        values (session, new_id, at, wrote_at, wrote_at, wrote_at, device, agent, ip_is, at + idle_s * interval '1 second',
                at + absolute_s * interval '1 second');
    insert into known_networks (user_id, network, seen_at) values (new_id, network_is, at);
    perform queue_mail(mail, 'verify_email', address, address_key_is, new_id, tongue, '', mail_keep_s, mails_most, moved);
    return 'made';
end $$;
