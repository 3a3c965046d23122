#include "finance/routes.hpp"

#include "finance/handlers/budgets.hpp"
#include "finance/handlers/events.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/installments.hpp"
#include "finance/handlers/tag_handlers.hpp"
#include "http/operations.hpp"

namespace mita::finance {

namespace {

using http::access;
using http::verb;

constexpr http::route<app> for_people[] = {
    {verb::get, "/v1/me", me},
    {verb::patch, "/v1/me", patch_me},
    {verb::get, "/v1/onboarding", onboarding},
    {verb::put, "/v1/onboarding", put_onboarding},
    {verb::get, "/v1/recurring", list_recurring},
    {verb::post, "/v1/recurring", create_recurring},
    {verb::post, "/v1/recurring:preview", preview_new_recurring},
    {verb::get, "/v1/recurring/{recurring}", read_recurring},
    {verb::patch, "/v1/recurring/{recurring}", patch_recurring},
    {verb::del, "/v1/recurring/{recurring}", delete_recurring},
    {verb::get, "/v1/recurring/{recurring}:preview", preview_recurring},
    {verb::get, "/v1/calendar", calendar},
    {verb::get, "/v1/calendar/{date}", calendar_day},
    {verb::get, "/v1/calendar/{date}/explain", explain},
    {verb::get, "/v1/today", today},
    {verb::get, "/v1/transactions", list_transactions},
    {verb::post, "/v1/transactions", create_transaction},
    {verb::get, "/v1/transactions/{id}", read_transaction},
    {verb::patch, "/v1/transactions/{id}", patch_transaction},
    {verb::del, "/v1/transactions/{id}", delete_transaction},
    {verb::post, "/v1/transactions/{id}:restore", restore_transaction},
    {verb::post, "/v1/transactions:batch", batch_transactions, access::user, {.body_limit = 1 << 20}},
    {verb::post, "/v1/transactions:bulk", bulk_transactions},
    {verb::get, "/v1/transactions/{id}/history", transaction_history},
    {verb::post, "/v1/transactions/{id}:revert", revert_transaction},
    {verb::post, "/v1/changes/{id}:undo", undo_change},
    {verb::post, "/v1/affordability", affordability_of},
    {verb::get, "/v1/categories", list_categories},
    {verb::post, "/v1/categories", create_category},
    {verb::get, "/v1/categories/{category}", read_category_entry},
    {verb::patch, "/v1/categories/{category}", patch_category},
    {verb::del, "/v1/categories/{category}", delete_category},
    {verb::get, "/v1/accounts", list_accounts},
    {verb::post, "/v1/accounts", create_account},
    {verb::get, "/v1/accounts/{id}", read_account},
    {verb::patch, "/v1/accounts/{id}", patch_account},
    {verb::del, "/v1/accounts/{id}", delete_account},
    {verb::get, "/v1/accounts/{id}/checkpoints", list_checkpoints},
    {verb::post, "/v1/accounts/{id}/checkpoints", create_checkpoint},
    {verb::get, "/v1/accounts/{id}/checkpoints/{checkpoint}", read_checkpoint},
    {verb::patch, "/v1/accounts/{id}/checkpoints/{checkpoint}", patch_checkpoint},
    {verb::del, "/v1/accounts/{id}/checkpoints/{checkpoint}", delete_checkpoint},
    {verb::post, "/v1/accounts/{id}/checkpoints/{checkpoint}:reconcile", reconcile_checkpoint},
    {verb::post, "/v1/accounts/{id}/checkpoints/{checkpoint}:unreconcile", unreconcile_checkpoint},
    {verb::get, "/v1/transfers", list_transfers},
    {verb::post, "/v1/transfers", create_transfer},
    {verb::post, "/v1/transfers:pair", pair_transfer},
    {verb::get, "/v1/transfers/{id}", read_transfer},
    {verb::patch, "/v1/transfers/{id}", patch_transfer},
    {verb::del, "/v1/transfers/{id}", delete_transfer},
    {verb::post, "/v1/transfers/{id}:restore", restore_transfer},
    {verb::post, "/v1/transfers/{id}:unpair", unpair_transfer},
    {verb::get, "/v1/payees", list_payees},
    {verb::post, "/v1/payees", create_payee},
    {verb::post, "/v1/payees:merge", merge_payees},
    {verb::get, "/v1/payees/{id}", read_payee},
    {verb::patch, "/v1/payees/{id}", patch_payee},
    {verb::del, "/v1/payees/{id}", delete_payee},
    {verb::post, "/v1/payees/{id}:unmerge", unmerge_payee},
    {verb::get, "/v1/tags", list_tags},
    {verb::post, "/v1/tags:merge", merge_tags},
    {verb::post, "/v1/tags:remove", remove_tags},
    {verb::get, "/v1/balances", balances},
    {verb::get, "/v1/budgets/{month}", read_budget_of},
    {verb::put, "/v1/budgets/{month}", put_budget},
    {verb::del, "/v1/budgets/{month}", take_back_budget},
    {verb::get, "/v1/budgets/{month}/transfers", list_budget_moves},
    {verb::post, "/v1/budgets/{month}/transfers", create_budget_move},
    {verb::get, "/v1/budgets/{month}/transfers/{move}", read_budget_move},
    {verb::post, "/v1/budgets:simulate", simulate_budgets},
    {verb::get, "/v1/goals", list_goals},
    {verb::post, "/v1/goals", create_goal},
    {verb::get, "/v1/goals/{goal}", read_goal_state},
    {verb::patch, "/v1/goals/{goal}", patch_goal_state},
    {verb::del, "/v1/goals/{goal}", delete_goal},
    {verb::get, "/v1/goals/{goal}/contributions", list_contributions},
    {verb::post, "/v1/goals/{goal}/contributions", create_contribution},
    {verb::get, "/v1/goals/{goal}/contributions/{contribution}", read_contribution},
    {verb::del, "/v1/goals/{goal}/contributions/{contribution}", delete_contribution},
    {verb::get, "/v1/installments", list_installments},
    {verb::post, "/v1/installments", create_installment},
    {verb::post, "/v1/installments:quote", quote_installment},
    {verb::get, "/v1/installments/{installment}", read_installment},
    {verb::patch, "/v1/installments/{installment}", patch_installment},
    {verb::del, "/v1/installments/{installment}", delete_installment},
    {verb::get, "/v1/changes", changes},
    {verb::get, "/v1/currencies", list_currencies, access::open},
    {verb::get, "/livez", http::livez<app>, access::open},
    {verb::get, "/readyz", http::readyz<app>, access::open},
};

constexpr http::route<event_app> streamed[] = {{verb::get, "/v1/events", events}};

constexpr http::route<app> inside[] = {
    {verb::del, "/internal/v1/users/{id}", erase_user, access::internal},
    {verb::get, "/livez", http::livez<app>, access::open},
    {verb::get, "/readyz", http::readyz<app>, access::open},
    {verb::get, "/health", http::health<app>, access::open},
    {verb::get, "/metrics", http::metrics_text<app>, access::open},
};

}  // namespace

std::span<const http::route<app>> public_routes() { return for_people; }
std::span<const http::route<event_app>> event_routes() { return streamed; }
std::span<const http::route<app>> internal_routes() { return inside; }

}  // namespace mita::finance
