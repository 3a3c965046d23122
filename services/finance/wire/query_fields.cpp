#include "finance/wire/query_fields.hpp"

#include "finance/wire/fields.hpp"

namespace mita::finance {

std::optional<civil_day> take_day(http::query_reader& in, std::string_view name) {
    const auto text = in.take(name);
    if (!text) return std::nullopt;
    const auto d = parse_day(*text);
    if (!d) in.fail(name, "invalid_date", "Must be a day that exists, as YYYY-MM-DD.");
    return d;
}

std::optional<uuid> take_id(http::query_reader& in, std::string_view name) {
    const auto text = in.take(name);
    if (!text) return std::nullopt;
    const auto v = uuid::parse(*text);
    if (!v || !is_version_7(*v)) in.fail(name, "invalid_id", "Must be a UUID of version 7.");
    return v;
}

std::optional<bool> take_flag(http::query_reader& in, std::string_view name) {
    const auto text = in.take(name);
    if (!text) return std::nullopt;
    if (*text == "true" || *text == "false") return *text == "true";
    in.fail(name, "invalid_value", "Must be true or false.");
    return std::nullopt;
}

}  // namespace mita::finance
