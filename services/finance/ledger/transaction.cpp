#include "finance/ledger/transaction.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>
#include <utility>

namespace mita::finance {

namespace {

void text_or_null(json_out& out, std::string_view name, const std::optional<std::string>& v) {
    if (v)
        out.field(name, *v);
    else
        out.null(name);
}

std::optional<std::string> text_of(const boost::json::value& v) {
    if (v.is_null()) return std::nullopt;
    return std::string(v.as_string());
}

wall::time_point time_of(const boost::json::value& v) {
    const auto t = wall::parse(std::string_view(v.as_string()));
    if (!t) throw std::logic_error("a stored instant does not parse");
    return *t;
}

uuid id_of(const boost::json::value& v) {
    const auto id = uuid::parse(std::string_view(v.as_string()));
    if (!id) throw std::logic_error("a stored id does not parse");
    return *id;
}

}  // namespace

void append_members(json_out& out, const transaction& t) {
    out.field("id", t.id.str());
    if (t.account_id)
        out.field("account_id", t.account_id->str());
    else
        out.null("account_id");
    out.field("booked_on", t.booked_on);
    if (t.occurred_at)
        out.field("occurred_at", wall::format(*t.occurred_at));
    else
        out.null("occurred_at");
    out.money("money", t.value, t.currency);
    const bool split = t.lines.size() != 1 || t.lines.front().note.has_value();
    if (split)
        out.null("category");
    else
        out.field("category", t.lines.front().category);
    out.key("splits").open('[');
    if (split) {
        for (const auto& line : t.lines) {
            out.open('{').field("category", line.category).money("money", line.value, t.currency);
            text_or_null(out, "note", line.note);
            out.close('}');
        }
    }
    out.close(']');
    text_or_null(out, "payee", t.payee);
    text_or_null(out, "note", t.note);
    out.key("tags").open('[');
    for (const auto& tag : t.tags) out.value(std::string_view(tag));
    out.close(']');
    if (t.bill_unlinked)
        out.field("bill_id", "none");
    else if (t.bill_id.empty())
        out.null("bill_id");
    else
        out.field("bill_id", t.bill_id);
    out.field("created_at", wall::format(t.created_at)).field("updated_at", wall::format(t.updated_at));
}

void append(json_out& out, const transaction& t) {
    out.open('{');
    append_members(out, t);
    out.close('}');
}

transaction transaction_from_row(std::string_view json) {
    const auto doc = boost::json::parse(json);
    const auto& o = doc.as_object();
    transaction t;
    t.id = id_of(o.at("id"));
    if (!o.at("account_id").is_null()) t.account_id = id_of(o.at("account_id"));
    t.booked_on = parse_day(std::string_view(o.at("booked_on").as_string())).value();
    if (!o.at("occurred_at").is_null()) t.occurred_at = time_of(o.at("occurred_at"));
    t.value = o.at("amount").to_number<amount>();
    t.currency = std::string(o.at("currency").as_string());
    t.payee = text_of(o.at("payee"));
    t.note = text_of(o.at("note"));
    for (const auto& tag : o.at("tags").as_array()) t.tags.emplace_back(tag.as_string());
    t.bill_id = text_of(o.at("bill_id")).value_or("");
    t.bill_unlinked = o.at("bill_unlinked").as_bool();
    t.version = o.at("version").to_number<std::int64_t>();
    t.created_at = time_of(o.at("created_at"));
    t.updated_at = time_of(o.at("updated_at"));
    if (!o.at("deleted_at").is_null()) t.deleted_at = time_of(o.at("deleted_at"));
    for (const auto& item : o.at("lines").as_array()) {
        const auto& l = item.as_object();
        transaction_line line;
        line.category = std::string(l.at("category").as_string());
        line.value = l.at("amount").to_number<amount>();
        line.note = text_of(l.at("note"));
        t.lines.push_back(std::move(line));
    }
    return t;
}

std::string tag_of(const transaction& t) { return "t" + std::to_string(t.version); }

}  // namespace mita::finance
