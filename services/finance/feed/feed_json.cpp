#include "finance/feed/feed_json.hpp"

#include "finance/accounts/account_rows.hpp"
#include "finance/budgets/budget_move_rows.hpp"
#include "finance/categories/category_body.hpp"
#include "finance/categories/category_rows.hpp"
#include "finance/checkpoints/checkpoint_rows.hpp"
#include "finance/goals/contribution_rows.hpp"
#include "finance/installments/installment_json.hpp"
#include "finance/ledger/transaction_rows.hpp"
#include "finance/payees/payee_rows.hpp"
#include "finance/people/me.hpp"
#include "finance/people/profile_rows.hpp"
#include "finance/plan/installment_parts.hpp"
#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/planned_transfer.hpp"
#include "finance/plan/recurring.hpp"
#include "finance/transfers/transfer_rows.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace mita::finance {

namespace {

void begin(json_out& out, feed_kind kind, std::string_view id, std::int64_t sequence, bool deleted) {
    out.open('{').field("kind", name(kind)).field("id", id).field("sequence", sequence).field("deleted", deleted);
    out.key("object");
}

void append_account(json_out& out, const feed_item& item) {
    append(out, accounts_from("[" + item.object + "]").entries().front());
}

// As category_book shows it: a changed built-in one is still built in.
void append_category(json_out& out, const feed_item& item) {
    const auto book = book_from("[" + item.object + "]");
    const auto* e = book.find(item.at.key);
    if (e == nullptr) throw std::logic_error("a category of the feed has another id than its row");
    append(out, *e);
}

void append_plan(json_out& out, const feed_item& item) {
    const auto row = boost::json::parse(item.object);
    json_columns in(row.as_array());
    const auto version = in.next<std::int64_t>();
    const auto timezone = in.next<std::string>();
    auto inputs = plan_inputs_from_json(in.next<std::string>());
    inputs.timezone = timezone;
    out.open('{');
    append_members(out, inputs);
    out.field("version", version).close('}');
}

// Its money has the currency of the person; the item's writer has none.
void append_installment(json_out& out, const feed_item& item) {
    const auto row = boost::json::parse(item.object);
    const auto& columns = row.as_array();
    json_out one(std::string_view(columns.at(0).as_string()));
    append(one, installment_from(columns.at(1).as_object()), parts_shown::no);
    out.literal(one.text);
}

void append_recurring(json_out& out, const feed_item& item) {
    const auto row = boost::json::parse(item.object);
    const auto& columns = row.as_array();
    json_out one(std::string_view(columns.at(0).as_string()));
    append_told(one, recurring_of(planned_transfer_from(columns.at(1).as_object())));
    out.literal(one.text);
}

}  // namespace

void append(json_out& out, const feed_item& item, const uuid& user, const auth_user& login) {
    const bool one = item.at.kind == feed_kind::plan || item.at.kind == feed_kind::profile;
    begin(out, item.at.kind, one ? user.str() : item.at.key, item.at.sequence, item.removed());
    if (item.removed()) {
        out.literal("null");
    } else if (item.at.kind == feed_kind::account) {
        append_account(out, item);
    } else if (item.at.kind == feed_kind::category) {
        append_category(out, item);
    } else if (item.at.kind == feed_kind::checkpoint) {
        append(out, checkpoint_from(item.object));
    } else if (item.at.kind == feed_kind::transfer) {
        append(out, transfer_from(item.object));
    } else if (item.at.kind == feed_kind::payee) {
        append(out, payee_from(item.object));
    } else if (item.at.kind == feed_kind::contribution) {
        append(out, contribution_from(item.object));
    } else if (item.at.kind == feed_kind::budget) {
        append(out, budget_move_from(item.object));
    } else if (item.at.kind == feed_kind::installment) {
        append_installment(out, item);
    } else if (item.at.kind == feed_kind::recurring) {
        append_recurring(out, item);
    } else if (item.at.kind == feed_kind::plan) {
        append_plan(out, item);
    } else if (item.at.kind == feed_kind::profile) {
        out.literal(make_person(profile_from(item.object, user), login)->body);
    } else {
        append(out, item.entry.front());
    }
    out.close('}');
}

void append_built_in(json_out& out, const category_entry& e) {
    begin(out, feed_kind::category, e.id, 0, false);
    append(out, e);
    out.close('}');
}

}  // namespace mita::finance
