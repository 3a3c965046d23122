// The use cases of the finance service, one function a route; each reads like the use case. Throw api_error, db::error,
// deadline_exceeded, overloaded.
#pragma once

#include "finance/app.hpp"
#include "http/message.hpp"

namespace mita::finance {

awaitable<http::response> me(http::request& req, app& a);
awaitable<http::response> patch_me(http::request& req, app& a);
awaitable<http::response> onboarding(http::request& req, app& a);
awaitable<http::response> put_onboarding(http::request& req, app& a);
awaitable<http::response> list_recurring(http::request& req, app& a);
awaitable<http::response> create_recurring(http::request& req, app& a);
awaitable<http::response> preview_new_recurring(http::request& req, app& a);
awaitable<http::response> read_recurring(http::request& req, app& a);
awaitable<http::response> patch_recurring(http::request& req, app& a);
awaitable<http::response> delete_recurring(http::request& req, app& a);
awaitable<http::response> preview_recurring(http::request& req, app& a);
awaitable<http::response> calendar(http::request& req, app& a);
awaitable<http::response> calendar_day(http::request& req, app& a);
awaitable<http::response> explain(http::request& req, app& a);
awaitable<http::response> today(http::request& req, app& a);

awaitable<http::response> list_transactions(http::request& req, app& a);
awaitable<http::response> create_transaction(http::request& req, app& a);
awaitable<http::response> read_transaction(http::request& req, app& a);
awaitable<http::response> patch_transaction(http::request& req, app& a);
awaitable<http::response> delete_transaction(http::request& req, app& a);
awaitable<http::response> batch_transactions(http::request& req, app& a);
awaitable<http::response> bulk_transactions(http::request& req, app& a);
awaitable<http::response> transaction_history(http::request& req, app& a);
awaitable<http::response> revert_transaction(http::request& req, app& a);
awaitable<http::response> undo_change(http::request& req, app& a);
awaitable<http::response> restore_transaction(http::request& req, app& a);
awaitable<http::response> affordability_of(http::request& req, app& a);
awaitable<http::response> list_categories(http::request& req, app& a);
awaitable<http::response> create_category(http::request& req, app& a);
awaitable<http::response> read_category_entry(http::request& req, app& a);
awaitable<http::response> patch_category(http::request& req, app& a);
awaitable<http::response> delete_category(http::request& req, app& a);
awaitable<http::response> list_accounts(http::request& req, app& a);
awaitable<http::response> create_account(http::request& req, app& a);
awaitable<http::response> read_account(http::request& req, app& a);
awaitable<http::response> patch_account(http::request& req, app& a);
awaitable<http::response> delete_account(http::request& req, app& a);
awaitable<http::response> list_checkpoints(http::request& req, app& a);
awaitable<http::response> create_checkpoint(http::request& req, app& a);
awaitable<http::response> read_checkpoint(http::request& req, app& a);
awaitable<http::response> patch_checkpoint(http::request& req, app& a);
awaitable<http::response> delete_checkpoint(http::request& req, app& a);
awaitable<http::response> reconcile_checkpoint(http::request& req, app& a);
awaitable<http::response> unreconcile_checkpoint(http::request& req, app& a);
awaitable<http::response> list_transfers(http::request& req, app& a);
awaitable<http::response> create_transfer(http::request& req, app& a);
awaitable<http::response> pair_transfer(http::request& req, app& a);
awaitable<http::response> read_transfer(http::request& req, app& a);
awaitable<http::response> patch_transfer(http::request& req, app& a);
awaitable<http::response> delete_transfer(http::request& req, app& a);
awaitable<http::response> restore_transfer(http::request& req, app& a);
awaitable<http::response> unpair_transfer(http::request& req, app& a);
awaitable<http::response> list_payees(http::request& req, app& a);
awaitable<http::response> create_payee(http::request& req, app& a);
awaitable<http::response> read_payee(http::request& req, app& a);
awaitable<http::response> patch_payee(http::request& req, app& a);
awaitable<http::response> delete_payee(http::request& req, app& a);
awaitable<http::response> merge_payees(http::request& req, app& a);
awaitable<http::response> unmerge_payee(http::request& req, app& a);
awaitable<http::response> balances(http::request& req, app& a);
awaitable<http::response> list_goals(http::request& req, app& a);
awaitable<http::response> create_goal(http::request& req, app& a);
awaitable<http::response> read_goal_state(http::request& req, app& a);
awaitable<http::response> patch_goal_state(http::request& req, app& a);
awaitable<http::response> delete_goal(http::request& req, app& a);
awaitable<http::response> list_contributions(http::request& req, app& a);
awaitable<http::response> create_contribution(http::request& req, app& a);
awaitable<http::response> read_contribution(http::request& req, app& a);
awaitable<http::response> delete_contribution(http::request& req, app& a);
awaitable<http::response> changes(http::request& req, app& a);
awaitable<http::response> list_currencies(http::request& req, app& a);

awaitable<http::response> erase_user(http::request& req, app& a);

}  // namespace mita::finance
