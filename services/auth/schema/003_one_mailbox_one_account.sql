-- One mailbox is one account: email_norm is the canonical form of an address (auth/people/address.hpp), which only the service can make.
-- address_form says what stands in it: 1 the former form (also what instances of the former version still write), 2 the canonical one,
-- 3 the former one for good: the address has none, or an older account has it already. Addresses in ASCII are what they were.
alter table users add column address_form smallint not null default 1
    constraint users_address_form check (address_form between 1 and 3);
update users set address_form = 2 where octet_length(email_norm) = char_length(email_norm);
create index users_former_address on users (created_at, id) where address_form = 1;
