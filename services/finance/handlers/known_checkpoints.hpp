// The checkpoints of an account as a request names them, and the one it names. Used by the handlers of checkpoints.
#pragma once

#include "finance/app.hpp"
#include "http/message.hpp"

namespace mita::finance {

using known_checkpoints = checkpoint_store::of_account;

// As the path says; throws api_error 404 for what is no id.
struct named_checkpoint {
    uuid user, account, id;
};
named_checkpoint checkpoint_named_in(const http::request& req);

// Of an account the person has, else api_error 404; a person without a row gets one, and an account with it.
awaitable<known_checkpoints> checkpoints_of(app& a, const uuid& user, const uuid& account, deadline d);

const checked_balance& checkpoint_or_404(const known_checkpoints& known, const uuid& id);

}  // namespace mita::finance
