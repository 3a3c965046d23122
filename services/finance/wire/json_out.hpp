// Writes JSON by hand into one reserved string: hot answers need no tree, integers stay exact. Used by every serializer
// of this service. The caller balances braces; commas come by themselves.
#pragma once

#include "core/json_reader.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mita::finance {

class json_out {
public:
    // currency: of every money written; must outlive the writer.
    explicit json_out(std::string_view currency = {}, std::size_t reserve = 512) : currency_(currency) {
        text.reserve(reserve);
    }

    json_out& open(char bracket) {
        comma();
        text += bracket;
        return *this;
    }
    json_out& close(char bracket) {
        text += bracket;
        return *this;
    }
    // Names are literals without characters to escape.
    json_out& key(std::string_view name) {
        comma();
        text += '"';
        text += name;
        text += "\":";
        return *this;
    }
    json_out& value(std::string_view v) {
        comma();
        append_json_string(text, v);
        return *this;
    }
    json_out& value(std::int64_t v) {
        comma();
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, v).ptr;
        text.append(digits, end);
        return *this;
    }
    json_out& literal(std::string_view word) {  // true, false, null, or JSON already made
        comma();
        text += word;
        return *this;
    }
    json_out& value(civil_day day) { return value(std::string_view(format_day(day))); }

    json_out& field(std::string_view name, std::string_view v) { return key(name).value(v); }
    json_out& field(std::string_view name, const char* v) { return key(name).value(std::string_view(v)); }
    json_out& field(std::string_view name, const std::string& v) { return key(name).value(std::string_view(v)); }
    json_out& field(std::string_view name, std::int64_t v) { return key(name).value(v); }
    json_out& field(std::string_view name, int v) { return key(name).value(std::int64_t{v}); }
    json_out& field(std::string_view name, bool v) { return key(name).literal(v ? "true" : "false"); }
    json_out& field(std::string_view name, civil_day v) { return key(name).value(v); }
    json_out& null(std::string_view name) { return key(name).literal("null"); }
    json_out& money(std::string_view name, amount v) { return money(name, v, currency_); }
    json_out& money(std::string_view name, amount v, std::string_view currency) {
        key(name);
        text += "{\"amount\":";
        value(v);
        text += ",\"currency\":\"";
        text += currency;
        text += "\"}";
        return *this;
    }

    // Ends {"data": [...: the body of a list. next: the cursor, if it goes on.
    std::string end_list(const std::optional<std::string>& next) {
        close(']');
        if (next)
            field("next_cursor", *next);
        else
            null("next_cursor");
        close('}');
        return std::move(text);
    }

    std::string text;

private:
    void comma() {
        if (text.empty()) return;
        const char last = text.back();
        if (last != '{' && last != '[' && last != ':') text += ',';
    }
    std::string_view currency_;
};

}  // namespace mita::finance
