// What GET /v1/changes shows of a thing: what its own GET shows. Used by handlers/changes.
#pragma once

#include "finance/categories/category_book.hpp"
#include "finance/feed/feed_store.hpp"
#include "finance/people/auth_client.hpp"
#include "finance/wire/json_out.hpp"

#include <string_view>

namespace mita::finance {

// Writes one entry of the list. login: what auth knows of the person; needed for a profile alone.
void append(json_out& out, const feed_item& item, const uuid& user, const auth_user& login);
// A built-in category, as every person has it until they change it: before the first write.
void append_built_in(json_out& out, const category_entry& e);

}  // namespace mita::finance
