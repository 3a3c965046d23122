#include "http/query_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mita::http {

namespace {

constexpr int most_in_a_page = 500;

std::optional<std::int64_t> integer_of(std::string_view text) {
    std::int64_t v = 0;
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, v);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return v;
}

}  // namespace

std::optional<std::int64_t> query_reader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto text = take(name);
    if (!text) return std::nullopt;
    const auto v = integer_of(*text);
    if (!v)
        fail(name, "not_an_integer", "Must be an integer.");
    else if (*v < min || *v > max)
        fail(name, "out_of_range",
             "Must be an integer from " + std::to_string(min) + " to " + std::to_string(max) + ".");
    else
        return v;
    return std::nullopt;
}

std::optional<int> query_reader::limit() {
    const auto v = integer("limit", 1, most_in_a_page);
    if (!v) return std::nullopt;
    return static_cast<int>(*v);
}

void query_reader::fail(std::string_view name, const char* code, std::string detail) {
    findings_.push_back({"/" + std::string(name), code, std::move(detail)});
}

void query_reader::finish() {
    query_.finish();
    if (findings_.empty()) return;
    const auto first = findings_.front().code;
    const bool shared = std::ranges::all_of(findings_, [&](const auto& f) { return f.code == first; });
    const bool telling = shared && (first == "invalid_date" || first == "invalid_id");
    const auto detail = findings_.size() == 1 ? findings_.front().detail : "Some query parameters are wrong.";
    throw api_error(422, telling ? first : "invalid_parameter", detail, std::move(findings_));
}

}  // namespace mita::http
