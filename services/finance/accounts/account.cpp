#include "finance/accounts/account.hpp"

#include "http/page.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>

namespace mita::finance {

namespace {

constexpr std::array<std::string_view, 6> kinds{"cash", "bank", "card", "loan", "savings", "investment"};

}  // namespace

std::string_view name(account_kind k) { return kinds.at(static_cast<std::size_t>(k)); }

std::optional<account_kind> parse_account_kind(std::string_view text) {
    const auto found = std::ranges::find(kinds, text);
    if (found == kinds.end()) return std::nullopt;
    return static_cast<account_kind>(found - kinds.begin());
}

bool is_cash(const account& a, std::string_view plan_currency) {
    const bool at_hand = a.kind == account_kind::cash || a.kind == account_kind::bank;
    return at_hand && a.on_budget && !a.archived && a.currency == plan_currency;
}

std::string place_of(const account& a) {
    auto out = http::ascending_bytes(a.position);
    out.append(reinterpret_cast<const char*>(a.id.bytes.data()), a.id.bytes.size());
    return out;
}

void append(json_out& out, const account& a) {
    out.open('{').field("id", a.id.str()).field("name", a.name).field("kind", name(a.kind));
    out.field("currency", a.currency).money("opening_money", a.opening, a.currency).field("on_budget", a.on_budget);
    out.field("archived", a.archived).field("default", a.first).field("position", a.position);
    out.field("created_at", wall::format(a.created_at)).field("updated_at", wall::format(a.updated_at)).close('}');
}

std::string tag_of(const account& a) { return "a" + std::to_string(a.version); }

const account* account_book::find(const uuid& id) const {
    const auto found = std::ranges::find(all_, id, &account::id);
    return found == all_.end() ? nullptr : &*found;
}

const account& account_book::first() const {
    const auto found = std::ranges::find(all_, true, &account::first);
    if (found == all_.end()) throw std::logic_error("a person without the account everybody has");
    return *found;
}

bool account_book::knows_cash(std::string_view plan_currency) const {
    return std::ranges::any_of(
        all_, [&](const account& a) { return is_cash(a, plan_currency) && (!a.first || a.opening != 0); });
}

}  // namespace mita::finance
