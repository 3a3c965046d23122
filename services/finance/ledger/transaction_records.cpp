#include "finance/ledger/transaction_records.hpp"

#include "finance/ledger/search_text.hpp"
#include "finance/wire/json_out.hpp"

#include <optional>
#include <string_view>

namespace mita::finance {

namespace {

constexpr std::size_t bytes_of_one = 500;

void text_or_null(json_out& out, std::string_view name, const std::optional<std::string>& v) {
    if (v)
        out.field(name, *v);
    else
        out.null(name);
}

void time_or_null(json_out& out, std::string_view name, const std::optional<wall::time_point>& v) {
    if (v)
        out.field(name, wall::format(*v));
    else
        out.null(name);
}

void append_record(json_out& out, const transaction& t) {
    out.open('{').field("id", t.id.str()).field("booked_on", t.booked_on).field("amount", t.value);
    out.field("currency", t.currency).field("account_id", t.account_id.str());
    time_or_null(out, "occurred_at", t.occurred_at);
    text_or_null(out, "payee", t.payee);
    text_or_null(out, "note", t.note);
    out.key("tags").open('[');
    for (const auto& tag : t.tags) out.value(std::string_view(tag));
    out.close(']');
    if (t.bill_id.empty())
        out.null("bill_id");
    else
        out.field("bill_id", t.bill_id);
    out.field("bill_unlinked", t.bill_unlinked);
    text_or_null(out, "search_key", search_key_of(t.payee, t.note));
    out.field("counts", t.counts).field("version", t.version);
    time_or_null(out, "deleted_at", t.deleted_at);
    if (t.payee_id) out.field("payee_id", t.payee_id->str());
    out.field("cleared", t.cleared);
    out.key("lines").open('[');
    for (const auto& line : t.lines) {
        out.open('{').field("category", line.category).field("amount", line.value);
        out.field("note", line.note.value_or("")).close('}');
    }
    out.close(']').field("created_at", wall::format(t.created_at));
    if (t.transfer_id)
        out.field("transfer_id", t.transfer_id->str());
    else
        out.null("transfer_id");
    out.close('}');
}

}  // namespace

std::string records_of(std::span<const transaction> entries) {
    json_out out({}, 64 + entries.size() * bytes_of_one);
    out.open('[');
    for (const auto& t : entries) append_record(out, t);
    out.close(']');
    return std::move(out.text);
}

}  // namespace mita::finance
